"""What a user is told: report, summary, progress, and the door to the terminal."""

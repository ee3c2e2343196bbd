"""What the commands do behind the command line; same names as in `refmill.cli`."""

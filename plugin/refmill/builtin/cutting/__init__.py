"""What cuts inputs into records for more than one format."""

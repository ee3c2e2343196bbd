"""HTTP and the store of answers."""

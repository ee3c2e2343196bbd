"""The snapshot of all arXiv metadata: its rows, and an index by id beside it."""

"""The public API of arXiv: its Atom feeds, read from files and asked by id."""

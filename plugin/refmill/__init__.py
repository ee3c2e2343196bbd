"""refmill: dumps of arXiv metadata in, references for reference managers out."""

"""The text dump of arXiv's abstracts."""

"""arXiv's own listings, announcement mails and .abs files."""

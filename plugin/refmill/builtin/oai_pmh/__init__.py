"""Answers of OAI-PMH in arXiv's formats and in Dublin Core."""

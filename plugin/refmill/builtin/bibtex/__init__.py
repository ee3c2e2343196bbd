"""BibTeX and BibLaTeX: reader, exporter, and the text of a .bib in blocks, fields and values."""

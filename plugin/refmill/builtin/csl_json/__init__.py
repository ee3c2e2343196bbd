"""CSL-JSON: reader and exporter."""

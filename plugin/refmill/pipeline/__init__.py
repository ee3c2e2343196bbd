"""How entries flow: read, enriched, reconciled, transformed, keyed, rendered."""

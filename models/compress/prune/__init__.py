"""Pruning: channels taken out for good, or single weights set to zero, in one or several steps."""

"""Readings of stations made fit for use, one kind of fault a file (handbook §12)."""

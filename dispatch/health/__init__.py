"""Whether the daily run is well: read from its folders, for people and for monitoring."""

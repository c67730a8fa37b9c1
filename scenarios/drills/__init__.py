"""Drills: what happens when a source or a main is lost, for the emergency binder."""

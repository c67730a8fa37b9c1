"""Measurements: ratios from one run, written to RESULTS.md. Never part of the tests."""

"""Forecasts of measured heat load: candidates, their combination, and their quantiles."""

"""Forecasts made honest: scores, bias, spread and calibrated ensembles, learned from the past."""

"""Predictions for any number of crystals in files."""

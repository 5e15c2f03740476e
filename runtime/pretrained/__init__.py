"""Trained models as folders: weights, description, card."""

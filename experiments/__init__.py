"""Experiments: what was tried, with the commands that repeat it."""

"""Expanding, proving and evaluating fields for the command line."""

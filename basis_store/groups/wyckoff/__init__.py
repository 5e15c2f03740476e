"""Wyckoff positions of space groups: one point of each, all its points, and the table of them in a store."""

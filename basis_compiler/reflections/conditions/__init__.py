"""Reflection conditions: general ones of a group, and special ones of its Wyckoff positions."""

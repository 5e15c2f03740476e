"""Reflections, and the space groups that fit them, as text and files."""

"""Surfaces on which a function or a field has one value, as triangles for other programs and for printing."""

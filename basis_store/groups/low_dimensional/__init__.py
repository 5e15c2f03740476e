"""Plane groups, and layer and rod groups: those with fewer than three independent translations."""

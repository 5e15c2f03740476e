"""Symmetrised plane waves of many atoms in many groups at once."""

"""Reflections: structure factors, absences and powder patterns; what measured ones say about the group."""

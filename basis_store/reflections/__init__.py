"""Reflections of a crystal: what was measured or computed for each of its waves."""

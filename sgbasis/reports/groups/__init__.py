"""Pages about groups: names, characters, conditions, functions and tables."""

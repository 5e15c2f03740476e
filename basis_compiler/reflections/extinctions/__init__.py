"""Which space groups fit: extinction classes of all settings, and what measured reflections say about them."""

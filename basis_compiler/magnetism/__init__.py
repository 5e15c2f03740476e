"""The symmetry of collinear magnets without spin-orbit coupling: spin groups and spin splitting."""

"""Fields in invariant functions: expansion of grids, symmetrising, evaluation anywhere, and a module to fit."""

"""Periodic fields: on a grid, and as coefficients of invariant functions in one HDF5 file."""

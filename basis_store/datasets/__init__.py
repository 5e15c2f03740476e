"""Compiled datasets: crystals in standard settings with targets, in one HDF5 file (docs/reference/format.md)."""

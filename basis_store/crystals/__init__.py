"""Compiled datasets: crystals in standard settings with their targets, in one HDF5 file (docs/format.md)."""

from basis_store.crystals.reader import CrystalTable, open_crystals
from basis_store.crystals.recipe import CrystalInput, CrystalRecipe
from basis_store.crystals.writer import write_crystals

__all__ = ["CrystalInput", "CrystalRecipe", "CrystalTable", "open_crystals", "write_crystals"]

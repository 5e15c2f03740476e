"""Crystals: read from files, carried to the standard setting of their space group, compiled to datasets."""

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.crystals.dataset import compile_dataset
from basis_compiler.crystals.files import read_crystals
from basis_compiler.crystals.records import compile_crystal, compile_crystals
from basis_compiler.crystals.standardization import Site, StandardCrystal, standardize

__all__ = [
    "Crystal",
    "Site",
    "StandardCrystal",
    "compile_crystal",
    "compile_crystals",
    "compile_dataset",
    "read_crystals",
    "standardize",
]

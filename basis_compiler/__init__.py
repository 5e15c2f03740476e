"""The compiler: from space-group tables to proved, exact invariant Fourier bases. Offline; never needed to train.

>>> from basis_compiler import Setting, compile_setting
>>> compile_setting(Setting.standard(230)).n_orbits
66
"""

from basis_compiler.certificate import dimensions, prove, prove_store
from basis_compiler.compiler import compile_recipe, compile_setting
from basis_compiler.crystals import (
    Crystal,
    Site,
    StandardCrystal,
    compile_crystal,
    compile_crystals,
    compile_dataset,
    read_crystals,
    standardize,
)
from basis_compiler.dual_graph import dual_graph
from basis_compiler.formula_text import formula_latex, formula_text
from basis_compiler.operations import Operations, operations
from basis_compiler.origin_shifts import OriginShifts, origin_shifts
from basis_compiler.processes import available_cores
from basis_compiler.reflection_conditions import ReflectionConditions, reflection_conditions
from basis_compiler.symbolic import TrigonometricForm, coordinate_symbols, symbolic_function, trigonometric_form
from basis_compiler.tensor_bases import compile_tensors
from basis_compiler.waves import WaveIndex
from basis_store import Recipe, Setting

__all__ = [
    "Crystal",
    "Operations",
    "OriginShifts",
    "Recipe",
    "ReflectionConditions",
    "Setting",
    "Site",
    "StandardCrystal",
    "TrigonometricForm",
    "WaveIndex",
    "available_cores",
    "compile_crystal",
    "compile_crystals",
    "compile_dataset",
    "compile_recipe",
    "compile_setting",
    "compile_tensors",
    "coordinate_symbols",
    "dimensions",
    "dual_graph",
    "formula_latex",
    "formula_text",
    "operations",
    "origin_shifts",
    "prove",
    "prove_store",
    "read_crystals",
    "reflection_conditions",
    "standardize",
    "symbolic_function",
    "trigonometric_form",
]

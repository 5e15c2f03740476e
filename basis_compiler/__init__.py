"""The compiler: from space-group tables to proved, exact invariant Fourier bases. Offline; never needed to train.

>>> from basis_compiler import Setting, compile_setting
>>> compile_setting(Setting.standard(230)).n_orbits
64
"""

from basis_compiler.certificate import dimensions, prove, prove_store
from basis_compiler.compiler import compile_recipe, compile_setting
from basis_compiler.dual_graph import dual_graph
from basis_compiler.operations import Operations, operations
from basis_compiler.origin_shifts import OriginShifts, origin_shifts
from basis_compiler.waves import WaveIndex
from basis_store import Recipe, Setting

__all__ = [
    "Operations",
    "OriginShifts",
    "Recipe",
    "Setting",
    "WaveIndex",
    "compile_recipe",
    "compile_setting",
    "dimensions",
    "dual_graph",
    "operations",
    "origin_shifts",
    "prove",
    "prove_store",
]

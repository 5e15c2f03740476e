"""The store: exact symmetry-adapted Fourier bases of space-group settings in a versioned HDF5 file.

>>> from basis_store import Setting, open_store
>>> compiled = open_store().read(Setting.standard(227))
>>> compiled.waves[:2].tolist()
[[1, 1, 1], [1, 1, -1]]
"""

import importlib
from typing import TYPE_CHECKING

# Not imported late: the function has the name of its module, which would take its place.
from basis_store.cartesian_frame import cartesian_frame
from basis_store.errors import (
    CertificateError,
    CompilationError,
    CrystalError,
    DownloadError,
    EvaluationError,
    FormulaError,
    MissingDependencyError,
    ModelError,
    ReachError,
    RecipeError,
    SettingError,
    SgbasisError,
    StoreCorruptError,
    StoreFormatError,
    TargetError,
    TensorError,
    TrainingError,
)
from basis_store.setting import Setting, all_settings, standard_settings

if TYPE_CHECKING:
    from basis_store.crystal_record import CrystalRecord
    from basis_store.crystals import CrystalInput, CrystalRecipe, CrystalTable, open_crystals, write_crystals
    from basis_store.download import fetch_store
    from basis_store.index_symmetry import IndexSymmetry
    from basis_store.reader import StoreReader, open_store
    from basis_store.recipe import Recipe
    from basis_store.registry import PublishedStore, published_stores
    from basis_store.schema import CompiledSetting
    from basis_store.tensor_basis import TensorBasis
    from basis_store.tensor_table import TensorTable
    from basis_store.writer import write_store

__all__ = [
    "CertificateError",
    "CompilationError",
    "CompiledSetting",
    "CrystalError",
    "CrystalInput",
    "CrystalRecipe",
    "CrystalRecord",
    "CrystalTable",
    "DownloadError",
    "EvaluationError",
    "FormulaError",
    "IndexSymmetry",
    "MissingDependencyError",
    "ModelError",
    "PublishedStore",
    "ReachError",
    "Recipe",
    "RecipeError",
    "Setting",
    "SettingError",
    "SgbasisError",
    "StoreCorruptError",
    "StoreFormatError",
    "StoreReader",
    "TargetError",
    "TensorBasis",
    "TensorError",
    "TensorTable",
    "TrainingError",
    "all_settings",
    "cartesian_frame",
    "fetch_store",
    "open_crystals",
    "open_store",
    "published_stores",
    "standard_settings",
    "write_crystals",
    "write_store",
]

# Imported when first asked for: a command that only names a setting waits for neither numpy nor h5py, and opening
# a store does not wait for what writes or fetches one.
_MODULES = {
    "crystal_record": ("CrystalRecord",),
    "crystals": ("CrystalInput", "CrystalRecipe", "CrystalTable", "open_crystals", "write_crystals"),
    "download": ("fetch_store",),
    "index_symmetry": ("IndexSymmetry",),
    "reader": ("StoreReader", "open_store"),
    "recipe": ("Recipe",),
    "registry": ("PublishedStore", "published_stores"),
    "schema": ("CompiledSetting",),
    "tensor_basis": ("TensorBasis",),
    "tensor_table": ("TensorTable",),
    "writer": ("write_store",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:  # a type checker would take any name for one that this module has

    def __getattr__(name):
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})

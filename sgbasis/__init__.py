"""sgbasis: exact symmetry-adapted Fourier bases for every space group, and models that use them.

>>> import sgbasis
>>> basis = sgbasis.load_store().basis(sgbasis.Setting.standard(227))
>>> prediction = sgbasis.predict("NaCl.cif", "formation_energy")  # doctest: +SKIP

This is what most users need; the rest of what is public is in ``basis_store``, ``basis_compiler`` and ``runtime``.
Each name is imported when it is first used, because the command line is in this package and must start quickly.
"""

_MODULES = {
    "basis_compiler": (
        "compile_crystals", "compile_dataset", "compile_recipe", "read_crystals", "read_magnetic_crystals",
        "spin_symmetry", "standardize",
    ),
    "basis_store": (
        "CrystalRecord", "IndexSymmetry", "Recipe", "Setting", "SgbasisError", "all_settings", "fetch_store",
        "open_crystals", "open_store",
    ),
    "runtime": ("Basis", "Store", "WaveEncoder", "from_pretrained", "load_store", "shipped_models"),
    "sgbasis.fields.crystal_plane": ("CrystalPlane",),
    "sgbasis.fields.field_difference": ("subtract_fields",),
    "sgbasis.pictures.basis_function": ("function_picture",),
    "sgbasis.pictures.fields.field_pictures": ("isosurface_picture", "profile_picture", "section_picture"),
    "sgbasis.pictures.tensors.tensor_surface": ("dielectric_picture", "youngs_modulus_picture"),
    "sgbasis.prediction.derivatives": ("PropertyDerivatives", "derivatives"),
    "sgbasis.prediction.embed": ("CrystalEmbeddings", "embed"),
    "sgbasis.prediction.predict": ("predict",),
    "sgbasis.prediction.predicted_value": ("Prediction",),
    "sgbasis.prediction.predictions": ("Predictions",),
    "sgbasis.tensors": ("project_tensor",),
}  # fmt: skip

__all__ = sorted(name for names in _MODULES.values() for name in names)  # noqa: PLE0605 - they are strings


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "__version__":
        return import_module("basis_store.version").VERSION
    for module, names in _MODULES.items():
        if name in names:
            import_module("sgbasis.own_packages").check_own_packages()
            with import_module("basis_store.extras").needed_for(f"sgbasis.{name}"):
                value = globals()[name] = getattr(import_module(module), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

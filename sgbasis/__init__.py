"""sgbasis: exact symmetry-adapted Fourier bases for every space group, and models that use them.

>>> import sgbasis
>>> basis = sgbasis.load_store().basis(sgbasis.Setting.standard(227))
>>> prediction = sgbasis.predict("NaCl.cif", "formation_energy")  # doctest: +SKIP

What most users need is here; everything public is in ``basis_store``, ``basis_compiler`` and ``runtime``. A name
is imported when it is first asked for, so that the command line, which lies in this package, starts at once.
"""

_MODULES = {
    "basis_compiler": ("compile_dataset", "compile_recipe", "read_crystals", "standardize"),
    "basis_store": ("Recipe", "Setting", "SgbasisError", "open_crystals", "open_store"),
    "runtime": ("Basis", "Store", "WaveEncoder", "from_pretrained", "load_store"),
    "sgbasis.pictures.tensor_surface": ("dielectric_picture", "youngs_modulus_picture"),
    "sgbasis.prediction.predict": ("Prediction", "predict"),
    "sgbasis.tensors": ("project_tensor",),
}

__all__ = sorted(name for names in _MODULES.values() for name in names)  # noqa: PLE0605 - they are strings


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            from importlib import import_module

            value = globals()[name] = getattr(import_module(module), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

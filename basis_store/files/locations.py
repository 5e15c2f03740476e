"""Where the project's data are: inside the installed package, or in ``data/`` of a checkout."""

from __future__ import annotations

from pathlib import Path

DEFAULT_STORE = "default.h5"


def data_folder() -> Path:
    """The folder with the embedded store, the registry of published ones and the example crystals."""
    package = Path(__file__).parents[1]
    installed = package / "data"
    return installed if installed.is_dir() else package.parent / "data"


def default_store_path() -> Path:
    """Path of the store that :func:`basis_store.open_store` opens when none is named."""
    return data_folder() / DEFAULT_STORE

"""Find a trained model: among those that ship with the package, in a folder, or on the Hugging Face Hub."""

from __future__ import annotations

import difflib
import os
import re
import stat
from pathlib import Path

from basis_store import DownloadError, MissingDependencyError, ModelError
from basis_store.extras import missing_text
from basis_store.files.locations import data_folder

CONFIG, WEIGHTS, CARD, CALIBRATION = "config.json", "model.safetensors", "README.md", "calibration.safetensors"
"""The files of a model's folder, as the Hugging Face Hub names them."""

_HUB_NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


def shipped_models() -> dict[str, Path]:
    """Folders of the models that ship with the package, by name: the property that they predict."""
    folders = sorted((data_folder() / "models").glob("*"))
    return {folder.name: folder for folder in folders if (folder / CONFIG).is_file()}


def find_model(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder of a model; one on the Hub is downloaded, once.

    Args:
        name_or_path: the name of a model that ships; else a folder; else ``owner/name`` on the Hugging Face Hub.
            For a folder with the name of a model that ships give a path, such as ``./band_gap``.

    Raises:
        ModelError: there is no such model, or the folder does not hold one.
        MissingDependencyError: it could be on the Hub, but huggingface_hub is not installed.
        DownloadError: the Hub has no such model, or cannot be reached.
    """
    shipped, path = shipped_models(), Path(name_or_path)
    if isinstance(name_or_path, str) and name_or_path in shipped:
        return shipped[name_or_path]
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):  # nothing, or no name of a file
        kind = 0
    if stat.S_ISDIR(kind):
        return _checked(path)
    if kind:
        raise ModelError(f"{path} is a file; a model is a folder with {CONFIG} and {WEIGHTS}")
    if isinstance(name_or_path, str) and _HUB_NAME.fullmatch(name_or_path):
        return _checked(_from_hub(name_or_path))
    raise unknown_model(str(name_or_path), "not a folder")


def unknown_model(name: str, reason: str) -> ModelError:
    """An error that names the models that ship, the most similar ones first.

    Args:
        name: that no model has.
        reason: what else was tried.
    """
    shipped = list(shipped_models())
    near = difflib.get_close_matches(re.sub(r"[^a-z0-9]+", "_", name[:100].lower()), shipped, cutoff=0.5)
    asked = f"did you mean {' or '.join(near)}? " if near else ""
    known = ", ".join(shipped) or "none"
    return ModelError(f"there is no model {ascii(name)[:200]}: {reason}; {asked}those that ship are {known}")


def _checked(folder: Path) -> Path:
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            if (inner := folder / "model" / CONFIG).is_file():
                raise ModelError(f"{folder} is the folder of a training run: its model is {inner.parent}")
            raise ModelError(f"{folder} is not the folder of a model: it has no {name}, or one that is no file")
    return folder


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - optional
    except ImportError as error:
        looking = f"there is no folder {name}; looking for it on the Hugging Face Hub"
        raise MissingDependencyError(missing_text(looking, "huggingface_hub")) from error
    try:
        return Path(snapshot_download(name, allow_patterns=[CONFIG, WEIGHTS, CARD, CALIBRATION]))
    except Exception as error:
        # The Hub's errors have many classes and lines; the first line has the reason.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DownloadError(f"there is no folder {name}, and the Hugging Face Hub says: {reason}") from error

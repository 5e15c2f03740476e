"""Build all published stores and the registry that names them: ``python -m basis_compiler.publish_stores FOLDER``.

A maintainer runs this in a checkout after any change of the format or of a basis, commits ``data/`` and uploads
FOLDER to the registry's base URL. It also renews ``data/default.h5``, so that the store that ships and the
published one of that name are the same file.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import NamedTuple

from basis_compiler.bases.compiler import compile_recipe
from basis_compiler.groups.wyckoff import wyckoff_of_recipe
from basis_compiler.parallel.processes import available_cores
from basis_compiler.tensors.compiler import tensors_of_recipe
from basis_store import Recipe, SgbasisError, write_store
from basis_store.bases.schema import FORMAT_VERSION
from basis_store.files.atomic_write import write_atomically
from basis_store.files.locations import DEFAULT_STORE, data_folder
from basis_store.published.registry import REGISTRY, PublishedStore, Registry

BASE_URL = f"https://github.com/sgbasis/sgbasis/releases/download/stores-{FORMAT_VERSION[0]}/"


class Publication(NamedTuple):
    """What to publish under a name, and its purpose."""

    recipe: Recipe
    description: str


PUBLICATIONS = {
    "default": Publication(Recipe(), "Every setting; the store that ships with sgbasis."),
    "standard": Publication(
        Recipe(radius=12, min_functions=512, settings="standard"),
        "The standard setting of each group, at the finest resolution: densities and potentials.",
    ),
    "large": Publication(Recipe(radius=10, min_functions=256), "Every setting, at twice the default radius."),
    "characters": Publication(
        Recipe(settings="standard", characters="all"),
        "The standard setting of each group, with every one-dimensional character of its point group.",
    ),
    "magnetic": Publication(
        Recipe(groups="magnetic", characters="all"), "The 1,651 magnetic groups: even and odd functions."
    ),
    "plane": Publication(
        Recipe(groups="plane", characters="all"), "The 17 plane groups, with every one-dimensional character."
    ),
}


def publish(output: Path, *, data: Path, workers: int = 1) -> Registry:
    """Compile and prove all :data:`PUBLICATIONS`, and write them and their registry.

    Args:
        output: folder for the files to upload, made when missing.
        data: folder for ``registry.json`` and ``default.h5``. The registry is written last: when something
            fails, the old one stays.
        workers: processes; the files do not depend on their number.

    Raises:
        CertificateError: a basis fails its proof.
        OSError: a folder cannot be written.
    """
    output.mkdir(parents=True, exist_ok=True)
    stores = tuple(_build(name, output, workers) for name in PUBLICATIONS)
    registry = Registry(base_url=BASE_URL, stores=stores)
    default = next(store for store in stores if store.name == "default")
    write_atomically(data / DEFAULT_STORE, (output / default.file).read_bytes())
    write_atomically(data / REGISTRY, registry.to_json().encode())
    return registry


def _build(name: str, output: Path, workers: int) -> PublishedStore:
    recipe, description = PUBLICATIONS[name]
    unnamed = output / f"{name}.h5"
    compiled, tensors = compile_recipe(recipe, workers=workers), tensors_of_recipe(recipe)
    content_hash = write_store(unnamed, compiled, recipe, tensors=tensors, wyckoff=wyckoff_of_recipe(recipe))
    sha256 = hashlib.sha256(unnamed.read_bytes()).hexdigest()
    path = unnamed.replace(output / f"sgbasis-{name}-{sha256[:12]}.h5")
    return PublishedStore(
        name=name,
        file=path.name,
        sha256=sha256,
        size=path.stat().st_size,
        content_hash=content_hash,
        recipe=recipe,
        description=description,
    )


def main() -> None:
    """Publish into the folder named on the command line and print what was written."""
    parser = argparse.ArgumentParser(prog="python -m basis_compiler.publish_stores")
    parser.description = "Compile and prove every published store; renew data/registry.json and data/default.h5."
    parser.add_argument("output", type=Path, help="folder for the files to upload")
    output: Path = parser.parse_args().output
    try:
        registry = publish(output, data=data_folder(), workers=available_cores())
    except (SgbasisError, OSError) as error:
        sys.exit(f"Error: {error}")
    for store in registry.stores:
        print(f"{output / store.file}: {store.size / 1e6:.2f} MB, content {store.content_hash}")
    print(f"Commit {data_folder()}, and upload these files to {registry.base_url}")


if __name__ == "__main__":
    main()

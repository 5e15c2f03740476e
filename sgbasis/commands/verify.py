"""``sgbasis verify``: prove a store again."""

from __future__ import annotations

import time
from pathlib import Path

import click

from basis_store.counted import counted
from sgbasis.echo import echo_line


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def verify(file: Path) -> None:
    """Prove every basis and tensor of a store again.

    The proof is exact and starts from the space-group tables alone; none of the code that found the orbits and
    tensors in FILE is used. It checks hashes; operations and their closure; that coefficients are constant along
    every operation; that the stored operation forbids each systematic absence; completeness (T3) and order; and of
    the tensors frames, invariance, completeness and normal form (T8).
    """
    from tqdm import tqdm

    from basis_compiler import prove_store
    from basis_store import open_store

    started = time.perf_counter()
    with (
        open_store(file) as store,
        tqdm(total=len(store), unit="setting", desc="Verifying", disable=None) as bar,
    ):
        prove_store(store, progress=bar.update)
        orientations = len(store.tensors)
    seconds = time.perf_counter() - started
    settings, frames = counted(len(store), "setting"), counted(orientations, "orientation")
    echo_line(f"{file}: {settings} proved, tensors of {frames}, in {seconds:.1f} s.")
    echo_line(f"content {store.content_hash}")

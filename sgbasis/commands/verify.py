"""``sgbasis verify``: prove a store again, or the functions of a field."""

from __future__ import annotations

import time
from pathlib import Path

import click

from basis_store.counted import counted
from sgbasis.echo import echo_line


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def verify(file: Path) -> None:
    """Prove a store again, or the functions of a field.

    The proof of a store is exact and starts from the space-group tables alone; none of the code that found the
    orbits and tensors in FILE is used. It checks hashes; operations and their closure; that coefficients are
    constant along every operation; that the stored operation forbids each systematic absence; completeness (T3)
    and order; of the tensors frames, invariance, completeness and normal form (T8); and of Wyckoff positions site
    symmetry, multiplicity and completeness.

    Of a field it checks the hash, and that orbits and phases are those of its setting, which is compiled in memory
    with the same proof.
    """
    from tqdm import tqdm

    from basis_compiler import prove_store
    from basis_store import open_store
    from basis_store.fields.coefficient_file import FORMAT_NAME
    from basis_store.files.hdf5_file import format_of
    from sgbasis.reports.store_summary import counted_bases

    if format_of(file) == FORMAT_NAME:
        _verify_field(file)
        return
    started = time.perf_counter()
    with (
        open_store(file) as store,
        tqdm(total=len(store), unit="setting", desc="Verifying", disable=None) as bar,
    ):
        prove_store(store, progress=bar.update)
        tensors = ""
        if store.recipe.groups == "space":
            tensors = f", tensors of {counted(len(store.tensors), 'orientation')}"
        if store.has_wyckoff_positions:
            tensors += f", {counted(len(store.wyckoff.letters), 'Wyckoff position')}"
    seconds = time.perf_counter() - started
    echo_line(f"{file}: {counted_bases(store.representations)} proved{tensors}, in {seconds:.1f} s.")
    echo_line(f"content {store.content_hash}")


def _verify_field(file: Path) -> None:
    from basis_store import CoefficientFile, wave_norm
    from runtime.fields.expansion import check_lattice
    from runtime.fields.grid_lattice import operations_of
    from sgbasis.fields.orbit_proof import prove_orbits

    started = time.perf_counter()
    opened = CoefficientFile(file)
    field = opened.field
    check_lattice(field.lattice, operations_of(field.representation))
    limit = prove_orbits(field)
    proved = int((wave_norm(field.roots, field.setting.lattice_family) <= limit).sum())
    seconds = time.perf_counter() - started
    functions = counted(len(field), "function")
    echo_line(f"{file}: {proved:,} of {functions} of {field.representation.label} proved, in {seconds:.1f} s.")
    echo_line(f"content {opened.content_hash}")

"""``sgbasis encode``: the invariant encoding of every site of a crystal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.counted import counted
from basis_store.errors import CrystalError
from sgbasis.commands.options import (
    FiniteRange,
    chosen_device,
    device_option,
    max_file_size_option,
    store_option,
    tolerance_option,
)
from sgbasis.echo import echo, echo_line
from sgbasis.standard_crystals import report_failures, report_not_read, standard_crystals

if TYPE_CHECKING:
    from sgbasis.reports.encoding import EncodedCrystal

_SUFFIXES = (".npz", ".json", ".csv")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@tolerance_option
@click.option(
    "--radius", type=FiniteRange(0, min_open=True),
    help="Only functions of waves of norm up to 3 radius^2, without unit [default: all].",
)  # fmt: skip
@click.option(
    "--count", type=click.IntRange(1), help="Only this many functions besides the constant [default: all]."
)
@click.option("--origin-free", is_flag=True, help="Moduli |psi|, which do not depend on the choice of origin.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write .npz, .json or .csv.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@store_option
@max_file_size_option
@device_option("evaluate the functions")
def encode(
    files: tuple[Path, ...],
    tolerance: float,
    radius: float | None,
    count: int | None,
    origin_free: bool,
    output: Path | None,
    as_json: bool,
    store_path: Path | None,
    max_file_size: int,
    device: str,
) -> None:
    """Encode the sites of crystals.

    Finds the space group, transforms the crystal to the standard setting (exact change of basis, origin shift, no
    rotation), reduces it to its sites, and evaluates the invariant functions there. Atoms that are equivalent by
    symmetry have one encoding, whatever cell the file uses.

    Most groups allow more than one origin (printed as "other origins") and some more than one choice of axes. One
    of these descriptions is chosen by rule: shortest axes, ascending; earliest Wyckoff letters for the lightest
    element (Na on 4a of rock salt); atoms closest to the origin; in polar groups, the heaviest element at 0. So
    the plain encoding of a crystal does not depend on the cell, axes or origin of the file. It does depend on the
    rule, which may choose different origins for two similar crystals; with --origin-free the encoding is |psi|,
    which is the same for every allowed origin and does not distinguish them.

    FILES are CIF, POSCAR and extended XYZ files, and folders of them (subfolders are not searched); every block
    and frame is read. Of a magnetic CIF the structure is encoded, and its magnetic group and the moments of the
    sites are printed as well. A crystal that cannot be read is reported in one line; the others are encoded all
    the same, and the exit code is not 0.

    Functions f1, f2, ... are those of the group of each crystal: they cannot be compared between crystals in
    different groups, so that a table of many crystals is no table of features. For features that mean the same in
    all crystals take runtime.SiteEncoding in Python.

    --output: .npz has arrays "0/encodings", "0/site_of_atom" and so on, one set per crystal; .json the same as
    objects; .csv has one row per atom.
    """
    if output is not None and output.suffix.lower() not in _SUFFIXES:
        raise click.BadParameter(f"{output} does not end in {', '.join(_SUFFIXES)}", param_hint="--output")

    from basis_store.files.atomic_write import check_writable, write_atomically
    from runtime import load_store
    from runtime.device import check_double
    from sgbasis.reports.encoding import encoded_crystal, encoding_text
    from sgbasis.reports.encoding_files import json_text
    from sgbasis.reports.magnetic_text import why_no_group

    if output is not None:
        check_writable(output)
    place = chosen_device(device)
    check_double(place, "sgbasis encode")
    store = load_store(store_path)
    report_not_read(files)
    encoded: list[EncodedCrystal] = []
    failures: list[str] = []
    for one in standard_crystals(files, tolerance=tolerance, max_file_size=max_file_size):
        if isinstance(one, str):
            failures.append(one)
            continue
        standard, magnetic = one
        if magnetic is not None and (why := why_no_group(magnetic)):
            failures.append(why)
            continue
        for note in standard.notes:
            echo_line(f"Note: {standard.crystal.name}: {note}", err=True)
        try:
            encoded.append(
                encoded_crystal(
                    standard, magnetic, store, radius=radius, count=count, origin_free=origin_free, place=place
                )
            )
        except ValueError as error:
            raise click.UsageError(f"{standard.crystal.name}: {error}") from error
    if not encoded and len(failures) == 1:
        raise CrystalError(failures[0])
    if output is not None and encoded:
        write_atomically(output, _content(encoded, output.suffix.lower()))
    if as_json and encoded:
        echo(json_text(encoded), nl=False)
    elif encoded:
        echo("\n\n".join(encoding_text(one) for one in encoded))
        if output is not None:
            atoms = sum(len(one.standard.crystal) for one in encoded)
            echo()
            echo_line(f"{output}: encodings of {counted(atoms, 'atom')}")
    report_failures(failures, len(encoded), "encoded")


def _content(encoded: Sequence[EncodedCrystal], suffix: str) -> bytes:
    """The bytes of a file with this ending."""
    from sgbasis.reports.encoding_files import csv_text, json_text, npz_bytes

    if suffix == ".npz":
        return npz_bytes(encoded)
    return (json_text(encoded) if suffix == ".json" else csv_text(encoded)).encode()

"""``sgbasis encode``: the invariant encoding of every site of a crystal."""

from __future__ import annotations

from pathlib import Path

import click

from sgbasis.commands.options import FiniteRange, store_option, tolerance_option

_SUFFIXES = (".npz", ".json", ".csv")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@tolerance_option
@click.option("--radius", type=FiniteRange(0, min_open=True), help="Only functions up to this radius.")
@click.option("--count", type=click.IntRange(1), help="Only this many functions, the constant included.")
@click.option("--origin-free", is_flag=True, help="Moduli |psi|, which do not depend on the choice of origin.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write .npz, .json or .csv.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@store_option
def encode(
    files: tuple[Path, ...],
    tolerance: float,
    radius: float | None,
    count: int | None,
    origin_free: bool,
    output: Path | None,
    as_json: bool,
    store_path: Path | None,
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

    FILES are CIF, POSCAR and extended XYZ files; every block and frame is read.

    --output: .npz has arrays "0/encodings", "0/site_of_atom" and so on, one set per crystal; .json the same as
    objects; .csv has one row per atom.
    """
    if output is not None and output.suffix.lower() not in _SUFFIXES:
        raise click.BadParameter(f"{output} does not end in {', '.join(_SUFFIXES)}", param_hint="--output")

    import torch

    from basis_compiler import read_crystals, standardize
    from basis_store.files.atomic_write import check_writable, write_atomically
    from runtime import load_store
    from sgbasis.reports.encoding import EncodedCrystal, encoding_text
    from sgbasis.reports.encoding_files import csv_text, json_text, npz_bytes

    if output is not None:
        check_writable(output)
    store = load_store(store_path)
    encoded = []
    for file in files:
        for crystal in read_crystals(file, tolerance=tolerance):
            standard = standardize(crystal, tolerance=tolerance)
            for note in standard.notes:
                click.echo(f"Note: {crystal.name}: {note}", err=True)
            try:
                basis = store.basis(standard.setting, radius=radius, count=count)
            except ValueError as error:
                raise click.UsageError(f"{crystal.name}: {error}") from error
            x = torch.from_numpy(standard.coordinates)
            values = basis.evaluate_complex(x).abs() if origin_free else basis.evaluate(x)
            encoded.append(
                EncodedCrystal(
                    standard=standard,
                    encodings=values.numpy(),
                    origin_free=origin_free,
                    shifts24=basis.shifts24.numpy(),
                    shift_directions=basis.shift_directions.numpy(),
                    store_hash=store.content_hash,
                )
            )
    if output is not None:
        suffix = output.suffix.lower()
        content = npz_bytes(encoded) if suffix == ".npz" else (
            json_text(encoded) if suffix == ".json" else csv_text(encoded)
        ).encode()  # fmt: skip
        write_atomically(output, content)
    if as_json:
        click.echo(json_text(encoded), nl=False)
        return
    click.echo("\n\n".join(encoding_text(one) for one in encoded))
    if output is not None:
        click.echo(f"\n{output}: encodings of {sum(len(one.standard.crystal) for one in encoded)} atoms")

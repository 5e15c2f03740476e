"""``sgbasis export``: one basis as plain arrays, for other languages."""

from __future__ import annotations

from pathlib import Path

import click

from basis_store.counted import counted
from basis_store.groups.representation import Representation
from sgbasis.commands.options import REPRESENTATION, FiniteRange, character_option, read_basis, store_option
from sgbasis.echo import echo_line


@click.command()
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--setting", type=REPRESENTATION, required=True, help="Such as 227, 227:1, hall:525 or Fd-3m.")
@click.option(
    "--radius", type=FiniteRange(0, min_open=True),
    help="Only waves of norm up to 3 radius^2, without unit [default: all].",
)  # fmt: skip
@character_option
@store_option
def export(
    output: Path, setting: Representation, radius: float | None, character: str | None, store_path: Path | None
) -> None:
    """Write one basis to OUTPUT (.npz) as integer arrays.

    Its main arrays are waves (n, 3), in the order of the store and without 0; orbit (n,), the number of the
    invariant function, or -1 for a systematic absence; phase24 (n,), the phase in 24ths of a turn, 0 at the root
    of each orbit; rotations (g, 3, 3) and translations24 (g, 3) of the operations; with --character also
    characters24 (g,). The page "Store format" of the documentation explains all of them.
    """
    import io

    import numpy as np

    from basis_store.bases.flat_arrays import flat_arrays
    from basis_store.files.atomic_write import write_atomically

    compiled = read_basis(setting, character, store_path)
    arrays = flat_arrays(compiled, radius=radius)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomically(output, buffer.getvalue())
    functions, absent = int(arrays["orbit"].max(initial=-1)) + 1, int((arrays["orbit"] < 0).sum())
    waves = counted(len(arrays["waves"]) - absent, "wave")
    without = " without the constant" if compiled.n_constants else ""
    echo_line(
        f"{output}: {compiled.label}, {counted(functions, 'function')}{without}, {waves} of these "
        f"functions, and {counted(absent, 'absent wave')}"
    )

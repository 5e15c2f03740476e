"""``sgbasis export``: one basis as plain arrays, for other languages."""

from __future__ import annotations

from pathlib import Path

import click

from basis_store.counted import counted
from basis_store.groups.setting import Setting
from sgbasis.commands.options import SETTING, FiniteRange, store_option
from sgbasis.echo import echo_line


@click.command()
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--setting", type=SETTING, required=True, help="Such as 227, 227:1, hall:525 or Fd-3m.")
@click.option(
    "--radius", type=FiniteRange(0, min_open=True),
    help="Only waves of norm up to 3 radius^2, without unit [default: all].",
)  # fmt: skip
@store_option
def export(output: Path, setting: Setting, radius: float | None, store_path: Path | None) -> None:
    """Write one basis to OUTPUT (.npz) as integer arrays.

    Its main arrays are waves (n, 3), in the order of the store and without 0; orbit (n,), the number of the
    invariant function, or -1 for a systematic absence; phase24 (n,), the phase in 24ths of a turn, 0 at the root
    of each orbit; rotations (g, 3, 3) and translations24 (g, 3) of the operations. The page "Store format" of the
    documentation explains all of them.
    """
    import io

    import numpy as np

    from basis_store import open_store
    from basis_store.bases.flat_arrays import flat_arrays
    from basis_store.files.atomic_write import write_atomically

    with open_store(store_path) as store:
        arrays = flat_arrays(store.read(setting), radius=radius)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomically(output, buffer.getvalue())
    functions, absent = int(arrays["orbit"].max(initial=-1)) + 1, int((arrays["orbit"] < 0).sum())
    waves = counted(len(arrays["waves"]) - absent, "wave")
    echo_line(
        f"{output}: {setting.label}, {counted(functions, 'function')} without the constant, {waves} of these "
        f"functions, and {counted(absent, 'absent wave')}"
    )

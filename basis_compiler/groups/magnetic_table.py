"""Write the table of magnetic groups: ``python -m basis_compiler.groups.magnetic_table``.

Numbers and types are spglib's. Symbols and operations are those of the tables of H. T. Stokes and B. J. Campbell
(ISO-MAG, https://iso.byu.edu), as pymatgen, which this command needs, distributes them; both number the groups
alike, and what they both state is compared. (Spglib's operations are in other settings for 227 groups: with the
first origin choice, or other axes than in the symbol.)
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import spglib

from basis_compiler.groups.iso_mag import iso_mag_rows
from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.table_file import write_table
from basis_store import TURN, Setting, representations
from basis_store.groups.magnetic.magnetic_group import N_MAGNETIC_GROUPS, MagneticGroup

COLUMNS = ("uni_number", "bns_number", "og_number", "type", "bns_symbol", "og_symbol", "odd")


def magnetic_rows() -> Iterator[dict[str, str]]:
    """One row per UNI number, as text.

    Raises:
        LookupError: the two sources do not state the same numbers and types, or one lacks a group.
    """
    symbols = _symbols()
    for uni_number in range(1, N_MAGNETIC_GROUPS + 1):
        group = spglib.get_magnetic_spacegroup_type(uni_number)
        if group is None:
            raise LookupError(f"spglib {spglib.__version__} has no UNI number {uni_number}")
        bns_number, og_number, kind, bns_symbol, og_symbol = symbols[group.litvin_number]
        if (bns_number, og_number, kind) != (group.bns_number, group.og_number, group.type):
            raise LookupError(f"the sources do not agree about UNI number {uni_number}")
        odd = _odd(bns_number, kind)
        values = uni_number, bns_number, og_number, kind, bns_symbol, og_symbol, odd
        yield dict(zip(COLUMNS, map(str, values), strict=True))


def _symbols() -> dict[int, tuple[str, str, int, str, str]]:
    """By Litvin's number: BNS number, OG number, type and the two symbols."""
    rows = iso_mag_rows("OG3, BNS1, BNS2, OG1, OG2, magtype, BNS_label, OG_label")
    return {
        litvin: (f"{bns1}.{bns2}", f"{og1}.{og2}.{litvin}", kind, bns_symbol, og_symbol)
        for litvin, bns1, bns2, og1, og2, kind, bns_symbol, og_symbol in rows
    }


def _odd(bns_number: str, kind: int) -> str:
    """What tells which operations are combined with time reversal.

    Of type III the symbol of a character, of type IV a translation in 24ths; empty for types I and II.
    """
    from pymatgen.symmetry.maggroups import MagneticSpaceGroup  # noqa: PLC0415 - slow, and not always installed

    first, second = map(int, bns_number.split("."))
    setting = Setting.standard(first)
    group = operations(setting)
    signs: dict[bytes, set[int]] = {}
    for one in MagneticSpaceGroup([first, second]).symmetry_ops:  # type: ignore[no-untyped-call]
        shift24 = np.rint(one.translation_vector * TURN).astype(np.int64) % TURN
        key = np.concatenate([np.rint(one.rotation_matrix).astype(np.int64).ravel(), shift24]).tobytes()
        signs.setdefault(key, set()).add(int(one.time_reversal))
    keys = [key.tobytes() for key in np.hstack([group.rotations.reshape(-1, 9), group.translations24])]
    if kind <= 2 and signs == dict.fromkeys(keys, {1} if kind == 1 else {1, -1}):
        return ""
    if kind == 3:
        for one in representations(setting)[1:]:
            values = one.operations(group).characters24
            if one.is_real and signs == {key: {1 if c == 0 else -1} for key, c in zip(keys, values, strict=True)}:
                return one.character
    if kind == 4:
        kept = {key for key, found in signs.items() if found == {1}}
        shifts = [np.frombuffer(key, np.int64) for key in signs if signs[key] == {-1}]
        pure = sorted(tuple(one[9:].tolist()) for one in shifts if np.array_equal(one[:9], np.eye(3).ravel()))
        if kept == set(keys) and pure:
            return " ".join(map(str, pure[0]))
    raise LookupError(f"the operations of BNS {bns_number} are not those of {setting.label}, with colours")


def main() -> None:
    """Write the table next to :mod:`basis_store.groups.magnetic.magnetic_group`."""
    path = Path(inspect.getfile(MagneticGroup)).with_name("magnetic_groups.csv")
    write_table(path, COLUMNS, magnetic_rows())


if __name__ == "__main__":
    main()

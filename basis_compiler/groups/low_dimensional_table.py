"""Write the table of plane, layer and rod groups: ``python -m basis_compiler.groups.low_dimensional_table FILE``.

FILE is JSON, perhaps with gzip, with the coordinate triplets of each group by its number under the keys
``plane_groups_17``, ``layer_groups_80`` and ``rod_groups_75``: those of the Bilbao Crystallographic Server, as
https://github.com/thchr/Crystalline.jl has them under ``test/data/xyzt``.

For each group the setting is found whose operations are exactly the same, those of a plane group with z added.
Where no setting has the origin of International Tables E, one that has the operations at another origin is taken,
with the first shift. That the symbol of International Tables, in capitals, is one of the setting is checked as
well.
"""

from __future__ import annotations

import gzip
import inspect
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from basis_compiler.crystals.formats.cif_operations import operation_of_text
from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.table_file import write_table
from basis_store import TURN, Setting, all_settings
from basis_store.array_types import IntArray
from basis_store.groups.low_dimensional import low_dimensional_names
from basis_store.groups.low_dimensional.low_dimensional_names import LowDimensionalKind
from basis_store.groups.name_text import normalised

COLUMNS = ("kind", "number", "symbol", "hall_number", "origin24")
SYMBOLS: dict[LowDimensionalKind, str] = {
    "plane": "p1 p2 pm pg cm p2mm p2mg p2gg c2mm p4 p4mm p4gm p3 p3m1 p31m p6 p6mm",
    "layer": """
        p1 p-1 p112 p11m p11a p112/m p112/a p211 p2_111 c211 pm11 pb11 cm11 p2/m11 p2_1/m11 p2/b11 p2_1/b11 c2/m11
        p222 p2_122 p2_12_12 c222 pmm2 pma2 pba2 cmm2 pm2m pm2_1b pb2_1m pb2b pm2a pm2_1n pb2_1a pb2n cm2m cm2e
        pmmm pmaa pban pmam pmma pman pbaa pbam pbma pmmn cmmm cmme
        p4 p-4 p4/m p4/n p422 p42_12 p4mm p4bm p-42m p-42_1m p-4m2 p-4b2 p4/mmm p4/nbm p4/mbm p4/nmm
        p3 p-3 p312 p321 p3m1 p31m p-31m p-3m1 p6 p-6 p6/m p622 p6mm p-6m2 p-62m p6/mmm""",
    "rod": """
        p1 p-1 p211 pm11 pc11 p2/m11 p2/c11 p112 p112_1 p11m p112/m p112_1/m
        p222 p222_1 pmm2 pcc2 pmc2_1 p2mm p2cm pmmm pccm pmcm
        p4 p4_1 p4_2 p4_3 p-4 p4/m p4_2/m p422 p4_122 p4_222 p4_322 p4mm p4_2cm p4cc p-42m p-42c p4/mmm p4/mcc
        p4_2/mmc p3 p3_1 p3_2 p-3 p312 p3_112 p3_212 p3m1 p3c1 p-31m p-31c
        p6 p6_1 p6_2 p6_3 p6_4 p6_5 p-6 p6/m p6_3/m p622 p6_122 p6_222 p6_322 p6_422 p6_522
        p6mm p6cc p6_3mc p-6m2 p-6c2 p6/mmm p6/mcc p6_3/mmc""",
}
"""The symbols of International Tables A (plane groups) and E, in the order of the numbers."""

_KEYS: dict[LowDimensionalKind, str] = {
    "plane": "plane_groups_17",
    "layer": "layer_groups_80",
    "rod": "rod_groups_75",
}
_EIGHTHS = range(0, TURN, TURN // 8)

_Key = frozenset[tuple[int, ...]]


def low_dimensional_rows(tables: dict[str, dict[str, list[str]]]) -> Iterator[dict[str, str]]:
    """One row per group, as text.

    Raises:
        LookupError: a group has no setting, or one with another symbol.
    """
    settings = _settings()
    for kind, symbols in SYMBOLS.items():
        for number, symbol in enumerate(symbols.split(), 1):
            triplets = tables[_KEYS[kind]][str(number)]
            if kind == "plane":
                triplets = [f"{one},z" for one in triplets]
            setting, origin = _setting_of(kind, symbol, [operation_of_text(one) for one in triplets], settings)
            values = kind, number, symbol, setting.hall_number, " ".join(map(str, origin))
            yield dict(zip(COLUMNS, map(str, values), strict=True))


def _settings() -> dict[_Key, Setting]:
    found: dict[_Key, Setting] = {}
    for setting in all_settings():
        group = operations(setting)
        found.setdefault(_key(group.rotations, group.translations24), setting)
    return found


def _key(rotations: IntArray, translations24: IntArray) -> _Key:
    return frozenset(map(tuple, np.hstack([rotations.reshape(-1, 9), translations24 % TURN]).tolist()))


def _setting_of(
    kind: LowDimensionalKind,
    symbol: str,
    listed: Sequence[tuple[IntArray, IntArray]],
    settings: dict[_Key, Setting],
) -> tuple[Setting, tuple[int, ...]]:
    rotations, translations = (np.array(some) for some in zip(*listed, strict=True))
    # With the origin at p of the setting: x -> R (x - p) + t + p. The fewest and smallest entries first.
    origins = sorted(itertools.product(_EIGHTHS, repeat=3), key=lambda p: (sum(map(bool, p)), sum(p), p))
    for origin in origins:
        point = np.array(origin)
        setting = settings.get(_key(rotations, translations + point - rotations @ point))
        if setting is not None:
            names = {normalised(setting.symbol), normalised(setting.full_symbol)}
            if kind != "plane" and normalised(symbol) not in names:
                raise LookupError(f"{kind} group {symbol} has the operations of {setting.label}")
            return setting, origin
    raise LookupError(f"no setting has the operations of {kind} group {symbol}")


def main() -> None:
    """Write the table next to :mod:`basis_store.groups.low_dimensional.low_dimensional_names`."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m basis_compiler.groups.low_dimensional_table FILE")
    source = Path(sys.argv[1])
    content = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    rows = list(low_dimensional_rows(json.loads(content)))
    path = Path(inspect.getfile(low_dimensional_names)).with_name("low_dimensional_groups.csv")
    write_table(path, COLUMNS, rows)


if __name__ == "__main__":
    main()

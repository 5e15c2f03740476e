"""Files of reflections with random damage are read or refused in one line, and what is read can be compared."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import groups_for, groups_for_peaks, read_peaks, read_reflections
from basis_store import SgbasisError
from tests.campaign.mutations import damaged_text

gemmi = pytest.importorskip("gemmi")

CELL = (5.0, 6.0, 7.0, 90.0, 100.0, 90.0)
INDICES = list(itertools.product(range(3), repeat=3))[1:]
LOOP = "loop_\n_refln_index_h\n_refln_index_k\n_refln_index_l\n"
CIF = "data_x\n" + "".join(
    f"_cell_{name} {value}\n"
    for name, value in zip(
        ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"), CELL, strict=True
    )
)
TEXTS = {
    "a.hkl": "".join(f"{h:4d}{k:4d}{m:4d}{9.5 * h + k:8.2f}{1.5:8.2f}   1\n" for h, k, m in INDICES),
    "b.cif": CIF + LOOP + "_refln_F_squared_meas\n_refln_F_squared_sigma\n" + "\n".join(
        f"{h} {k} {m} {9.5 * h + k} 1.5" for h, k, m in INDICES
    ),
    "c.fcf": CIF + LOOP + "_refln_F_calc\n_refln_phase_calc\n" + "\n".join(
        f"{h} {k} {m} {h + 1} {90 * k}" for h, k, m in INDICES
    ),
    "d.csv": "h,k,l,I,sigma\n" + "".join(f"{h},{k},{m},{9.5 * h + k},1.5\n" for h, k, m in INDICES),
    "e.txt": "d I\n" + "".join(f"{6.0 / n:.4f} 10\n" for n in range(1, 9)),
}  # fmt: skip


def outcome(path: Path) -> str:
    try:
        if path.suffix == ".txt":
            groups_for_peaks(read_peaks(path), cell=CELL)
            return "read"
        data = read_reflections(path, cell=CELL if path.suffix in (".hkl", ".csv") else None)
    except (SgbasisError, OSError) as error:
        assert "\n" not in str(error)
        return "refused"
    assert np.isfinite(data.hkl).all() and len(data)
    try:
        groups_for(data)
    except SgbasisError as error:
        assert "\n" not in str(error)
    return "read"


def test_damaged_texts(tmp_path: Path) -> None:
    rng = random.Random(1)
    found: Counter[str] = Counter()
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
        assert outcome(tmp_path / name) == "read", name
        for _ in range(60):
            content, _ = damaged_text(text.encode(), rng)
            (tmp_path / name).write_bytes(content)
            found[outcome(tmp_path / name)] += 1
    assert min(found["read"], found["refused"]) > 50, found


def test_damaged_mtz_files(tmp_path: Path) -> None:
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = gemmi.SpaceGroup("P 1")
    mtz.add_dataset("d")
    mtz.set_cell_for_all(gemmi.UnitCell(*CELL))
    for label, kind in (("I", "J"), ("SIGI", "Q")):
        mtz.add_column(label, kind)
    mtz.set_data(np.array([[*hkl, 100, 2] for hkl in INDICES], dtype=np.float32))
    path = tmp_path / "a.mtz"
    mtz.write_to_file(str(path))
    content, rng = path.read_bytes(), random.Random(2)
    assert outcome(path) == "read"
    for _ in range(200):
        damaged = bytearray(content)
        for _ in range(rng.choice((1, 3, 30))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged[: rng.choice((len(damaged), rng.randrange(len(damaged))))])
        outcome(path)

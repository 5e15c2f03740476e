"""Files that other programs misread, rebuilt after bug reports; expected.json says what is right and why."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, read_crystals, standardize
from basis_compiler.crystals.crystal import ELEMENTS
from basis_store import CrystalError

CASES = Path(__file__).with_name("cases")
EXPECTED = json.loads((CASES / "expected.json").read_text())


def composition(crystal: Crystal) -> dict[str, int]:
    return dict(Counter(ELEMENTS[number] for number in crystal.numbers.tolist()))


def test_every_file_is_expected() -> None:
    assert {str(path.relative_to(CASES)) for path in CASES.glob("*/*")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_right(name: str) -> None:
    kind, value = EXPECTED[name][:2]
    if kind == "refuse":
        with pytest.raises(CrystalError) as caught:
            read_crystals(CASES / name)
        assert "\n" not in str(caught.value)
        return
    (crystal,) = read_crystals(CASES / name)
    number = standardize(crystal).setting.number
    if kind == "angles":
        a, b, c = crystal.lattice / np.linalg.norm(crystal.lattice, axis=1)[:, None]
        np.testing.assert_allclose(np.degrees(np.arccos([b @ c, a @ c, a @ b])), value)
    elif kind == "group":
        assert number == value
    elif kind == "note":
        assert crystal.notes
    elif kind != "atoms":
        assert composition(crystal) == {e: int(n) for e, n in re.findall(r"([A-Z][a-z]?)(\d+)", kind)}
        assert not isinstance(value, int) or number == value

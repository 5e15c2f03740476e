from __future__ import annotations

import itertools

import pytest

from basis_store import FormulaError, IndexSymmetry
from basis_store.tensors.index_symmetry import PROPERTIES, component_name


@pytest.mark.parametrize(
    ("formula", "order", "components"),
    [
        ("i", 1, 3), ("ij", 1, 9), ("ij=ji", 2, 6), ("ij=-ji", 2, 3), ("ijk", 1, 27), ("ijk=ikj", 2, 18),
        ("ijk=jki=ikj", 6, 10), ("ijk=-jik=-ikj", 6, 1), ("ijkl", 1, 81), ("ijkl=klij", 2, 45),
        ("ijkl=jikl=ijlk", 4, 36), ("ijkl=jikl=klij", 8, 21), ("ijkl=jikl=ikjl=ijlk", 24, 15),
        ("ijkl=-jikl=-ijlk=klij", 8, 6), ("ijkl=-jikl=-ikjl=-ijlk", 24, 0),
    ],
)  # fmt: skip
def test_groups_and_components(formula: str, order: int, components: int) -> None:
    symmetry = IndexSymmetry.parse(formula)
    assert len(symmetry.permutations) == order
    assert len(symmetry.components) == components
    assert list(symmetry.components) == sorted(symmetry.components)
    assert IndexSymmetry.parse(symmetry.text) == symmetry


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ij=ji", "ba = ab"),
        ("IJ=JI", "xy=yx"),
        ("ijkl=jikl=klij", "klij=ijkl=ijlk"),
        ("ijkl=jikl=klij", "ijkl=ijlk=jikl=lkji"),
        ("ij=-ji", "-ji=+ij"),
        ("ijk=jki", "ijk=kij"),
        ("ij", "ij=ij"),
        ("elastic", "ijkl=jikl=klij"),
        ("Piezoelectric", "ijk=ikj"),
    ],
)
def test_equal_formulas_are_equal(one: str, other: str) -> None:
    first, second = IndexSymmetry.parse(one), IndexSymmetry.parse(other)
    assert first == second
    assert hash(first) == hash(second)
    assert first.text == second.text


def test_different_symmetries_differ() -> None:
    texts = [
        "i",
        "ij",
        "ij=ji",
        "ij=-ji",
        "ijk",
        "ijk=ikj",
        "ijk=jik",
        "ijk=kji",
        "ijk=jki",
        "ijk=-ikj",
        "ijkl=klij",
    ]
    made = {IndexSymmetry.parse(text, axial=axial) for text, axial in itertools.product(texts, (False, True))}
    assert len(made) == 2 * len(texts)
    assert all(str(one) == one.text + ", axial" * one.axial for one in made)


def test_canonical_texts_are_the_usual_ones() -> None:
    for text in ("ij=ji", "ij=-ji", "ijk=ikj", "ijkl=jikl=klij"):
        assert IndexSymmetry.parse(text).text == text


def test_names_of_properties_stand_for_their_formulas() -> None:
    for name, (formula, axial) in PROPERTIES.items():
        found = IndexSymmetry.parse(formula, axial=axial)
        for written in (name, name.title(), name.replace(" ", "_"), f"{name} tensor"):
            assert IndexSymmetry.parse(written) == found
    assert {name for name, (_, axial) in PROPERTIES.items() if axial} == {"gyration", "magnetoelectric"}


def test_orbits_are_signed() -> None:
    symmetry = IndexSymmetry.parse("ij=-ji")
    assert symmetry.orbits[0] == (((0, 1), 1), ((1, 0), -1))
    assert [component_name(one) for one in symmetry.components] == ["xy", "xz", "yz"]
    assert (0, 0) not in [indices for orbit in symmetry.orbits for indices, _ in orbit]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "'' is no index symmetry: try ij, ij=ji"),
        ("ij=", "no index symmetry"),
        ("ij==ji", "no index symmetry"),
        ("ij=--ji", "no index symmetry"),
        ("a1", "no index symmetry"),
        ("ij<ji", "no index symmetry"),
        ("ii", "names an index twice"),
        ("ij=jk", "'jk' does not rearrange the indices of 'ij'"),
        ("ij=ijk", "'ijk' does not rearrange"),
        ("ijj=jii", "names an index twice"),
        ("ijklm", "has 5 indices: ranks 1 to 4 are known"),
        ("ij=-ij", "leaves nothing: it says that every component is minus itself"),
        ("ij=ji=-ij", "leaves nothing"),
        ("ijk=-jki", "leaves nothing"),
    ],
)
def test_invalid_formulas_give_one_clear_line(formula: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        IndexSymmetry.parse(formula)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)

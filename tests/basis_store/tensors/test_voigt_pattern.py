"""Printed patterns hold for the tensors: every entry, in every orientation."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from basis_store import Setting, StoreReader, TensorBasis
from basis_store.tensors.index_symmetry import component_name, every_component
from basis_store.tensors.voigt_pattern import VOIGT, matrix_relations, pattern_text, relation_text


def a_setting_of_each_orientation(reader: StoreReader) -> list[Setting]:
    numbers = reader.tensors.orientations.tolist()
    return [reader.settings[numbers.index(orientation)] for orientation in range(len(reader.tensors))]


def a_tensor(basis: TensorBasis) -> dict[str, Fraction]:
    """Whole parameters, so that all components are exact: by name, such as xxyz."""
    parameters = np.random.default_rng(basis.setting.hall_number).integers(-99, 99, size=basis.dimension).tolist()
    total = [Fraction(0)] * 3**basis.rank
    for parameter, above, below in zip(parameters, basis.numerators, basis.denominators, strict=True):
        terms = zip(above.tolist(), below.tolist(), strict=True)
        total = [entry + parameter * Fraction(a, b) for entry, (a, b) in zip(total, terms, strict=True)]
    names = [component_name(indices) for indices in every_component(basis.rank)]
    return dict(zip(names, total, strict=True))


@pytest.mark.parametrize(
    ("formula", "rows", "columns"),
    [
        ("i", [()], [(0,), (1,), (2,)]),
        ("ij", [(0,), (1,), (2,)], [(0,), (1,), (2,)]),
        ("ij=-ji", [(0,), (1,), (2,)], [(0,), (1,), (2,)]),
        ("ij=ji", [(0,), (1,), (2,)], [(0,), (1,), (2,)]),
        ("ijk=ikj", [(0,), (1,), (2,)], VOIGT),
        ("ijkl=jikl=klij", VOIGT, VOIGT),
        ("ijkl=jikl=ijlk", VOIGT, VOIGT),
    ],
)
@pytest.mark.parametrize("axial", [False, True])
def test_matrices_are_the_tensor(formula, rows, columns, axial, reader):  # type: ignore[no-untyped-def]
    for setting in a_setting_of_each_orientation(reader):
        basis = reader.tensor_basis(setting, formula, axial=axial)
        tensor, relations = a_tensor(basis), matrix_relations(basis)
        values = {
            (i + 1, j + 1): tensor[component_name(row + column)]
            for i, row in enumerate(rows)
            for j, column in enumerate(columns)
        }
        named = {name for row in relations for relation in row for name in relation}
        assert len(named) == basis.dimension
        digits = {name: tuple(map(int, name[1:])) for name in named}
        parameters = {name: values[place if len(place) == 2 else (1, *place)] for name, place in digits.items()}
        for (i, j), value in values.items():
            relation = relations[i - 1][j - 1]
            assert sum((parameters[name] * factor for name, factor in relation.items()), Fraction(0)) == value


@pytest.mark.parametrize("formula", ["ijk", "ijk=jki", "ijk=-jik", "ijkl", "ijkl=klij", "ijkl=-jikl", "ijkl=jkil"])
def test_lists_are_the_tensor(formula: str, reader: StoreReader) -> None:
    for setting in a_setting_of_each_orientation(reader):
        basis = reader.tensor_basis(setting, formula)
        tensor = a_tensor(basis)
        said: set[str] = set()
        lines = pattern_text(basis).splitlines()
        for line in lines:
            if line.endswith("components are 0"):
                continue
            sides = line.split(" = ")
            # Sums, signs and fractions of components; 2xxyy is a product.
            values = {eval(re.sub(r"(\d)([xyz])", r"\1*\2", side), {}, tensor) for side in sides}
            assert len(values) == 1, line
            said |= {match[1] for side in sides if (match := re.fullmatch(r"-?\d*([xyz]+)(/\d+)?", side))}
        silent = [value for name, value in tensor.items() if name not in said]
        assert not any(silent)
        assert (f"the other {len(silent)} components are 0" in lines) == bool(silent and said)
        assert (lines == ["all components are 0"]) == (basis.dimension == 0)


def test_relations_as_text() -> None:
    half = Fraction(1, 2)
    assert relation_text({}) == "0"
    assert relation_text({"C12": Fraction(1)}) == "C12"
    assert relation_text({"C14": Fraction(-1)}) == "-C14"
    assert relation_text({"C11": half, "C12": -half}) == "(C11-C12)/2"
    assert relation_text({"C11": Fraction(-2), "C12": Fraction(1)}) == "-2C11+C12"
    assert relation_text({"C11": Fraction(3, 2)}) == "3C11/2"

from __future__ import annotations

from fractions import Fraction

import numpy as np
import sympy
from hypothesis import given, settings, strategies as st

from basis_store.tensors.exact_rows import projector, reduced_rows


@st.composite
def matrices(draw: st.DrawFn, largest: int = 9) -> np.ndarray:
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    entries = st.integers(-largest, largest)
    values = draw(st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    return np.array(values, dtype=object)


def check(matrix: np.ndarray) -> None:
    expected, pivots = sympy.Matrix(matrix.tolist()).rref()
    reduced = reduced_rows(matrix)
    assert tuple(reduced.pivots.tolist()) == pivots
    for i, (row, pivot) in enumerate(zip(reduced.rows.tolist(), reduced.pivots.tolist(), strict=True)):
        assert row[pivot] > 0
        assert np.gcd.reduce(np.array(row, dtype=object)) == 1
        assert [Fraction(entry, row[pivot]) for entry in row] == [Fraction(e.p, e.q) for e in expected.row(i)]


@given(matrix=matrices())
@settings(max_examples=100, deadline=None)
def test_echelon_forms_are_those_of_sympy(matrix: np.ndarray) -> None:
    check(matrix.astype(np.int64))


@given(matrix=matrices(largest=10**12))
@settings(max_examples=60, deadline=None)
def test_numbers_that_outgrow_64_bits_are_exact(matrix: np.ndarray) -> None:
    check(matrix.astype(np.int64))
    check(matrix)


@given(matrix=matrices())
@settings(max_examples=60, deadline=None)
def test_projectors(matrix: np.ndarray) -> None:
    rows = reduced_rows(matrix.astype(np.int64)).rows
    numerators, denominator = projector(rows)
    assert np.array_equal(numerators @ numerators, denominator * numerators)
    assert np.array_equal(numerators, numerators.T)
    assert np.array_equal(rows.astype(object) @ numerators, denominator * rows)
    assert np.trace(numerators) == denominator * len(rows)
    assert np.gcd.reduce(np.append(numerators.ravel(), denominator)) == 1


def test_empty_spaces() -> None:
    reduced = reduced_rows(np.zeros((3, 9), dtype=np.int64))
    assert reduced.rows.shape == (0, 9)
    numerators, denominator = projector(reduced.rows)
    assert (numerators.shape, denominator) == ((9, 9), 1)
    assert not numerators.any()

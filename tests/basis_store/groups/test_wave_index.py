"""Waves are found by their integers, inside and outside of the table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

from basis_store import CertificateError, WaveIndex, waves_within

CUBE = np.array(list(itertools.product(range(-7, 8), repeat=3)))


def test_every_wave_is_found_and_no_other() -> None:
    waves = waves_within("hexagonal", 75)
    rows = {tuple(k): row for row, k in enumerate(waves.tolist())}
    found = WaveIndex(waves).rows(CUBE)
    assert found.tolist() == [rows.get(tuple(k), -1) for k in CUBE.tolist()]


@given(
    st.sets(st.tuples(*[st.integers(-3, 3)] * 3), min_size=1), st.lists(st.integers(-2, 2), min_size=9, max_size=9)
)
def test_images_are_those_of_the_matrix(waves: set[tuple[int, ...]], entries: list[int]) -> None:
    index, matrix = WaveIndex(np.array(sorted(waves))), np.array(entries).reshape(3, 3)
    expected = index.waves @ matrix
    if all(tuple(k) in waves for k in expected.tolist()):
        assert np.array_equal(index.waves[index.images(matrix)], expected)
        assert np.array_equal(index.rows(expected), index.candidate_rows(matrix))
    else:
        with pytest.raises(CertificateError, match=rf"a set of {len(index)} waves is not closed under R = "):
            index.images(matrix)


def test_an_empty_set() -> None:
    index = WaveIndex(np.zeros((0, 3), np.int16))
    assert len(index) == 0
    assert index.rows(CUBE).tolist() == [-1] * len(CUBE)
    assert index.all_images(np.eye(3, dtype=np.int64)[None]).shape == (1, 0)

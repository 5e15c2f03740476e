"""Waves, lookups and operations in two dimensions: what three dimensions give at l = 0."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import Operations, Setting, WaveIndex, wave_norm, waves_within
from basis_store.groups.group import LatticeFamily
from basis_store.groups.operations import check_group, operation_order, product_table, rotation_generators
from basis_store.groups.wave_shells import CODE, LATTICE_FAMILIES, in_store_order, is_leading, number_of_waves

LIMITS = (0, 2, 3, 4, 75, 147, 300)


@pytest.mark.parametrize("family", LATTICE_FAMILIES)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_disc_is_the_section_of_a_ball(family: LatticeFamily, limit: int) -> None:
    ball = waves_within(family, limit)
    disc = waves_within(family, limit, 2)
    section = ball[ball[:, 2] == 0]
    assert disc.dtype == np.int16
    assert np.array_equal(disc, section[:, :2])
    assert number_of_waves(family, limit, 2) == len(disc)
    norms = wave_norm(disc, family)
    assert np.array_equal(norms, wave_norm(section, family))
    assert in_store_order(disc.astype(np.int64) @ CODE[:2], norms)
    assert np.array_equal(is_leading(disc), is_leading(section))


def test_the_index_of_a_disc_finds_its_waves_and_no_others() -> None:
    disc = waves_within("hexagonal", 300, 2)
    index = WaveIndex(disc)
    assert np.array_equal(index.rows(disc), np.arange(len(disc)))
    assert (index.rows(np.array([[0, 0], [99, 0], [0, -99]])) == -1).all()
    sixfold = np.array([[1, -1], [1, 0]])
    assert np.array_equal(disc[index.images(sixfold)], disc @ sixfold)


def test_operations_of_a_plane_multiply_as_those_of_space() -> None:
    fourfold = np.array([[[0, -1], [1, 0]]])
    powers = np.concatenate([np.linalg.matrix_power(fourfold, n) for n in range(4)])
    translations = np.zeros((4, 2), np.int64)
    order = operation_order(powers, translations)
    group = Operations(Setting.standard(75), powers[order], translations)
    check_group(group)
    assert group.dimension == 2
    embedded = np.zeros((4, 3, 3), np.int64)
    embedded[:, :2, :2], embedded[:, 2, 2] = group.rotations, 1
    assert np.array_equal(group.product_table, product_table(embedded, np.zeros((4, 3), np.int64)))
    assert np.array_equal(group.of_point_group.rotations[group.of_point_group.inversion], -np.eye(2))
    (generator,) = rotation_generators(group.distinct_rotations)
    assert generator.shape == (2, 2)
    assert not np.array_equal(generator @ generator, np.eye(2))

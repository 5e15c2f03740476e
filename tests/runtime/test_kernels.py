"""Kernels between sites (T6): both sides agree, and no image is forgotten, in all 230 groups."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from basis_store import Setting, standard_settings
from runtime import Store
from runtime.kernels import DirectKernel, neighbours, real_harmonics, reciprocal_kernel, waves_within
from tests.made_records import all_atoms, in_p1, made_record

STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))


@STANDARD
def test_every_image_is_found_once(setting: Setting, store: Store) -> None:
    record = made_record(setting, np.random.default_rng(setting.number))
    cutoff = 5.0
    found = neighbours(record, store.compiled(setting), cutoff)
    atoms, owners = all_atoms(record)
    reach = [int(cutoff * width) + 2 for width in np.linalg.norm(np.linalg.inv(record.lattice), axis=0)]
    cells = np.array(list(itertools.product(*(range(-n, n + 1) for n in reach))))
    for site, x in enumerate(record.coordinates):
        steps = (atoms - x)[:, None] + cells
        lengths = np.linalg.norm(steps @ record.lattice, axis=-1)
        near = (lengths < cutoff) & (lengths > 1e-6)
        mine = found.receivers == site
        for sender in range(len(record)):
            expected = np.sort(lengths[owners == sender][near[owners == sender]])
            vectors = found.vectors[mine & (found.senders == sender)]
            assert np.sort(np.linalg.norm(vectors, axis=1)) == pytest.approx(expected, abs=1e-9)


@STANDARD
def test_direct_and_reciprocal_sides_agree(setting: Setting, store: Store) -> None:
    """Poisson's sum: a periodic Gaussian, by images and by waves, to the last digits."""
    record = made_record(setting, np.random.default_rng(setting.number))
    compiled = store.compiled(setting)
    width = 1.8
    found = neighbours(record, compiled, cutoff=8 * width)
    n = len(record)
    direct = np.zeros((n, n))
    np.add.at(
        direct,
        (found.receivers, found.senders),
        np.exp(-((np.linalg.norm(found.vectors, axis=1) / width) ** 2) / 2),
    )
    direct += np.eye(n)  # a site and itself
    x = torch.from_numpy(record.coordinates)
    waves = reciprocal_kernel(
        x,
        x,
        torch.from_numpy(record.multiplicities),
        compiled,
        record.lattice,
        gaussians=[(1.0, width)],
        reach=5.6 / (math.pi * math.sqrt(2) * width),
    )
    assert waves.numpy() == pytest.approx(direct, rel=1e-9)


@pytest.mark.parametrize("skewness", [0.0, 3.7])
def test_waves_fill_an_ellipsoid(skewness: float) -> None:
    """A fixed ball of indices would miss waves of long and of skew cells; the bounds of the search must not."""
    lattice = np.array([[3.0, 0, 0], [0, 17.0, 0], [skewness, 0, 5.0]])
    reach = 0.7
    waves = waves_within(lattice, reach)
    cube = np.array(list(itertools.product(range(-15, 16), repeat=3)))
    lengths = np.linalg.norm(cube @ np.linalg.inv(lattice).T, axis=1)
    expected = cube[(lengths <= reach) & cube.any(axis=1)]
    both = np.concatenate([waves, -waves])
    assert {tuple(k) for k in both.tolist()} == {tuple(k) for k in expected.tolist()}
    assert len(both) == len(expected)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_harmonics_are_orthonormal_and_rotate_among_themselves(degree: int) -> None:
    generator = torch.Generator().manual_seed(0)
    u = torch.nn.functional.normalize(torch.randn(40, 3, dtype=torch.float64, generator=generator), dim=-1)
    values = real_harmonics(u, degree)[:, degree**2 :]
    # The addition theorem: sum_m Y_lm(u) Y_lm(v) = (2 l + 1) P_l(u.v) holds for a complete orthonormal set only.
    cosines = u @ u.T
    legendre = [torch.ones_like(cosines), cosines, (3 * cosines**2 - 1) / 2, (5 * cosines**3 - 3 * cosines) / 2]
    torch.testing.assert_close(values @ values.T, (2 * degree + 1) * legendre[degree])


def test_kernels_fade_out_at_the_cutoff() -> None:
    kernel = DirectKernel(cutoff=6.0, radial=8, degree=2).double()
    vectors = torch.tensor([[0.0, 0.0, 6.0 - 1e-4], [0.0, 0.0, 6.0], [0.0, 7.0, 0.0]], dtype=torch.float64)
    values = kernel(vectors, torch.arange(3), 3)
    assert values[0].abs().max() < 1e-8
    assert (values[1:].abs() < 1e-20).all()


def test_a_skew_cell_hides_no_neighbour(store: Store) -> None:
    """Museum 8's error in the neighbour search: nearest images by rounding."""
    record = in_p1(made_record(Setting.standard(2), np.random.default_rng(1)))
    skew = in_p1(record, change=np.array([[1, 3, -4], [0, 1, 5], [0, 0, 1]]))
    compiled = store.compiled(Setting.standard(1))
    one, other = (neighbours(each, compiled, 6.0) for each in (record, skew))
    lengths = [np.sort(np.linalg.norm(each.vectors, axis=1)) for each in (one, other)]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-9)

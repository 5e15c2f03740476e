"""Kernels between sites (T6): both sides agree, and every neighbour is found, in all 230 groups."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math

import numpy as np
import pytest
import torch

from basis_store import Setting, standard_settings
from runtime import Store
from runtime.site_kernels import lattice_search
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.harmonics import harmonic_rotation, real_harmonics
from runtime.site_kernels.neighbours import neighbours
from runtime.site_kernels.orbit_kernel import OrbitKernel, gaussian_transforms
from runtime.site_kernels.orbit_representatives import orbit_representatives
from runtime.site_kernels.reciprocal_kernel import GaussianShells, ReciprocalKernel
from runtime.site_kernels.structure_factors import structure_factors
from tests.support.crystals.made_records import all_atoms, in_p1, made_record

DEGREES = range(5)
STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))


@STANDARD
def test_every_neighbour_is_found_once(setting: Setting, store: Store) -> None:
    record = made_record(setting, np.random.default_rng(setting.number))
    cutoff = 5.0
    found = neighbours(record, store.compiled(setting), cutoff)
    atoms, owners = all_atoms(record)
    extents = [int(cutoff * width) + 2 for width in np.linalg.norm(np.linalg.inv(record.lattice), axis=0)]
    cells = np.array(list(itertools.product(*(range(-n, n + 1) for n in extents))))
    for site, x in enumerate(record.coordinates):
        steps = (atoms - x)[:, None] + cells
        lengths = np.linalg.norm(steps @ record.lattice, axis=-1)
        near = (lengths < cutoff) & (lengths > 1e-6)
        mine = found.receivers == site
        for sender in range(len(record)):
            expected = np.sort(lengths[owners == sender][near[owners == sender]])
            vectors = found.vectors[mine & (found.senders == sender)]
            assert np.sort(vectors.norm(dim=1).numpy()) == pytest.approx(expected, abs=1e-9)


@STANDARD
def test_direct_and_reciprocal_sides_agree(setting: Setting, store: Store) -> None:
    """Poisson's sum: a periodic Gaussian, by images and by waves, to nine digits."""
    record = made_record(setting, np.random.default_rng(setting.number))
    compiled = store.compiled(setting)
    width = 1.8
    found = neighbours(record, compiled, cutoff=8 * width)
    n = len(record)
    direct = np.zeros((n, n))
    np.add.at(
        direct,
        (found.receivers.numpy(), found.senders.numpy()),
        np.exp(-((found.vectors.norm(dim=1).numpy() / width) ** 2) / 2),
    )
    direct += np.eye(n)  # a site and itself
    factors = structure_factors(record, compiled, g_cutoff=5.6 / (math.pi * math.sqrt(2) * width))
    (waves,) = OrbitKernel(functools.partial(gaussian_transforms, widths=[width]))([factors])
    assert waves[..., 0].numpy() == pytest.approx(direct, rel=1e-9)


@STANDARD
def test_shells_equal_sums_over_images(setting: Setting, store: Store) -> None:
    """Poisson's sum by shells and degrees, with the kernel's transform by quadrature."""
    record = made_record(setting, np.random.default_rng(setting.number), n_sites=2)
    n, shells, degree = len(record), 2, 4
    kernel = ReciprocalKernel(0.3, shells, degree).double()
    moments = kernel(structure_factors(record, store.compiled(setting), kernel.shells.g_cutoff))
    found = neighbours(record, store.compiled(setting), cutoff=8.0)
    lengths = found.vectors.norm(dim=1)
    angular = real_harmonics(found.vectors / lengths[:, None], degree)
    expected = torch.zeros(n, n, (degree + 1) ** 2, shells, dtype=torch.float64)
    for l in range(degree + 1):  # noqa: E741 - as it is always called
        columns = slice(l**2, (l + 1) ** 2)
        for shell, centre in enumerate(kernel.shells.centres.tolist()):
            radial = torch.from_numpy(shell_in_space(lengths.numpy(), centre, kernel.shells.width, l))
            terms = angular[:, columns] * radial[:, None]
            expected[:, :, columns, shell].index_put_((found.receivers, found.senders), terms, accumulate=True)
    expected[range(n), range(n), 0] += 1  # a site and itself
    # Waves end where a shell is negligible; the error grows with the degree.
    torch.testing.assert_close(moments[:, :, :16], expected[:, :, :16], rtol=0, atol=1e-6)
    torch.testing.assert_close(moments[:, :, 16:], expected[:, :, 16:], rtol=0, atol=2e-5)


def shell_in_space(r: np.ndarray, centre: float, width: float, degree: int) -> np.ndarray:
    """The Fourier transform of a shell by numerical integration, checked with the closed form for degree 0."""
    lengths = np.linspace(0, centre + 9 * width, 600)
    weight = np.exp(-0.5 * ((lengths - centre) / width) ** 2) + np.exp(-0.5 * ((lengths + centre) / width) ** 2)
    square = centre**2 + width**2
    weight *= 4 * math.pi * lengths**2
    angle = 2 * math.pi * np.outer(r, lengths) + 1e-30
    bessel = [np.sinc(angle / math.pi)]
    with np.errstate(invalid="ignore", over="ignore"):
        bessel.append((bessel[0] - np.cos(angle)) / angle)
        bessel.append(3 * bessel[1] / angle - bessel[0])
        bessel.append(5 * bessel[2] / angle - bessel[1])
        bessel.append(7 * bessel[3] / angle - bessel[2])
    integrand = (
        weight * (lengths / math.sqrt(square)) ** degree * np.where(angle < 1e-3, degree == 0, bessel[degree])
    )
    value = integrand.sum(axis=1) / weight.sum()  # both vanish at the ends of the grid
    if degree == 0:
        closed = centre**2 * np.sinc(2 * centre * r) + width**2 * np.cos(2 * math.pi * centre * r)
        assert value == pytest.approx(np.exp(-2 * (math.pi * width * r) ** 2) * closed / square, abs=1e-10)
    return np.asarray(value)


@pytest.mark.parametrize("number", [195, 214, 221, 225, 227, 230])
def test_the_kernel_of_a_site_with_itself_is_a_sum_of_moduli_of_the_basis(number: int, store: Store) -> None:
    """T6: sum_O w(|G_O|) |psi_O(x)|^2, with the stored functions."""
    side = 3.0
    record = made_record(Setting.standard(number), np.random.default_rng(number), n_sites=2)
    record = dataclasses.replace(record, lattice=side * np.eye(3))
    kernel = GaussianShells(1.0, 12).double()
    factors = structure_factors(record, store.compiled(record.setting), kernel.g_cutoff)
    (pairs,) = OrbitKernel(kernel)([factors])
    own = pairs[range(2), range(2)]
    basis = store.basis(record.setting, radius=5)
    assert side * kernel.g_cutoff < 5
    centres = torch.linspace(kernel.width, kernel.g_max, 12, dtype=torch.float64)
    squares = basis.evaluate_complex(torch.from_numpy(record.coordinates)).abs() ** 2
    lengths = basis.waves.double().norm(dim=1)[torch.cat([torch.zeros(1, dtype=int), basis.counts.cumsum(0)[:-1]])]
    shells = sum(torch.exp(-0.5 * ((lengths[:, None] / side - c) / kernel.width) ** 2)
                 for c in (centres, -centres))  # fmt: skip
    shells = shells / (2 * (math.tau**1.5) * kernel.width * (centres**2 + kernel.width**2))
    scale = torch.from_numpy(record.multiplicities / side**3)[:, None]
    torch.testing.assert_close(own, scale * (squares @ shells), rtol=0, atol=1e-6)


@pytest.mark.parametrize("skewness", [0.0, 3.7])
def test_waves_fill_an_ellipsoid(skewness: float, store: Store) -> None:
    """The bounds of the search hold for long and skew cells, where a fixed ball of indices would miss waves."""
    lattice = np.array([[3.0, 0, 0], [0, 17.0, 0], [skewness, 0, 5.0]])
    g_cutoff = 0.7
    waves, sizes = orbit_representatives(store.compiled(Setting.standard(1)), lattice, g_cutoff)
    assert (sizes == 2).all()
    cube = np.array(list(itertools.product(range(-15, 16), repeat=3)))
    lengths = np.linalg.norm(cube @ np.linalg.inv(lattice).T, axis=1)
    expected = cube[(lengths <= g_cutoff) & cube.any(axis=1)]
    both = np.concatenate([waves, -waves])
    assert {tuple(k) for k in both.tolist()} == {tuple(k) for k in expected.tolist()}
    assert len(both) == len(expected)


@pytest.mark.parametrize("degree", DEGREES)
def test_harmonics_are_orthonormal_and_rotate_among_themselves(degree: int) -> None:
    generator = torch.Generator().manual_seed(0)
    u = torch.nn.functional.normalize(torch.randn(40, 3, dtype=torch.float64, generator=generator), dim=-1)
    values = real_harmonics(u, degree)[:, degree**2 :]
    # The addition theorem: sum_m Y_lm(u) Y_lm(v) = (2 l + 1) P_l(u.v) holds for a complete orthonormal set only.
    cosines = u @ u.T
    legendre = [torch.ones_like(cosines), cosines]
    for l in range(1, degree):  # noqa: E741 - as it is always called
        legendre.append(((2 * l + 1) * cosines * legendre[l] - l * legendre[l - 1]) / (l + 1))
    torch.testing.assert_close(values @ values.T, (2 * degree + 1) * legendre[degree])


@pytest.mark.parametrize("degree", DEGREES)
def test_harmonics_of_different_degrees_are_orthogonal(degree: int) -> None:
    """Means over the sphere, by a product rule that is exact to degree 9."""
    nodes, weights = np.polynomial.legendre.leggauss(5)
    z, angle = np.meshgrid(nodes, 2 * np.pi * np.arange(10) / 10, indexing="ij")
    flat = np.sqrt(1 - z**2)
    points = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=-1).reshape(-1, 3)
    values = real_harmonics(torch.from_numpy(points), degree).numpy()
    means = values.T @ (np.repeat(weights, 10)[:, None] / 20 * values)
    assert means == pytest.approx(np.eye((degree + 1) ** 2), abs=1e-12)


@pytest.mark.parametrize("degree", DEGREES)
def test_harmonics_rotate_by_orthogonal_matrices(degree: int) -> None:
    generator = torch.Generator().manual_seed(degree)
    rotations = torch.linalg.qr(torch.randn(6, 3, 3, dtype=torch.float64, generator=generator)).Q
    rotations[::2] *= -torch.linalg.det(rotations[::2])[:, None, None]  # improper ones too
    u = torch.nn.functional.normalize(torch.randn(30, 3, dtype=torch.float64, generator=generator), dim=-1)
    matrices = harmonic_rotation(rotations, degree)
    own = slice(degree**2, (degree + 1) ** 2)
    for rotation, matrix in zip(rotations, matrices, strict=True):
        rotated = real_harmonics(u @ rotation.T, degree)[:, own]
        torch.testing.assert_close(rotated, real_harmonics(u, degree)[:, own] @ matrix.T)
    one = torch.eye(2 * degree + 1, dtype=torch.float64)
    torch.testing.assert_close(matrices @ matrices.mT, one.expand(6, -1, -1))
    torch.testing.assert_close(
        harmonic_rotation(rotations[0] @ rotations[1], degree), matrices[0] @ matrices[1], atol=1e-12, rtol=0
    )
    inversion = harmonic_rotation(-torch.eye(3, dtype=torch.float64), degree)
    torch.testing.assert_close(inversion, (-1) ** degree * one, atol=1e-12, rtol=0)
    if degree == 1:  # proportional to x, y, z
        torch.testing.assert_close(matrices, rotations)


@pytest.mark.parametrize("degree", [-1, 5])
def test_harmonics_end_at_degree_4(degree: int) -> None:
    with pytest.raises(ValueError, match="the degree is 0 to 4"):
        real_harmonics(torch.eye(3), degree)


def test_kernels_are_sums_over_images_in_any_order() -> None:
    """Against a loop over images, also beyond the cutoff; pairs and crystals without images are zero."""
    generator = torch.Generator().manual_seed(0)
    kernel = DirectKernel(cutoff=6.0, radial=8, degree=3).double()
    vectors = 8 * torch.rand(50, 3, dtype=torch.float64, generator=generator) - 4
    pairs = torch.randint(0, 9, (50,), generator=generator) // 2 * 2
    expected = torch.zeros(10, 16, 8, dtype=torch.float64)
    for vector, pair in zip(vectors, pairs, strict=True):
        length = float(vector.norm())
        shape = torch.exp(-0.5 * ((length - kernel.centres) / kernel.spacing) ** 2)
        envelope = 0.5 * (math.cos(math.pi * length / 6) + 1) * (length < 6)
        expected[pair] += envelope * torch.outer(real_harmonics(vector / length, 3), shape)
    torch.testing.assert_close(kernel(vectors, pairs, 10), expected, rtol=1e-12, atol=1e-14)
    assert not kernel(vectors[:0], pairs[:0], 4).any()
    assert torch.autograd.gradcheck(lambda some: kernel(some, pairs[:9], 10), vectors[:9].requires_grad_())


def test_kernels_vanish_smoothly_at_the_cutoff() -> None:
    kernel = DirectKernel(cutoff=6.0, radial=8, degree=2).double()
    vectors = torch.tensor([[0.0, 0.0, 6.0 - 1e-4], [0.0, 0.0, 6.0], [0.0, 7.0, 0.0]], dtype=torch.float64)
    values = kernel(vectors, torch.arange(3), 3)
    assert values[0].abs().max() < 1e-8
    assert (values[1:].abs() < 1e-20).all()


def test_neighbours_are_the_same_in_small_blocks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    record = made_record(Setting.standard(166), np.random.default_rng(0))
    whole = neighbours(record, store.compiled(record.setting), 6.0)
    monkeypatch.setattr(lattice_search, "_CPU_BLOCK", 1000)
    for one, other in zip(whole, neighbours(record, store.compiled(record.setting), 6.0), strict=True):
        np.testing.assert_array_equal(one, other)


def test_neighbours_in_a_skew_cell(store: Store) -> None:
    """The error of regression 8 in a neighbour search: nearest images by rounding."""
    record = in_p1(made_record(Setting.standard(2), np.random.default_rng(1)))
    skew = in_p1(record, change=np.array([[1, 3, -4], [0, 1, 5], [0, 0, 1]]))
    compiled = store.compiled(Setting.standard(1))
    one, other = (neighbours(each, compiled, 6.0) for each in (record, skew))
    lengths = [np.sort(each.vectors.norm(dim=1).numpy()) for each in (one, other)]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-9)

"""Orbit moments equal T7, rotate with the crystal, obey its point group, and have the right gradients."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, Setting, standard_settings
from runtime import Store
from runtime.site_kernels.orbit_moments import OrbitMoments
from runtime.tensors.frames import rotate_tensor
from tests.support.crystals.made_records import in_p1, made_record
from tests.support.crystals.rewritings import rewritings

STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))


def moments(record: CrystalRecord, store: Store, degree: int) -> np.ndarray:
    return OrbitMoments(0.1, 2, degree)(record, store.compiled(record.setting)).numpy()


@STANDARD
def test_moments_rotate_with_the_crystal_and_obey_its_group(setting: Setting, store: Store) -> None:
    rng = np.random.default_rng(setting.number)
    record = made_record(setting, rng)
    basis = record.lattice.T
    group = basis @ store.compiled(setting).rotations.astype(float) @ np.linalg.inv(basis)
    for degree in (2, 3):
        found = moments(record, store, degree)
        size = np.abs(moments(record, store, 0)).max()  # of odd degree all may vanish
        sign = (-1) ** degree
        np.testing.assert_allclose(found.swapaxes(0, 1), sign * found, atol=1e-12 * size)
        for operation in group[rng.integers(len(group), size=4)]:
            rotated = [rotate_tensor(one, operation) for one in found.reshape(-1, *(3,) * degree)]
            np.testing.assert_allclose(np.reshape(rotated, found.shape), found, atol=1e-9 * size)
        for what, other in rewritings(record, store, rng):
            rotation = np.linalg.lstsq(record.lattice, other.lattice, rcond=None)[0].T
            rotated = [rotate_tensor(one, rotation) for one in found.reshape(-1, *(3,) * degree)]
            expected = np.reshape(rotated, found.shape)
            others = moments(other, store, degree)
            if what == "permutation":
                others, expected = np.sort(others, axis=None), np.sort(expected, axis=None)
            np.testing.assert_allclose(others, expected, atol=1e-9 * size, err_msg=what)


@pytest.mark.parametrize("number", [1, 2, 5, 19, 43, 76, 122, 152, 167, 176, 186, 198, 216, 227])
def test_the_definition_with_stored_orbits(number: int, store: Store) -> None:
    """sum over orbits of w(|G_O|) Re or Im[conj F_I F_J] Q_O, F at the root of each orbit alone."""
    setting = Setting.standard(number)
    record = made_record(setting, np.random.default_rng(number))
    # A small cell: the stored ball holds all waves within the cutoff.
    record = dataclasses.replace(record, lattice=record.lattice * 2 / np.linalg.norm(record.lattice, axis=1).max())
    compiled = store.compiled(setting)
    dual = np.linalg.inv(record.lattice).T
    images = np.einsum("gij,nj->ngi", compiled.rotations.astype(float), record.coordinates)
    images += compiled.translations24 / 24
    starts = compiled.orbit_starts
    for degree in (2, 3):
        module = OrbitMoments(0.2, 1, degree)
        assert 2 * module.g_cutoff < 3  # indices up to 2: inside of the ball in every cell
        expected = np.zeros((len(record), len(record), *(3,) * degree))
        for orbit in range(compiled.n_orbits):
            vectors = compiled.waves[starts[orbit] : starts[orbit + 1]] @ dual
            length = np.linalg.norm(vectors[0])
            factors = record.multiplicities * np.exp(2j * np.pi * images @ compiled.roots[orbit]).mean(axis=1)
            products = factors.conj()[:, None] * factors[None]
            unit = vectors / length
            outer = unit.T @ unit if degree == 2 else np.einsum("ka,kb,kc->abc", unit, unit, unit)
            weight = np.exp(-0.5 * ((length - 0.2) / 0.2) ** 2) * (length <= module.g_cutoff)
            part = products.real if degree == 2 else products.imag
            expected += weight * np.multiply.outer(part, outer) / record.volume**2
        found = module(record, compiled)[:, :, 0].numpy()
        size = float(OrbitMoments(0.2, 1, 0)(record, compiled).abs().max())  # of odd degree all may vanish
        np.testing.assert_allclose(found, expected, atol=1e-12 * size)


def test_the_choice_of_cell_does_not_matter(store: Store) -> None:
    for number in (5, 62, 160, 216, 225):
        record = made_record(Setting.standard(number), np.random.default_rng(number), n_sites=1)
        whole = in_p1(record, change=np.diag([2, 1, 1]))
        expected = moments(record, store, 2).sum(axis=(0, 1))
        found = moments(whole, store, 2).sum(axis=(0, 1))
        np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())


def test_gradients(store: Store) -> None:
    record = made_record(Setting.standard(152), np.random.default_rng(0), n_sites=2)
    compiled = store.compiled(record.setting)
    for degree in (1, 2):
        module = OrbitMoments(0.2, 1, degree)
        x = torch.from_numpy(record.coordinates).requires_grad_()
        cell = torch.from_numpy(record.lattice).requires_grad_()
        assert torch.autograd.gradcheck(
            lambda x, cell, m=module: m(record, compiled, x, cell), (x, cell), atol=1e-6
        )


def test_an_invalid_degree_raises() -> None:
    with pytest.raises(ValueError, match="0 to 4, not 5"):
        OrbitMoments(0.3, 2, 5)


def test_handedness_changes_the_sign_of_odd_moments(store: Store) -> None:
    record = made_record(Setting.standard(152), np.random.default_rng(0), n_sites=3)
    other = dataclasses.replace(record, lattice=-record.lattice)
    assert np.abs(moments(record, store, 3)).max() > 1e-9
    np.testing.assert_allclose(moments(other, store, 3), -moments(record, store, 3), atol=1e-15)

"""Spin groups and altermagnets found by other people's programs, where these are installed."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from basis_compiler import spin_symmetry
from tests.support.crystals.collinear_magnets import MADE_UP, MAGNETS, Magnet, built

pytestmark = pytest.mark.oracle

_ALL = (*MAGNETS, *MADE_UP)


@pytest.mark.parametrize("magnet", _ALL, ids=lambda one: one.name)
def test_operations_equal_those_of_spinspg(magnet: Magnet) -> None:
    spinspg = pytest.importorskip("spinspg", reason="pip install spinspg")
    crystal, moments = built(magnet)
    found = spin_symmetry(crystal, moments)
    vectors = np.outer(moments, [0.0, 0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, rotations, _, spin_rotations = spinspg.get_spin_symmetry(
            crystal.lattice, crystal.coordinates, crystal.numbers, vectors
        )
    own, axes = found.standard.lattice.T, crystal.lattice.T
    ours = {
        (*(np.round(own @ rotation @ np.linalg.inv(own), 4) + 0.0).ravel().tolist(), int(sign))
        for rotation, sign in zip(found.pattern.rotations, found.pattern.signs, strict=True)
    }
    theirs = {
        (*(np.round(axes @ rotation @ np.linalg.inv(axes), 4) + 0.0).ravel().tolist(), round(spin[2, 2]))
        for rotation, spin in zip(rotations, spin_rotations, strict=True)
    }
    assert ours == theirs


@pytest.mark.parametrize("magnet", _ALL, ids=lambda one: one.name)
def test_altermagnets_equal_those_of_amcheck(magnet: Magnet) -> None:
    amcheck = pytest.importorskip("amcheck", reason="pip install amcheck")
    import spglib

    if magnet.kind in ("ferromagnet", "ferrimagnet"):
        pytest.skip("amcheck takes compensated magnets only")
    crystal, moments = built(magnet)
    symmetry = spglib.get_symmetry((crystal.lattice, crystal.coordinates, crystal.numbers), symprec=1e-3)
    dataset = spglib.get_symmetry_dataset((crystal.lattice, crystal.coordinates, crystal.numbers), symprec=1e-3)
    letters = ["u" if one > 0 else "d" if one < 0 else "n" for one in moments]
    is_altermagnet = amcheck.is_altermagnet(
        list(zip(symmetry["rotations"], symmetry["translations"], strict=True)),
        crystal.coordinates,
        dataset.equivalent_atoms,
        crystal.numbers,
        letters,
        1e-3,
        silent=True,
    )
    assert is_altermagnet == (magnet.kind == "altermagnet")

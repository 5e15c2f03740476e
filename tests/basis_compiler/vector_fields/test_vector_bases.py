"""Bases of vector fields of every group, against averages of random fields over operations and known counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from basis_compiler import compile_vector_basis, operations, site_moments
from basis_compiler.vector_fields.vector_certificate import prove_vector_basis, vector_dimensions
from basis_store import (
    CertificateError,
    CharacterError,
    CutoffError,
    Representation,
    SettingError,
    VectorBasis,
    ball_norm,
    magnetic_groups,
    representations,
    standard_settings,
    waves_within,
)
from basis_store.array_types import FloatArray
from runtime import vector_functions

MAGNETIC = [Representation.of(group, "odd") for group in magnetic_groups() if group.type != 2]


def _values(basis: VectorBasis, points: FloatArray) -> FloatArray:
    return np.asarray(vector_functions(basis, torch.from_numpy(points)))


def _averages(named: Representation, axial: bool, radius: float, points: FloatArray) -> FloatArray:
    """(2, n, 3) two random fields on the ball and k = 0, averaged over all operations, at ``points`` (n, 3)."""
    group, generator = operations(named), np.random.default_rng(0)
    waves = waves_within(named.setting.lattice_family, ball_norm(radius)).astype(np.int64)
    waves = np.concatenate([np.zeros((1, 3), np.int64), waves])
    cosines, sines = generator.normal(size=(2, len(waves), 6))
    images = np.einsum("gij,nj->gni", group.rotations, points) + group.translations24[:, None] / 24
    angles = 2 * np.pi * images @ waves.T
    fields = (np.cos(angles) @ cosines + np.sin(angles) @ sines).reshape(len(group), len(points), 2, 3)
    signs = np.where(group.characters24 == 12, -1.0, 1.0)
    if axial:
        signs *= np.linalg.det(group.rotations)
    inverses = np.linalg.inv(group.rotations) * signs[:, None, None]
    return np.asarray(np.einsum("gij,gnfj->fni", inverses, fields) / len(group))


def _assert_complete(named: Representation, axial: bool, radius: float) -> None:
    basis = compile_vector_basis(named, axial=axial, radius=radius)
    points = np.random.default_rng(1).random((30, 3))
    rows = _values(basis, points).transpose(0, 2, 1).reshape(90, len(basis))
    assert np.linalg.matrix_rank(rows) == len(basis), named
    for average in _averages(named, axial, radius, points):
        solved = np.linalg.lstsq(rows, average.ravel(), rcond=None)[0]
        assert np.abs(rows @ solved - average.ravel()).max() < 1e-10, named


def test_averages_of_random_magnetisations_are_combinations_of_the_basis_in_all_groups() -> None:
    for named in MAGNETIC:
        _assert_complete(named, axial=True, radius=1)


@pytest.mark.parametrize("axial", [True, False])
def test_polar_and_axial_fields_of_space_groups_and_their_real_characters(axial: bool) -> None:
    for setting in standard_settings():
        for named in [one for one in representations(setting) if one.is_real][::3]:
            _assert_complete(named, axial=axial, radius=1)


@pytest.mark.parametrize("name", ["62.446:odd", "63.463:odd", "7.27:odd", "76.7:odd", "198.9:odd", "167.108:odd"])
def test_functions_have_the_symmetry_at_every_point_and_do_so_further_out(name: str) -> None:
    named = Representation.parse(name)
    basis, group = compile_vector_basis(named, axial=True, radius=4), operations(named)
    x = np.random.default_rng(2).random((5, 3))
    for rotation, shift, c in zip(group.rotations, group.translations24, group.characters24, strict=True):
        sign = np.linalg.det(rotation) * (-1 if c else 1)
        moved = _values(basis, x @ rotation.T + shift / 24)
        assert np.abs(moved - sign * _values(basis, x) @ rotation.T).max() < 1e-9 * np.abs(moved).max()


def test_275_groups_allow_ferromagnetism() -> None:
    """The number of Opechowski and Guccione: those with a constant magnetisation."""
    constants = [vector_dimensions(named, axial=True, norm_limit=0)[0] for named in MAGNETIC]
    assert sum(one > 0 for one in constants) == 275
    assert [one for one in constants if one == 3]  # P1 and P-1, and none of higher symmetry
    assert {str(named) for named, one in zip(MAGNETIC, constants, strict=True) if one == 3} == {
        "1.1:even",
        "2.4:even",
    }


def test_constant_polar_fields_are_those_of_the_ten_polar_classes() -> None:
    polar = {"1", "2", "m", "mm2", "4", "4mm", "3", "3m", "6", "6mm"}
    for setting in standard_settings():
        found = vector_dimensions(setting, axial=False, norm_limit=0)[0]
        assert (found > 0) == (setting.point_group in polar), setting
        assert found == {"1": 3, "m": 2}.get(setting.point_group, int(found > 0))


def test_fields_at_a_site_are_the_moments_that_it_allows() -> None:
    """Another way to the same vectors; radius 4 tells the sites of these groups apart."""
    for name in ("62.446", "63.463", "136.499", "166.101", "7.27", "224.115"):
        basis = compile_vector_basis(f"{name}:odd", axial=True, radius=4)
        for site in site_moments(name):
            free = np.random.default_rng(3).random(len(site.directions)) @ site.directions
            (values,) = _values(basis, (site.point24 / 24 + free)[None])
            stacked = np.concatenate([values, site.moments])
            ranks = [np.linalg.matrix_rank(one, tol=1e-6) for one in (values, site.moments, stacked)]
            assert ranks == [len(site.moments)] * 3, (name, site.letter)


def _changed(basis: VectorBasis, term: int, by: int) -> VectorBasis:
    coefficients = basis.coefficients.copy()
    coefficients[term] *= by
    return replace(basis, coefficients=coefficients)


def _without(basis: VectorBasis, function: int) -> VectorBasis:
    kept, rest = basis.functions != function, np.arange(len(basis)) != function
    functions = basis.functions[kept]
    return replace(
        basis,
        roots=basis.roots[rest],
        norms=basis.norms[rest],
        functions=functions - (functions > function),
        waves=basis.waves[kept],
        coefficients=basis.coefficients[kept],
    )


def test_wrong_bases_fail_their_proof() -> None:
    basis = compile_vector_basis("62.446:odd", axial=True, radius=2)
    last = len(basis) - 1
    broken = {
        "not real": _changed(basis, 5, -1),
        "lacks the symmetry": replace(basis, axial=False),
        "their space has": _without(basis, last),
        "lists a wave twice": replace(basis, waves=np.zeros_like(basis.waves)),
        "norms are not": replace(basis, norms=basis.norms + 1),
    }
    pair = np.flatnonzero((basis.roots[1:] == basis.roots[:-1]).all(axis=1))[0]
    same = basis.coefficients.copy()
    same[basis.functions == pair + 1] = 2 * same[basis.functions == pair]
    broken["not independent"] = replace(basis, coefficients=same)
    for message, wrong in broken.items():
        with pytest.raises(CertificateError, match=message):
            prove_vector_basis(wrong)
    with pytest.raises(CertificateError):
        prove_vector_basis(replace(basis, representation=Representation.parse("62.447:odd")))


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(SettingError, match="no odd functions: it is grey"):
        compile_vector_basis("62.442:odd", axial=True)
    with pytest.raises(CharacterError, match="complex character"):
        compile_vector_basis("75:1E", axial=False)
    with pytest.raises(CutoffError, match="up to radius 20"):
        compile_vector_basis("1", axial=False, radius=21)
    with pytest.raises(CutoffError):
        compile_vector_basis("1", axial=False, radius=float("nan"))

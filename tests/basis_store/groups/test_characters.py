"""Characters of the 32 point groups (T9): exact, complete, and with the symbols of the published tables."""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import operations
from basis_store import CertificateError, Operations, Setting, all_settings, check_group, representations
from basis_store.groups.character_symbols import CHARACTER_SYMBOLS
from basis_store.groups.characters import homomorphisms, named_characters
from basis_store.groups.operations import TURN
from tests.basis_store.groups.character_tables import GENERATORS, TABLES

CLASSES = sorted(CHARACTER_SYMBOLS)


def characters(setting: Setting) -> dict[str, np.ndarray]:
    return named_characters(_identity_first(operations(setting).point_group).astype(np.int8).tobytes())


def _identity_first(rotations: np.ndarray) -> np.ndarray:
    one = (rotations == np.eye(3)).all(axis=(1, 2))
    return np.concatenate([rotations[one], rotations[~one]])


def test_every_setting_has_the_characters_of_its_class() -> None:
    """In all 530 settings: their symbols, as many as the group has elements modulo commutators."""
    for setting in all_settings():
        rotations = _identity_first(operations(setting).point_group)
        found = characters(setting)
        assert tuple(found) == CHARACTER_SYMBOLS[setting.point_group], setting
        assert len(found) * len(commutator_group(rotations)) == len(rotations)
        assert not next(iter(found.values())).any()


def commutator_group(rotations: np.ndarray) -> set[bytes]:
    """[G, G] by brute force: products of commutators until nothing new is found."""
    inverses = np.rint(np.linalg.inv(rotations)).astype(int)
    commutators = np.einsum("aij,bjk,akl,blm->abim", rotations, rotations, inverses, inverses).reshape(-1, 3, 3)
    group = np.unique(commutators, axis=0)
    while True:
        larger = np.unique(np.einsum("aij,bjk->abik", group, group).reshape(-1, 3, 3), axis=0)
        if len(larger) == len(group):
            return {one.tobytes() for one in group}
        group = larger


@pytest.mark.parametrize("symbol", CLASSES)
def test_characters_are_orthogonal_homomorphisms(symbol: str) -> None:
    rotations = _identity_first(operations(Setting.of_point_group(symbol)).point_group)
    values = np.array(list(characters(Setting.of_point_group(symbol)).values()))
    numbers = {one.tobytes(): i for i, one in enumerate(rotations)}
    for a, one in enumerate(rotations):
        for b, other in enumerate(rotations):
            assert not ((values[:, a] + values[:, b] - values[:, numbers[(one @ other).tobytes()]]) % TURN).any()
    chi = np.exp(2j * np.pi * values / TURN)
    assert np.allclose(chi @ chi.conj().T, len(rotations) * np.eye(len(chi)))
    assert not (values % 2).any(), "halving a phase stays exact (D1)"


@pytest.mark.parametrize("symbol", CLASSES)
def test_symbols_are_those_of_published_tables(symbol: str) -> None:
    """Values on named elements, typed from the tables: see :mod:`tests.basis_store.groups.character_tables`."""
    setting = Setting.of_point_group(symbol)
    rotations = _identity_first(operations(setting).point_group)
    found = characters(setting)
    assert list(found) == list(TABLES[symbol])
    for name, expected in TABLES[symbol].items():
        for matrix, value in zip(GENERATORS[symbol], expected, strict=True):
            row = (rotations == np.array(matrix)).all(axis=(1, 2)).argmax()
            assert (rotations[row] == matrix).all()
            assert np.isclose(np.exp(2j * np.pi * found[name][row] / TURN), value), (symbol, name, matrix)


def test_polar_vectors_have_the_symbols_of_the_tables() -> None:
    """z of tetragonal and hexagonal groups, in every setting: A, A2, A2u, B of -4, B2 of -42m, A'' of -6 ..."""
    expected = {
        "4": "A", "-4": "B", "4/m": "Au", "422": "A2", "4mm": "A1", "-42m": "B2", "4/mmm": "A2u", "6": "A",
        "-6": "A''", "6/m": "Au", "622": "A2", "6mm": "A1", "-6m2": "A2''", "6/mmm": "A2u",
    }  # fmt: skip
    for setting in all_settings():
        if setting.point_group in expected:
            values = characters(setting)[expected[setting.point_group]]
            rotations = _identity_first(operations(setting).point_group)
            assert np.array_equal(np.where(values == 0, 1, -1), rotations[:, 2, 2]), setting


def test_in_mm2_settings_each_axis_has_its_names() -> None:
    """In P2mm and Pm2m, A1 holds the polar axis; B1 and B2 hold the other two, B1 the next one in the cycle."""
    for setting in all_settings():
        if setting.point_group != "mm2":
            continue
        rotations = _identity_first(operations(setting).point_group)
        axis = int(np.flatnonzero((np.diagonal(rotations, axis1=1, axis2=2) == 1).all(axis=0))[0])
        found = characters(setting)
        for name, direction in (("A1", axis), ("B1", (axis + 1) % 3), ("B2", (axis + 2) % 3)):
            signs = np.where(found[name] == 0, 1, -1)
            assert np.array_equal(signs, rotations[:, direction, direction]), (setting, name)


def test_what_is_no_character_is_refused() -> None:
    group = operations(Setting.standard(96))
    for one in representations(group.setting):
        check_group(one.operations(group))
    wrong = one.operations(group).characters24.copy()
    wrong[1] += 12
    with pytest.raises(CertificateError, match="not a homomorphism"):
        check_group(Operations(group.setting, group.rotations, group.translations24, wrong % TURN))
    with pytest.raises(CertificateError, match="form no group"):
        homomorphisms(group.point_group[:-1])

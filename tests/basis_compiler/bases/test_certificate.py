"""The proof must hold for every setting, and fail for every kind of wrong basis."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import (
    compile_recipe,
    compile_tensors,
    dimensions,
    operations,
    prove,
    prove_store,
)
from basis_compiler.bases import certificate, compiler
from basis_compiler.bases.certificate import prove_extent
from basis_compiler.bases.wave_listing import OrbitListing
from basis_store import (
    CertificateError,
    CompiledSetting,
    Operations,
    Recipe,
    Setting,
    StoreReader,
    open_store,
    wave_norm,
    write_store,
)
from basis_store.groups.group import LatticeFamily
from tests.support.compiled import changed, write_compiled

Damage = Callable[[CompiledSetting], CompiledSetting]


def test_every_setting_is_proved(setting: Setting, reader: StoreReader) -> None:
    compiled = reader.read(setting)
    prove(compiled)
    prove_extent(compiled, reader.recipe)


def test_dimensions_by_complex_characters(setting: Setting, reader: StoreReader) -> None:
    """T3 in floating point, on all waves of the setting at once."""
    compiled = reader.read(setting)
    group = operations(setting)
    waves = np.concatenate([compiled.waves, compiled.absent_waves]).astype(int)
    total = 0.0j
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        fixed = waves[(waves @ rotation == waves).all(axis=1)]
        total += np.exp(2j * np.pi * (fixed @ translation % 24) / 24).sum()
    assert abs(total / len(group) - compiled.n_orbits) < 1e-9
    assert sum(dimensions(group, waves).values()) == compiled.n_orbits


def phase_of_wave(row: int, by: int) -> Damage:
    def damage(compiled: CompiledSetting) -> CompiledSetting:
        phases = compiled.phases24.copy()
        phases[row] = (phases[row] + by) % 24
        return changed(compiled, phases24=phases)

    return damage


def swap_waves(one: int, other: int) -> Damage:
    def damage(compiled: CompiledSetting) -> CompiledSetting:
        waves = compiled.waves.copy()
        waves[[one, other]] = waves[[other, one]]
        return changed(compiled, waves=waves)

    return damage


def listed_twice(one: int, other: int) -> Damage:
    """One wave replaced by another: the number of waves is right."""

    def damage(compiled: CompiledSetting) -> CompiledSetting:
        waves = compiled.waves.copy()
        waves[other] = waves[one]
        return changed(compiled, waves=waves)

    return damage


def negative_size(compiled: CompiledSetting) -> CompiledSetting:
    """The sum is still right."""
    sizes = compiled.orbit_sizes.copy()
    sizes[:2] = -1, sizes[:2].sum() + 1
    return changed(compiled, orbit_sizes=sizes)


def drop_last_orbit(compiled: CompiledSetting) -> CompiledSetting:
    size = int(compiled.orbit_sizes[-1])
    return changed(
        compiled, orbit_sizes=compiled.orbit_sizes[:-1], parts=compiled.parts[:-1],
        real_phases24=compiled.real_phases24[:-1],
        waves=compiled.waves[:-size], phases24=compiled.phases24[:-size],
    )  # fmt: skip


def orbit_listed_as_absent(compiled: CompiledSetting) -> CompiledSetting:
    """The last orbit moved to the absences, with an arbitrary operation."""
    size = int(compiled.orbit_sizes[-1])
    less = drop_last_orbit(compiled)
    return changed(
        less, absent_waves=np.concatenate([compiled.absent_waves, compiled.waves[-size:]]),
        absence_sizes=np.append(compiled.absence_sizes, np.int16(size)),
        witnesses=np.append(compiled.witnesses, np.int16(1)),
    )  # fmt: skip


def absence_listed_as_orbit(compiled: CompiledSetting) -> CompiledSetting:
    """The first absent orbit, put at the end of the orbits with phases 0."""
    size = int(compiled.absence_sizes[0])
    return changed(
        compiled, absent_waves=compiled.absent_waves[size:], absence_sizes=compiled.absence_sizes[1:],
        witnesses=compiled.witnesses[1:], waves=np.concatenate([compiled.waves, compiled.absent_waves[:size]]),
        phases24=np.append(compiled.phases24, np.zeros(size, np.int8)),
        orbit_sizes=np.append(compiled.orbit_sizes, np.int16(size)), parts=np.append(compiled.parts, np.int8(0)),
        real_phases24=np.append(compiled.real_phases24, np.int8(0)),
    )  # fmt: skip


def merged_orbits(compiled: CompiledSetting) -> CompiledSetting:
    """Orbits 0 and 1 called one orbit."""
    sizes = compiled.orbit_sizes[1:].copy()
    sizes[0] += compiled.orbit_sizes[0]
    return changed(compiled, orbit_sizes=sizes, parts=compiled.parts[1:], real_phases24=compiled.real_phases24[1:])


def column(name: str, row: int, value: int) -> Damage:
    def damage(compiled: CompiledSetting) -> CompiledSetting:
        array = getattr(compiled, name).copy()
        array[row] = value
        return changed(compiled, **{name: array})

    return damage


def swap_terms(one: int, other: int) -> Damage:
    """Two waves exchanged together with their phases: the same functions, in another order."""

    def damage(compiled: CompiledSetting) -> CompiledSetting:
        waves, phases = compiled.waves.copy(), compiled.phases24.copy()
        waves[[one, other]], phases[[one, other]] = waves[[other, one]], phases[[other, one]]
        return changed(compiled, waves=waves, phases24=phases)

    return damage


def rotated_pair(compiled: CompiledSetting) -> CompiledSetting:
    """psi_O and psi_-O of the first pair multiplied by opposite phases: still invariant, still conjugate."""
    phases = compiled.phases24.copy()
    phases[0], phases[1] = 2, 22
    return changed(compiled, phases24=phases)


def opposite_real_phases(compiled: CompiledSetting) -> CompiledSetting:
    real = compiled.real_phases24.copy()
    real[0], real[1] = 3, -3
    return changed(compiled, real_phases24=real)


def reversed_absences(compiled: CompiledSetting) -> CompiledSetting:
    starts = compiled.absence_starts
    rows = [np.arange(a, b) for a, b in itertools.pairwise(starts.tolist())][::-1]
    return changed(
        compiled, absent_waves=compiled.absent_waves[np.concatenate(rows)],
        absence_sizes=compiled.absence_sizes[::-1], witnesses=compiled.witnesses[::-1],
    )  # fmt: skip


def later_operation(compiled: CompiledSetting) -> CompiledSetting:
    """Another operation that proves the first absence just as well."""
    wave = compiled.absent_waves[0].astype(int)
    fixed = (wave @ compiled.rotations == wave).all(axis=1)
    serving = np.flatnonzero(fixed & (compiled.translations24.astype(int) @ wave % 24 != 0))
    return column("witnesses", 0, int(serving[-1]))(compiled)


@pytest.mark.parametrize(
    ("number", "damage", "statement"),
    [
        (227, column("translations24", 3, 5), "the stored operations are not those of the space-group tables"),
        (227, column("rotations", 3, 0), "the stored operations are not those of the space-group tables"),
        (230, drop_last_orbit, "the waves are not the complete shells"),
        (227, lambda c: changed(c, norm_limit=c.norm_limit + 1000), "the waves are not the complete shells"),
        (1, column("waves", 0, 0), "the waves are not the complete shells"),
        (1, listed_twice(5, 17), "the waves are not the complete shells"),
        (230, listed_twice(17, 5), "the waves are not the complete shells"),
        (230, column("orbit_sizes", 0, 0), "the sizes of the orbits do not fit the waves"),
        (230, column("absence_sizes", -1, 1), "the sizes of the orbits do not fit the waves"),
        (230, negative_size, "the sizes of the orbits do not fit the waves"),
        (230, phase_of_wave(3, 1), "a coefficient is not constant along an operation"),
        (230, phase_of_wave(0, 12), "a coefficient is not constant along an operation"),
        (230, absence_listed_as_orbit, "a coefficient is not constant along an operation"),
        (230, swap_waves(0, 200), "an operation maps a wave out of its orbit"),
        (230, merged_orbits, "a listed orbit is not one orbit"),
        (1, phase_of_wave(0, 2), "a real form is not real"),
        (212, column("real_phases24", 0, 1), "a real form is not real"),
        (1, column("parts", 1, 1), "the parts do not say which orbit is -O"),
        (1, orbit_listed_as_absent, "the parts do not say which orbit is -O"),
        (221, column("real_phases24", 0, -12), "the sign rule of a real form is broken"),
        (1, opposite_real_phases, "the sign rule of a real form is broken"),
        (230, orbit_listed_as_absent, "an orbit listed as absent is not absent"),
        (230, column("witnesses", 0, 0), "a stored operation is not the first that forbids its orbit"),
        (230, column("witnesses", 0, 200), "a stored operation is not the first that forbids its orbit"),
        (227, later_operation, "a stored operation is not the first that forbids its orbit"),
        (230, lambda c: changed(c, phases24=c.phases24 + np.int8(24)), "a phase does not lie in 0 to 23"),
        (1, rotated_pair, "a root has a phase other than 0"),
        (230, swap_terms(1, 2), "the waves of an orbit are out of order"),
        (221, swap_waves(0, 1), "the waves of an orbit are out of order"),
        (221, lambda c: changed(c, waves=-c.waves), "the waves of an orbit are out of order"),
        (1, swap_waves(0, 1), "the orbits are out of order"),
        (230, reversed_absences, "the orbits are out of order"),
    ],
)
def test_a_wrong_basis_fails_its_proof(number: int, damage: Damage, statement: str, reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(number))
    with pytest.raises(CertificateError, match=rf"^{number}.* fails its proof: ({statement})"):
        prove(damage(compiled))


def test_waves_of_a_second_orbit_are_mirrored(reader: StoreReader) -> None:
    """P4_1 has pairs of orbits with four waves; two waves of a second one exchanged."""
    compiled = reader.read(Setting.standard(76))
    second = next(i for i in range(compiled.n_orbits) if compiled.parts[i] == -1 and compiled.orbit_sizes[i] == 4)
    start = int(compiled.orbit_starts[second])
    with pytest.raises(CertificateError, match="the waves of an orbit are out of order"):
        prove(swap_terms(start + 1, start + 2)(compiled))


def test_completeness_alone_detects_a_missing_function(reader: StoreReader) -> None:
    """T3 without the checks that come before it."""
    compiled = reader.read(Setting.standard(230))
    group = operations(compiled.setting)
    certificate._prove_completeness(compiled, group, OrbitListing(compiled))
    less = orbit_listed_as_absent(compiled)
    with pytest.raises(CertificateError, match=r"lists 65 functions, their space has 66 dimensions \(T3\)"):
        certificate._prove_completeness(less, group, OrbitListing(less))


def test_characters_of_a_set_that_is_not_a_group_are_not_whole(reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(230))
    group = operations(compiled.setting)
    less = Operations(group.setting, group.rotations[:-1], group.translations24[:-1])
    with pytest.raises(CertificateError, match="not a whole number"):
        dimensions(less, compiled.waves)


@pytest.mark.parametrize(
    ("number", "matrix"),
    [
        (1, np.diag([2, 1, 1])),  # beyond the table
        (1, np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]])),  # some into the table's holes
        (143, np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])),
    ],
)
def test_images_that_are_not_listed_are_detected(number: int, matrix: np.ndarray, reader: StoreReader) -> None:
    listing = OrbitListing(reader.read(Setting.standard(number)))
    opposite = listing.images(-np.eye(3, dtype=int))
    assert np.array_equal(listing.columns[:, opposite], -listing.columns)
    with pytest.raises(CertificateError, match="leads out of the listed waves"):
        listing.images(matrix)


def test_a_list_of_waves_with_a_hole_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The enumeration of waves is not trusted: here it forgets a shell."""
    real = compiler.waves_within

    def forgetful(family: LatticeFamily, limit: int, dimension: int) -> np.ndarray:
        waves = real(family, limit, dimension)
        return waves[wave_norm(waves, family) != 36]

    monkeypatch.setattr(compiler, "waves_within", forgetful)
    with pytest.raises(CertificateError, match="not the complete shells"):
        compile_recipe(Recipe(settings=(1,)))


def test_a_store_must_match_its_recipe(tmp_path: Path) -> None:
    path = tmp_path / "store.h5"
    small, stated = Recipe(radius=2, min_functions=5, settings=(530,)), Recipe(settings=(530,))
    write_store(path, compile_recipe(small), stated, tensors=compile_tensors(stated.setting_list))
    with pytest.raises(CertificateError, match="does not extend as far as the recipe asks"):
        prove_store(open_store(path))
    write_compiled(path, stated)
    store = open_store(path)
    prove_store(store)
    store.shared_waves["orthogonal"] = store.shared_waves["orthogonal"][:-1]
    with pytest.raises(CertificateError, match="not the complete shells"):
        prove_store(store)


def test_orbits_out_of_order_are_refused(reader: StoreReader) -> None:
    """Two orbits of one shell exchanged: still a basis, but not the documented order."""
    compiled = reader.read(Setting.standard(221))
    norms, starts = compiled.norms, compiled.orbit_starts
    first = next(i for i in range(len(norms)) if norms[i] == norms[i + 1])
    orbit = np.repeat(np.arange(compiled.n_orbits), compiled.orbit_sizes)
    orbits = np.arange(compiled.n_orbits)
    orbits[[first, first + 1]] = orbits[[first + 1, first]]
    rows = np.concatenate([np.flatnonzero(orbit == one) for one in orbits])
    swapped = changed(
        compiled, waves=compiled.waves[rows], phases24=compiled.phases24[rows],
        orbit_sizes=compiled.orbit_sizes[orbits], parts=compiled.parts[orbits],
        real_phases24=compiled.real_phases24[orbits],
    )  # fmt: skip
    assert starts[-1] == len(rows)
    with pytest.raises(CertificateError, match="out of order"):
        prove(swapped)


def test_extent_is_exactly_what_the_recipe_asks(reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(228))
    prove_extent(compiled, Recipe())
    for recipe in (Recipe(min_functions=compiled.n_orbits + 1), Recipe(radius=20), Recipe(min_functions=10)):
        with pytest.raises(CertificateError, match="does not extend as far"):
            prove_extent(compiled, recipe)


def test_a_setting_that_fails_stops_the_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    real = compiler.solve_phases

    def wrong(*arguments):  # type: ignore[no-untyped-def]
        found = real(*arguments)
        found.phases24[1] += 1
        return found

    monkeypatch.setattr(compiler, "solve_phases", wrong)
    with pytest.raises(CertificateError, match="230 Ia-3d"):
        compile_recipe(Recipe(settings=(530,)))

"""The proof must hold for every setting, and fail for every way of being wrong that we can think of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from basis_compiler import compile_recipe, dimensions, operations, prove
from basis_compiler.certificate import prove_extent
from basis_store import CertificateError, CompiledSetting, Recipe, Setting, StoreReader
from tests.compiled import changed

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


def drop_last_orbit(compiled: CompiledSetting) -> CompiledSetting:
    size = int(compiled.orbit_sizes[-1])
    return changed(
        compiled, orbit_sizes=compiled.orbit_sizes[:-1], parts=compiled.parts[:-1],
        real_phases24=compiled.real_phases24[:-1],
        waves=compiled.waves[:-size], phases24=compiled.phases24[:-size],
    )  # fmt: skip


def orbit_called_absent(compiled: CompiledSetting) -> CompiledSetting:
    """The last orbit moved to the absences, with a made-up witness."""
    size = int(compiled.orbit_sizes[-1])
    less = drop_last_orbit(compiled)
    return changed(
        less, absent_waves=np.concatenate([compiled.absent_waves, compiled.waves[-size:]]),
        absence_sizes=np.append(compiled.absence_sizes, np.int16(size)),
        witnesses=np.append(compiled.witnesses, np.int16(1)),
    )  # fmt: skip


def absence_called_orbit(compiled: CompiledSetting) -> CompiledSetting:
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


@pytest.mark.parametrize(
    ("number", "damage", "statement"),
    [
        (230, phase_of_wave(3, 1), "not constant along an operation"),
        (230, phase_of_wave(0, 12), "not constant along an operation"),
        (1, phase_of_wave(0, 2), "real form|phase other than 0"),
        (230, swap_waves(0, 200), "out of its orbit|not constant"),
        (230, swap_waves(0, 1), "not constant|not the first|phase other than 0"),
        (230, drop_last_orbit, "not the complete shells"),
        (230, orbit_called_absent, "witness does not prove"),
        (230, absence_called_orbit, "not constant along an operation"),
        (230, merged_orbits, "out of its orbit|not one orbit"),
        (212, column("real_phases24", 0, 1), "not real"),
        (221, column("real_phases24", 0, -12), "sign rule"),
        (1, column("parts", 1, 1), "which orbit is -O|is listed"),
        (230, column("witnesses", 0, 0), "witness does not prove"),
        (230, column("witnesses", 0, 200), "no operation"),
        (227, column("translations24", 3, 5), "not those of the space-group tables"),
        (227, lambda c: changed(c, norm_limit=c.norm_limit + 1000), "not the complete shells"),
        (221, lambda c: changed(c, waves=-c.waves), "out of order"),
        (221, swap_waves(0, 1), "not the first wave"),
    ],
)
def test_a_wrong_basis_fails_its_proof(number: int, damage: Damage, statement: str, reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(number))
    with pytest.raises(CertificateError, match=rf"{number}.*fails its proof: .*({statement})"):
        prove(damage(compiled))


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
    from basis_compiler import compiler

    real = compiler.find_orbits

    def wrong(*arguments):  # type: ignore[no-untyped-def]
        found = real(*arguments)
        found.phases24[1] += 1
        return found

    monkeypatch.setattr(compiler, "find_orbits", wrong)
    with pytest.raises(CertificateError, match="230 Ia-3d"):
        compile_recipe(Recipe(settings=(530,)))

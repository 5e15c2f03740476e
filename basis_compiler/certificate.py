"""The exact proof of a compiled setting, from the operations alone.

This module shares no code with the dual graph and the orbits that it checks. For one setting it proves

  1. the operations are those of spglib's table and form a group;
  2. balanced and absent waves together are every wave up to the norm limit, each once (closure);
  3. c_{kR} = c_k exp(2 pi i k.t) for *every* operation and every balanced wave, with coefficients constant in
     modulus: each listed function is invariant, and no function straddles two orbits;
  4. each pair (O, -O) consists of complex conjugates, and the phase of each real form makes it real;
  5. every absent orbit has a witness: kR = k with k.t not an integer (T1), and absent orbits are closed;
  6. in every shell the number of functions is (1/|G|) sum_g sum_{k: kR = k} exp(2 pi i k.t), the dimension of
     the invariant space (T3), in exact integers: nothing is missing;
  7. order and normal form: shells ascend, phases are 0 at roots, orbits are ordered as documented.

Functions with disjoint supports are orthogonal, so 3 and 6 together say: an orthonormal basis, complete.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from basis_compiler.operations import UNIT, IntArray, Operations, operations
from basis_compiler.waves import WaveIndex
from basis_store import CertificateError, CompiledSetting, Recipe, Setting, StoreReader
from basis_store.frames import ball, ball_norm, norm


def prove(compiled: CompiledSetting) -> None:
    """Prove one compiled setting, exactly.

    Raises:
        CertificateError: naming the setting and the first statement that fails.
    """
    setting = compiled.setting
    group = operations(setting)
    _require(
        np.array_equal(compiled.rotations, group.rotations)
        and np.array_equal(compiled.translations24, group.translations24),
        setting,
        "the stored operations are not those of the space-group tables",
    )
    _prove_waves(compiled)
    _prove_orbits(compiled, group)
    _prove_real_forms(compiled)
    _prove_witnesses(compiled, group)
    _prove_completeness(compiled, group)
    _prove_order(compiled)


def prove_store(store: StoreReader, *, progress: Callable[[int], None] | None = None) -> None:
    """Prove every setting of a store, and that it holds the settings, ball and counts its recipe asks for.

    Raises:
        CertificateError: naming the setting and the first statement that fails.
        StoreCorruptError: the store does not match its checksums.
    """
    if store.settings != store.recipe.setting_list:
        raise CertificateError(f"{store.path} does not hold the settings of its recipe")
    for frame, waves in store.shared_waves.items():
        if not np.array_equal(waves, ball(frame, ball_norm(store.recipe.radius))):
            raise CertificateError(f"the shared {frame} waves of {store.path} are not the ball of its recipe")
    for compiled in store:
        prove(compiled)
        prove_extent(compiled, store.recipe)
        if progress:
            progress(1)


def prove_extent(compiled: CompiledSetting, recipe: Recipe) -> None:
    """The ball is there, so is the minimum number of functions, and no shell beyond the ball is superfluous."""
    limit, ball_limit = compiled.norm_limit, ball_norm(recipe.radius)
    short = int((compiled.norms < limit).sum()) < recipe.min_functions
    _require(
        limit >= ball_limit and compiled.n_orbits >= recipe.min_functions and (limit == ball_limit or short),
        compiled.setting,
        "it does not extend as far as the recipe asks",
    )


def dimensions(group: Operations, waves: NDArray[np.integer]) -> dict[int, int]:
    """T3 shell by shell: norm -> dimension of the invariant functions on the ``waves`` of that norm.

    The waves must be complete shells. Exact: the sum of 24th roots of unity is reduced in Z[zeta_24].

    Raises:
        CertificateError: a sum is not an integer multiple of the group's order.
    """
    waves = np.asarray(waves, dtype=np.int64)
    norms, shell_of_wave = np.unique(norm(waves, group.setting.frame), return_inverse=True)
    # counts[s, p]: pairs (g, k) in shell s with kR = k and k.t = p/24 mod 1.
    counts = np.zeros((len(norms), UNIT), dtype=np.int64)
    for rotation, translations in _by_rotation(group):
        fixed = np.flatnonzero(((waves @ rotation == waves) @ _ONES) == 3)
        slots = shell_of_wave[fixed] * UNIT + translations @ waves[fixed].T % UNIT
        counts += np.bincount(slots.ravel(), minlength=counts.size).reshape(counts.shape)
    sums = counts @ _POWERS_OF_ZETA
    _require(
        not sums[:, 1:].any() and not (sums[:, 0] % len(group)).any(),
        group.setting,
        "the character sum of T3 is not a whole number",
    )
    return dict(zip(norms.tolist(), (sums[:, 0] // len(group)).tolist(), strict=True))


def _powers_of_zeta() -> IntArray:
    """(24, 8): zeta^p in the basis 1, zeta .. zeta^7 of Z[zeta_24], where zeta^8 = zeta^4 - 1."""
    powers = np.zeros((UNIT, 8), dtype=np.int64)
    powers[0, 0] = 1
    for p in range(1, UNIT):
        powers[p, 1:] = powers[p - 1, :-1]
        powers[p, 4] += powers[p - 1, 7]
        powers[p, 0] -= powers[p - 1, 7]
    return powers


_POWERS_OF_ZETA = _powers_of_zeta()
_ONES = np.ones(3, dtype=np.int8)  # a product with it counts equal indices, faster than all(axis=1)


def _prove_waves(compiled: CompiledSetting) -> None:
    listed = np.concatenate([compiled.waves, compiled.absent_waves])
    expected = ball(compiled.setting.frame, compiled.norm_limit)
    _require(
        len(listed) == len(expected) and (np.sort(_codes(listed)) == np.sort(_codes(expected))).all(),
        compiled.setting,
        f"the waves are not the complete shells up to norm {compiled.norm_limit}",
    )


def _by_rotation(group: Operations) -> list[tuple[IntArray, IntArray]]:
    """Each distinct rotation with the (n, 3) translations, in 24ths, of all operations that have it."""
    translations: dict[bytes, list[IntArray]] = {}
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        translations.setdefault(rotation.tobytes(), []).append(translation)
    return [
        (np.frombuffer(key, np.int64).reshape(3, 3), np.array(members)) for key, members in translations.items()
    ]


def _prove_orbits(compiled: CompiledSetting, group: Operations) -> None:
    """Listed orbits, balanced and absent, are orbits; the balanced ones carry invariant coefficients (D3)."""
    n_balanced = len(compiled.waves)
    index = WaveIndex(np.concatenate([compiled.waves, compiled.absent_waves]))
    sizes = np.concatenate([compiled.orbit_sizes, compiled.absence_sizes])
    orbits = np.repeat(np.arange(len(sizes)), sizes)
    firsts = np.cumsum(sizes) - sizes
    phases = compiled.phases24.astype(np.int64)
    reached = np.zeros(len(index), dtype=bool)
    for rotation, translations in _by_rotation(group):
        images = index.images(rotation)
        reached[images[firsts]] = True
        _require(
            np.array_equal(orbits[images], orbits),
            compiled.setting,
            "an operation carries a wave out of its orbit",
        )
        gains = translations @ index.waves[:n_balanced].T
        _require(
            not ((phases + gains - phases[images[:n_balanced]]) % UNIT).any(),
            compiled.setting,
            "a coefficient is not constant along an operation (D3)",
        )
    _require(bool(reached.all()), compiled.setting, "a listed orbit is not one orbit")


def _prove_real_forms(compiled: CompiledSetting) -> None:
    index = WaveIndex(compiled.waves)
    orbit_of_wave = np.repeat(np.arange(compiled.n_orbits), compiled.orbit_sizes)
    opposite = index.rows(-index.waves)
    _require(bool((opposite >= 0).all()), compiled.setting, "a wave k is listed without -k")
    partner = orbit_of_wave + compiled.parts[orbit_of_wave]
    _require(
        np.array_equal(orbit_of_wave[opposite], partner),
        compiled.setting,
        "the parts do not say which orbit is -O",
    )
    phases = compiled.phases24 + compiled.real_phases24[orbit_of_wave].astype(np.int64)
    _require(not ((phases + phases[opposite]) % UNIT).any(), compiled.setting, "a real form is not real (T2)")
    _require(
        bool((np.abs(compiled.real_phases24 + 0.5) < UNIT // 4).all()),
        compiled.setting,
        "the sign rule of a real form is broken",
    )


def _prove_witnesses(compiled: CompiledSetting, group: Operations) -> None:
    waves = compiled.absent_waves[compiled.absence_starts[:-1]].astype(np.int64)
    witnesses = compiled.witnesses
    _require(
        bool(((witnesses >= 0) & (witnesses < len(group))).all()), compiled.setting, "a witness is no operation"
    )
    rotations, translations = group.rotations[witnesses], group.translations24[witnesses]
    fixed = (np.einsum("ai,aij->aj", waves, rotations) == waves).all(axis=1)
    turns = (waves * translations).sum(axis=1) % UNIT
    _require(bool((fixed & (turns != 0)).all()), compiled.setting, "a witness does not prove its absence (T1)")


def _prove_completeness(compiled: CompiledSetting, group: Operations) -> None:
    expected = dimensions(group, np.concatenate([compiled.waves, compiled.absent_waves]))
    norms, counts = np.unique(compiled.norms, return_counts=True)
    found = dict.fromkeys(expected, 0) | dict(zip(norms.tolist(), counts.tolist(), strict=True))
    _require(
        found == expected,
        compiled.setting,
        f"it lists {sum(found.values())} functions, the invariant space has {sum(expected.values())} (T3)",
    )


def _prove_order(compiled: CompiledSetting) -> None:
    starts, roots, parts = compiled.orbit_starts[:-1], compiled.roots.astype(np.int64), compiled.parts
    _require(not compiled.phases24[starts].any(), compiled.setting, "a root has a phase other than 0")
    seconds = np.flatnonzero(parts == -1)
    _require(
        np.array_equal(roots[seconds], -roots[seconds - 1]),
        compiled.setting,
        "the root of -O is not minus the root of O",
    )
    heads = np.delete(roots, seconds, axis=0)
    keys = np.column_stack([np.delete(compiled.norms, seconds), -heads])
    ordered = [tuple(key) for key in keys.tolist()]
    _require(
        all(a < b for a, b in itertools.pairwise(ordered)),
        compiled.setting,
        "the orbits are out of order",
    )
    # The root is the greatest wave of O u -O: no wave of an orbit, nor its negative, comes before it.
    orbit_of_wave = np.repeat(np.arange(compiled.n_orbits), compiled.orbit_sizes)
    greatest = np.maximum(_codes(compiled.waves), _codes(-compiled.waves))
    limit = _codes(roots * np.where(parts == -1, -1, 1)[:, None])
    _require(
        bool((greatest <= limit[orbit_of_wave]).all()),
        compiled.setting,
        "a root is not the first wave of its orbit",
    )


def _codes(waves: NDArray[np.integer]) -> IntArray:
    """One integer per wave that sorts like the wave, lexicographically."""
    return np.asarray(waves.astype(np.int64) @ np.array([1 << 32, 1 << 16, 1]))


def _require(holds: bool, setting: Setting, statement: str) -> None:
    if not holds:
        raise CertificateError(f"{setting.label} (hall:{setting.hall_number}) fails its proof: {statement}")

"""The exact proof of a compiled setting, from the operations alone.

Nothing here calls the code that enumerates the waves, looks them up, builds the dual graph or finds the orbits
and origin shifts. For one setting it proves

  1. the operations are those of spglib's table and form a group;
  2. balanced and absent waves together are every wave up to the norm limit, each once (closure);
  3. c_{kR} = c_k exp(2 pi i k.t) for *every* operation and every balanced wave, with coefficients constant in
     modulus: each listed function is invariant, and no function straddles two orbits;
  4. each pair (O, -O) consists of complex conjugates, and the phase of each real form makes it real;
  5. every absent orbit has a witness: kR = k with k.t not an integer (T1), and absent orbits are closed;
  6. in every shell the number of functions is (1/|G|) sum_g sum_{k: kR = k} exp(2 pi i k.t), the dimension of
     the invariant space (T3), in exact integers: nothing is missing;
  7. order and normal form are those of the format: of orbits, of waves in an orbit, of phases, of absences and
     their witnesses; so equal bases have equal hashes;
  8. the origin shifts are allowed, have the stated orders, and generate every allowed shift in 24ths (T5).

Functions with disjoint supports are orthogonal, so 3 and 6 together say: an orthonormal basis, complete.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from basis_compiler.operations import UNIT, IntArray, Operations, operations
from basis_compiler.tensor_certificate import prove_tensors
from basis_store import CertificateError, CompiledSetting, Recipe, Setting, StoreReader
from basis_store.frames import ball_norm, norm
from basis_store.setting import Frame


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
    waves = np.concatenate([compiled.waves, compiled.absent_waves]).astype(np.int64)
    _prove_waves(setting, waves, compiled.norm_limit)
    _prove_orbits(compiled, group)
    _prove_real_forms(compiled)
    _prove_witnesses(compiled, group)
    _prove_completeness(compiled, group)
    _prove_order(compiled)
    _prove_origin_shifts(compiled, group)


def prove_store(store: StoreReader, *, progress: Callable[[int], None] | None = None) -> None:
    """Prove every setting of a store and its tensors, and that it holds what its recipe asks for.

    Raises:
        CertificateError: naming the setting and the first statement that fails.
        StoreCorruptError: the store does not match its checksums.
    """
    if store.settings != store.recipe.setting_list:
        raise CertificateError(f"{store.path} does not hold the settings of its recipe")
    for setting in store.settings:
        shared = store.shared_waves[setting.frame].astype(np.int64)
        _prove_waves(setting, shared, ball_norm(store.recipe.radius))
        _require(_in_order(shared, norm(shared, setting.frame)), setting, "the shared waves are out of order")
    for compiled in store:
        prove(compiled)
        prove_extent(compiled, store.recipe)
        if progress:
            progress(1)
    if store.has_tensors:
        prove_tensors(store)


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


def _prove_waves(setting: Setting, waves: IntArray, norm_limit: int) -> None:
    """The waves are all those with norm up to the limit but 0: distinct, within it, and as many as there are."""
    norms = norm(waves, setting.frame)
    _require(
        len(np.unique(_codes(waves))) == len(waves) == _number_of_waves(setting.frame, norm_limit)
        and bool(((norms > 0) & (norms <= norm_limit)).all()),
        setting,
        f"the waves are not the complete shells up to norm {norm_limit}",
    )


@functools.cache
def _number_of_waves(frame: Frame, norm_limit: int) -> int:
    """Counted line by line: for each (h, k), the l with 3 l^2 up to what is left; 0 0 0 is not counted."""
    reach = math.isqrt(norm_limit // 3)
    count = -1
    for h in range(-reach, reach + 1):
        for k in range(-reach, reach + 1):
            rest = norm_limit - (3 * (h * h + k * k) if frame == "orthogonal" else 4 * (h * h + h * k + k * k))
            count += 2 * math.isqrt(rest // 3) + 1 if rest >= 0 else 0
    return count


class _Lookup:
    """Rows of waves by binary search among their codes."""

    def __init__(self, setting: Setting, waves: IntArray) -> None:
        self.waves, self._setting = waves, setting
        codes = _codes(waves)
        self._order = np.argsort(codes)
        self._sorted = codes[self._order]

    def rows(self, waves: IntArray) -> IntArray:
        codes = _codes(waves)
        places = np.minimum(np.searchsorted(self._sorted, codes), max(len(self._sorted) - 1, 0))
        _require(
            not len(codes) or (len(self._sorted) > 0 and np.array_equal(self._sorted[places], codes)),
            self._setting,
            "an operation or k -> -k leads out of the listed waves",
        )
        return np.asarray(self._order[places]) if len(codes) else places


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
    index = _Lookup(compiled.setting, np.concatenate([compiled.waves, compiled.absent_waves]).astype(np.int64))
    sizes = np.concatenate([compiled.orbit_sizes, compiled.absence_sizes])
    orbits = np.repeat(np.arange(len(sizes)), sizes)
    firsts = np.cumsum(sizes) - sizes
    phases = compiled.phases24.astype(np.int64)
    reached = np.zeros(len(index.waves), dtype=bool)
    for rotation, translations in _by_rotation(group):
        images = index.rows(index.waves @ rotation)
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
    index = _Lookup(compiled.setting, compiled.waves.astype(np.int64))
    orbit_of_wave = np.repeat(np.arange(compiled.n_orbits), compiled.orbit_sizes)
    opposite = index.rows(-index.waves)
    partner = orbit_of_wave + compiled.parts[orbit_of_wave]
    _require(
        np.array_equal(orbit_of_wave[opposite], partner),
        compiled.setting,
        "the parts do not say which orbit is -O",
    )
    phases = compiled.phases24 + compiled.real_phases24[orbit_of_wave].astype(np.int64)
    _require(not ((phases + phases[opposite]) % UNIT).any(), compiled.setting, "a real form is not real (T2)")
    _require(
        bool((np.abs(compiled.real_phases24 + 0.5) < UNIT // 4).all())
        and not compiled.real_phases24[compiled.parts != 0].any(),
        compiled.setting,
        "the sign rule of a real form is broken",
    )


def _prove_witnesses(compiled: CompiledSetting, group: Operations) -> None:
    waves = compiled.absent_waves[compiled.absence_starts[:-1]].astype(np.int64)
    first = np.full(len(waves), -1)
    for number, (rotation, translation) in enumerate(zip(group.rotations, group.translations24, strict=True)):
        proves = ((waves @ rotation == waves) @ _ONES == 3) & (waves @ translation % UNIT != 0)
        first[proves & (first < 0)] = number
    _require(bool((first >= 0).all()), compiled.setting, "an orbit is called absent that is not (T1)")
    _require(
        np.array_equal(first, compiled.witnesses),
        compiled.setting,
        "a witness is not the first operation that proves its absence (T1)",
    )


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
    setting, phases = compiled.setting, compiled.phases24
    _require(bool(((phases >= 0) & (phases < UNIT)).all()), setting, "a phase does not lie in 0 to 23")
    _require(not phases[compiled.orbit_starts[:-1]].any(), setting, "a root has a phase other than 0")
    _prove_order_of_orbits(setting, compiled.waves, compiled.orbit_sizes, compiled.parts)
    # Absent orbits are in the same order; which of them are pairs is not stored.
    roots = compiled.absent_waves[compiled.absence_starts[:-1]].astype(np.int64)
    index = _Lookup(setting, compiled.absent_waves.astype(np.int64))
    orbit_of_wave = np.repeat(np.arange(len(roots)), compiled.absence_sizes)
    parts = orbit_of_wave[index.rows(-roots)] - np.arange(len(roots))
    _prove_order_of_orbits(setting, compiled.absent_waves, compiled.absence_sizes, parts)


def _prove_order_of_orbits(
    setting: Setting, waves: NDArray[np.integer], sizes: NDArray[np.integer], parts: NDArray[np.integer]
) -> None:
    """Orbits by the first wave of O u -O, O before -O; waves in store order in O, and mirrored in -O."""
    waves = waves.astype(np.int64)
    parts = np.asarray(parts, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    seconds = np.flatnonzero(parts == -1)
    _require(
        bool((np.abs(parts) <= 1).all())
        and np.array_equal(np.flatnonzero(parts == 1) + 1, seconds)
        and np.array_equal(sizes[seconds], sizes[seconds - 1]),
        setting,
        "-O does not follow O",
    )
    mirrored = np.repeat(parts == -1, sizes)
    rows = np.flatnonzero(mirrored)
    back = np.repeat(sizes[seconds], sizes[seconds])
    _require(
        np.array_equal(waves[rows], -waves[rows - back]),
        setting,
        "the waves of -O are not minus those of O, in order",
    )
    upright = np.where(mirrored[:, None], -waves, waves)
    codes, orbits = _codes(upright), np.repeat(np.arange(len(sizes)), sizes)
    inside = orbits[1:] == orbits[:-1]
    _require(bool((codes[1:] < codes[:-1])[inside].all()), setting, "the waves of an orbit are out of order")
    _require(
        bool((np.maximum(codes, _codes(-upright)) <= codes[starts][orbits]).all()),
        setting,
        "a root is not the first wave of its orbit",
    )
    heads = np.delete(waves[starts], seconds, axis=0)
    _require(_in_order(heads, norm(heads, setting.frame)), setting, "the orbits are out of order")


def _in_order(waves: IntArray, norms: IntArray) -> bool:
    """Whether waves ascend in norm and, for equal norms, descend lexicographically."""
    step, codes = np.diff(norms), _codes(waves)
    return bool(((step > 0) | ((step == 0) & (codes[1:] < codes[:-1]))).all())


def _prove_origin_shifts(compiled: CompiledSetting, group: Operations) -> None:
    """T5 on the grid of 24ths of the cell: the listed shifts generate exactly the allowed ones."""
    rotations, centrings = tuple(sorted({r.tobytes() for r in group.rotations})), group.centrings24
    allowed = _allowed_shifts(rotations, centrings.tobytes())
    shifts, directions = compiled.shifts24.astype(np.int64), compiled.shift_directions.astype(np.int64)
    fixed = all(np.array_equal(directions @ rotation.T, directions) for rotation in group.rotations)
    _require(fixed, compiled.setting, "a continuous origin shift is not along fixed directions (T5)")
    found = _generated([*directions, *centrings])
    for shift, order in zip(shifts, compiled.shift_orders, strict=True):
        multiples = [tuple(shift * n % UNIT) for n in range(1, int(order) + 1)]
        inside = [bool(found[multiple]) for multiple in multiples]
        exact = inside == [False] * (len(inside) - 1) + [True]
        _require(exact, compiled.setting, "an origin shift does not have the stated order (T5)")
        found = _generated([shift], found)
    _require(np.array_equal(found, allowed), compiled.setting, "the origin shifts are not the allowed ones (T5)")


@functools.cache
def _allowed_shifts(rotations: tuple[bytes, ...], centrings24: bytes) -> NDArray[np.bool_]:
    """(24, 24, 24): whether (R - 1) s lies in the translation lattice for all R, s in 24ths (T5)."""
    lattice = np.zeros((UNIT,) * 3, dtype=bool)
    lattice[0, 0, 0] = True
    lattice[tuple(np.frombuffer(centrings24, np.int64).reshape(-1, 3).T)] = True
    shifts = np.stack(np.meshgrid(*[np.arange(UNIT)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    for key in rotations:
        moved = shifts @ (np.frombuffer(key, np.int64).reshape(3, 3) - np.eye(3, dtype=np.int64)).T % UNIT
        shifts = shifts[lattice[tuple(moved.T)]]
    allowed = np.zeros((UNIT,) * 3, dtype=bool)
    allowed[tuple(shifts.T)] = True
    return allowed


def _generated(steps: Iterable[IntArray], start: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """(24, 24, 24): the subgroup of shifts in 24ths that ``start`` (default: 0 alone) and the steps generate."""
    found = np.zeros((UNIT,) * 3, dtype=bool)
    found[0, 0, 0] = True
    found = found if start is None else start.copy()
    for step in steps:
        while True:
            grown = found | np.roll(found, tuple(step.tolist()), axis=(0, 1, 2))
            if np.array_equal(grown, found):
                break
            found = grown
    return found


def _codes(waves: NDArray[np.integer]) -> IntArray:
    """One integer per wave that sorts like the wave, lexicographically."""
    return np.asarray(waves.astype(np.int64) @ np.array([1 << 32, 1 << 16, 1]))


def _require(holds: bool, setting: Setting, statement: str) -> None:
    if not holds:
        raise CertificateError(f"{setting.label} (hall:{setting.hall_number}) fails its proof: {statement}")

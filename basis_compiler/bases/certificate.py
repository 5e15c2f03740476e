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
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from basis_compiler.groups.spglib_database import TURN, Operations, operations
from basis_compiler.tensors.certificate import prove_tensors
from basis_store import CertificateError, CompiledSetting, Recipe, Setting, StoreReader
from basis_store.array_types import IntArray
from basis_store.groups.setting import LatticeFamily
from basis_store.groups.wave_shells import ball_norm, norm

_Integer = TypeVar("_Integer", bound=np.integer)


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
    listing = _Listing(compiled)
    _prove_orbits(compiled, group, listing)
    _prove_real_forms(compiled, listing)
    _prove_witnesses(compiled, group, listing)
    _prove_completeness(compiled, group, listing)
    _prove_order(compiled, listing)
    _prove_origin_shifts(compiled, group)


def prove_store(store: StoreReader, *, progress: Callable[[int], None] | None = None) -> None:
    """Prove every setting of a store and its tensors, and that it holds what its recipe asks for.

    Raises:
        CertificateError: naming the setting and the first statement that fails.
        StoreCorruptError: the store does not match its checksums.
    """
    if store.settings != store.recipe.setting_list:
        raise CertificateError(f"{store.path} does not hold the settings of its recipe")
    for setting in {setting.lattice_family: setting for setting in store.settings}.values():
        shared = _Waves(setting, store.shared_waves[setting.lattice_family], ball_norm(store.recipe.radius))
        _require(_in_order(shared.codes, shared.norms), setting, "the shared waves are out of order")
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
    columns = _columns(waves)
    return _dimensions(group, columns, norm(np.asarray(waves), group.setting.lattice_family))


def _dimensions(group: Operations, columns: IntArray, norms: IntArray) -> dict[int, int]:
    codes, residues = _product(columns, _CODE), (columns % TURN).astype(np.int16)
    # counts[s, p]: pairs (g, k) with norm(k) = s, kR = k and k.t = p/24 mod 1.
    counts = np.zeros((int(norms.max(initial=0)) + 1) * TURN, dtype=np.int64)
    for rotation, translations in _by_rotation(group):
        fixed = np.flatnonzero(_product(columns, rotation @ _CODE) == codes)
        slots, turning = norms[fixed] * TURN, residues[:, fixed]
        for translation in translations:
            counts += np.bincount(slots + _product(turning, translation) % TURN, minlength=counts.size)
    sums = counts.reshape(-1, TURN) @ _POWERS_OF_ZETA
    _require(
        not sums[:, 1:].any() and not (sums[:, 0] % len(group)).any(),
        group.setting,
        "the character sum of T3 is not a whole number",
    )
    return {shell: int(sums[shell, 0]) // len(group) for shell in np.flatnonzero(np.bincount(norms)).tolist()}


def _powers_of_zeta() -> IntArray:
    """(24, 8): zeta^p in the basis 1, zeta .. zeta^7 of Z[zeta_24], where zeta^8 = zeta^4 - 1."""
    powers = np.zeros((TURN, 8), dtype=np.int64)
    powers[0, 0] = 1
    for p in range(1, TURN):
        powers[p, 1:] = powers[p - 1, :-1]
        powers[p, 4] += powers[p - 1, 7]
        powers[p, 0] -= powers[p - 1, 7]
    return powers


_POWERS_OF_ZETA = _powers_of_zeta()
_IDENTITY = np.eye(3, dtype=np.int64)
_CODE = np.array([1 << 32, 1 << 16, 1])
"""k @ _CODE is an integer that sorts like k, lexicographically; distinct k and k R have distinct ones."""


@functools.cache
def _number_of_waves(family: LatticeFamily, norm_limit: int) -> int:
    """Counted line by line: for each (h, k), the l with 3 l^2 up to what is left; 0 0 0 is not counted."""
    reach = math.isqrt(norm_limit // 3)
    count = -1
    for h in range(-reach, reach + 1):
        for k in range(-reach, reach + 1):
            rest = norm_limit - (3 * (h * h + k * k) if family == "orthogonal" else 4 * (h * h + h * k + k * k))
            count += 2 * math.isqrt(rest // 3) + 1 if rest >= 0 else 0
    return count


class _Waves:
    """The waves of a setting: all those with norm up to a limit but 0, each once, with a table to find them in.

    Args:
        setting: whose lattice family it is.
        waves: (n, 3).
        norm_limit: of the shells.

    Raises:
        CertificateError: they are not those waves.
    """

    def __init__(self, setting: Setting, waves: NDArray[np.integer], norm_limit: int) -> None:
        self._setting = setting
        self.norms = norm(waves, setting.lattice_family)
        complete = len(waves) == _number_of_waves(setting.lattice_family, norm_limit) and bool(
            ((self.norms > 0) & (self.norms <= norm_limit)).all()
        )
        self._require_complete(complete, norm_limit)
        self.columns = _columns(waves)
        self.codes = _product(self.columns, _CODE)
        # No index is beyond this: norm >= 3 h^2, and the same for k and l, in both lattice families.
        reach = math.isqrt(norm_limit // 3)
        side = 2 * reach + 1
        self._weights = np.array([side * side, side, 1])
        self._middle = reach * int(self._weights.sum())
        own = np.arange(len(waves))
        self._table = np.zeros(side**3, dtype=np.int64)
        self._table[self._places(_IDENTITY)] = own
        self._require_complete(np.array_equal(self.images(_IDENTITY), own), norm_limit)

    def images(self, matrix: IntArray) -> IntArray:
        """(n,) the rows of k R for every wave k; all of them are in the list."""
        rows = self._table.take(self._places(matrix), mode="clip")
        _require(
            np.array_equal(self.codes[rows], _product(self.columns, matrix @ _CODE)),
            self._setting,
            "an operation or k -> -k leads out of the listed waves",
        )
        return rows

    def _places(self, matrix: IntArray) -> IntArray:
        return _product(self.columns, matrix @ self._weights) + self._middle

    def _require_complete(self, holds: bool, norm_limit: int) -> None:
        statement = f"the waves are not the complete shells up to norm {norm_limit}"
        _require(holds, self._setting, statement)


class _Listing(_Waves):
    """The waves of a compiled setting, balanced orbits before absent ones.

    Attributes:
        sizes, starts: (M + A,) of all orbits.
        orbits: (n,) number of the orbit of each wave.
    """

    def __init__(self, compiled: CompiledSetting) -> None:
        waves = np.concatenate([compiled.waves, compiled.absent_waves])
        super().__init__(compiled.setting, waves, compiled.norm_limit)
        self.sizes = np.concatenate([compiled.orbit_sizes, compiled.absence_sizes]).astype(np.int64)
        self.starts = np.cumsum(self.sizes) - self.sizes
        _require(
            bool((self.sizes > 0).all())
            and compiled.orbit_starts[-1] == len(compiled.waves)
            and compiled.absence_starts[-1] == len(compiled.absent_waves),
            compiled.setting,
            "the sizes of the orbits do not fit the waves",
        )
        self.orbits = np.repeat(np.arange(len(self.sizes)), self.sizes)


def _by_rotation(group: Operations) -> list[tuple[IntArray, IntArray]]:
    """Each distinct rotation with the (n, 3) translations, in 24ths, of all operations that have it."""
    translations: dict[bytes, list[IntArray]] = {}
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        translations.setdefault(rotation.tobytes(), []).append(translation)
    return [
        (np.frombuffer(key, np.int64).reshape(3, 3), np.array(members)) for key, members in translations.items()
    ]


def _prove_orbits(compiled: CompiledSetting, group: Operations, listing: _Listing) -> None:
    """Listed orbits, balanced and absent, are orbits; the balanced ones carry invariant coefficients (D3)."""
    balanced = slice(len(compiled.waves))
    phases = compiled.phases24.astype(np.int16)
    residues = (listing.columns[:, balanced] % TURN).astype(np.int16)
    reached = np.zeros(len(listing.codes), dtype=bool)
    for rotation, translations in _by_rotation(group):
        images = listing.images(rotation)
        reached[images[listing.starts]] = True
        _require(
            np.array_equal(listing.orbits[images], listing.orbits),
            compiled.setting,
            "an operation carries a wave out of its orbit",
        )
        steps = phases[images[balanced]] - phases
        for translation in translations:
            _require(
                not ((_product(residues, translation) - steps) % TURN).any(),
                compiled.setting,
                "a coefficient is not constant along an operation (D3)",
            )
    _require(bool(reached.all()), compiled.setting, "a listed orbit is not one orbit")


def _prove_real_forms(compiled: CompiledSetting, listing: _Listing) -> None:
    balanced = slice(len(compiled.waves))
    opposite = listing.images(-_IDENTITY)[balanced]
    orbits = listing.orbits[balanced]
    _require(
        bool((opposite < len(orbits)).all()) and np.array_equal(orbits[opposite], orbits + compiled.parts[orbits]),
        compiled.setting,
        "the parts do not say which orbit is -O",
    )
    phases = compiled.phases24 + compiled.real_phases24[orbits].astype(np.int16)
    _require(not ((phases + phases[opposite]) % TURN).any(), compiled.setting, "a real form is not real (T2)")
    _require(
        bool((np.abs(compiled.real_phases24 + 0.5) < TURN // 4).all())
        and not compiled.real_phases24[compiled.parts != 0].any(),
        compiled.setting,
        "the sign rule of a real form is broken",
    )


def _prove_witnesses(compiled: CompiledSetting, group: Operations, listing: _Listing) -> None:
    roots = listing.starts[compiled.n_orbits :]
    columns, codes = listing.columns[:, roots], listing.codes[roots]
    first = np.full(len(roots), -1)
    for number, (rotation, translation) in enumerate(zip(group.rotations, group.translations24, strict=True)):
        proves = (_product(columns, rotation @ _CODE) == codes) & (_product(columns, translation) % TURN != 0)
        first[proves & (first < 0)] = number
    _require(bool((first >= 0).all()), compiled.setting, "an orbit is called absent that is not (T1)")
    _require(
        np.array_equal(first, compiled.witnesses),
        compiled.setting,
        "a witness is not the first operation that proves its absence (T1)",
    )


def _prove_completeness(compiled: CompiledSetting, group: Operations, listing: _Listing) -> None:
    expected = _dimensions(group, listing.columns, listing.norms)
    shells, counts = np.unique(compiled.norms, return_counts=True)
    found = dict.fromkeys(expected, 0) | dict(zip(shells.tolist(), counts.tolist(), strict=True))
    _require(
        found == expected,
        compiled.setting,
        f"it lists {sum(found.values())} functions, the invariant space has {sum(expected.values())} (T3)",
    )


def _prove_order(compiled: CompiledSetting, listing: _Listing) -> None:
    setting, phases = compiled.setting, compiled.phases24
    _require(bool(((phases >= 0) & (phases < TURN)).all()), setting, "a phase does not lie in 0 to 23")
    _require(not phases[compiled.orbit_starts[:-1]].any(), setting, "a root has a phase other than 0")
    # Which absent orbits are pairs is not stored.
    opposite = listing.images(-_IDENTITY)[listing.starts]
    parts = listing.orbits[opposite] - np.arange(len(opposite))
    n_orbits, n_waves = compiled.n_orbits, len(compiled.waves)
    for orbits, waves in (
        (slice(n_orbits), slice(n_waves)),
        (slice(n_orbits, None), slice(n_waves, None)),
    ):
        codes, norms = listing.codes[waves], listing.norms[waves]
        _prove_order_of_orbits(setting, codes, norms, listing.sizes[orbits], parts[orbits])


def _prove_order_of_orbits(
    setting: Setting, codes: IntArray, norms: IntArray, sizes: IntArray, parts: IntArray
) -> None:
    """Orbits by the first wave of O u -O, O before -O; waves in store order in O, and mirrored in -O."""
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
        np.array_equal(codes[rows], -codes[rows - back]),
        setting,
        "the waves of -O are not minus those of O, in order",
    )
    upright = np.where(mirrored, -codes, codes)
    inside = np.ones(len(codes), dtype=bool)
    inside[starts] = False
    _require(bool((np.diff(upright) < 0)[inside[1:]].all()), setting, "the waves of an orbit are out of order")
    _require(
        bool((np.abs(upright) <= np.repeat(upright[starts], sizes)).all()),
        setting,
        "a root is not the first wave of its orbit",
    )
    heads = np.delete(starts, seconds)
    _require(_in_order(codes[heads], norms[heads]), setting, "the orbits are out of order")


def _in_order(codes: IntArray, norms: IntArray) -> bool:
    """Whether waves ascend in norm and, for equal norms, descend lexicographically."""
    step = np.diff(norms)
    return bool(((step > 0) | ((step == 0) & (np.diff(codes) < 0))).all())


def _prove_origin_shifts(compiled: CompiledSetting, group: Operations) -> None:
    """T5 on the grid of 24ths of the cell: the listed shifts generate exactly the allowed ones."""
    rotations, centrings = tuple(sorted({r.tobytes() for r in group.rotations})), group.centrings24
    allowed = _allowed_shifts(rotations, centrings.tobytes())
    shifts, directions = compiled.shifts24.astype(np.int64), compiled.shift_directions.astype(np.int64)
    fixed = all(np.array_equal(directions @ rotation.T, directions) for rotation in group.rotations)
    _require(fixed, compiled.setting, "a continuous origin shift is not along fixed directions (T5)")
    found = _generated([*directions, *centrings])
    for shift, order in zip(shifts, compiled.shift_orders, strict=True):
        multiples = [tuple(shift * n % TURN) for n in range(1, int(order) + 1)]
        inside = [bool(found[multiple]) for multiple in multiples]
        exact = inside == [False] * (len(inside) - 1) + [True]
        _require(exact, compiled.setting, "an origin shift does not have the stated order (T5)")
        found = _generated([shift], found)
    _require(np.array_equal(found, allowed), compiled.setting, "the origin shifts are not the allowed ones (T5)")


@functools.cache
def _allowed_shifts(rotations: tuple[bytes, ...], centrings24: bytes) -> NDArray[np.bool_]:
    """(24, 24, 24): whether (R - 1) s lies in the translation lattice for all R, s in 24ths (T5)."""
    lattice = np.zeros((TURN,) * 3, dtype=bool)
    lattice[0, 0, 0] = True
    lattice[tuple(np.frombuffer(centrings24, np.int64).reshape(-1, 3).T)] = True
    shifts = np.stack(np.meshgrid(*[np.arange(TURN)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    for key in rotations:
        moved = shifts @ (np.frombuffer(key, np.int64).reshape(3, 3) - np.eye(3, dtype=np.int64)).T % TURN
        shifts = shifts[lattice[tuple(moved.T)]]
    allowed = np.zeros((TURN,) * 3, dtype=bool)
    allowed[tuple(shifts.T)] = True
    return allowed


def _generated(steps: Iterable[IntArray], start: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """(24, 24, 24): the subgroup of shifts in 24ths that ``start`` (default: 0 alone) and the steps generate."""
    found = np.zeros((TURN,) * 3, dtype=bool)
    found[0, 0, 0] = True
    found = found if start is None else start.copy()
    for step in steps:
        while True:
            grown = found | np.roll(found, tuple(step.tolist()), axis=(0, 1, 2))
            if np.array_equal(grown, found):
                break
            found = grown
    return found


def _columns(waves: NDArray[np.integer]) -> IntArray:
    """(3, n) the indices of (n, 3) waves, each contiguous."""
    return np.ascontiguousarray(np.asarray(waves).T, dtype=np.int64)


def _product(columns: NDArray[_Integer], vector: IntArray) -> NDArray[_Integer]:
    """(n,) k.v for every wave k; by columns, many times as fast as a product of integer matrices."""
    one, two, three = vector.tolist()
    return np.asarray(columns[0] * one + columns[1] * two + columns[2] * three)


def _require(holds: bool, setting: Setting, statement: str) -> None:
    if not holds:
        raise CertificateError(f"{setting.label} (hall:{setting.hall_number}) fails its proof: {statement}")

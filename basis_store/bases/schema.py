"""The store's format: which arrays there are, and the hashes that protect them.

One compiled setting is a handful of arrays (:class:`CompiledSetting`). In the file the arrays of all
settings are concatenated along *axes*; ``<axis>/offsets`` says which rows belong to which setting, so one
setting is read without reading the rest. :data:`COLUMNS` is the whole layout, as data.

Hashes form a tree, so that every read is checked at the cost of what it reads:

    setting hash = SHA-256(Hall number, norm limit, every column of that setting)
                   with the number and the column of its character in addition, if that is not the trivial one;
                   of other groups than space groups with the name of the kind before its key
    content hash = SHA-256(major format version, recipe, shared waves, all setting hashes)
    tensors hash = SHA-256(content hash, every column of the tensor table)

The content hash is that of the bases, and models name their store by it. All hashes are taken over little-endian
array bytes with names, types and shapes, not over HDF5's own layout.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import Int8Array, Int16Array
from basis_store.bases.basis_texts import BasisTexts
from basis_store.bases.real_functions import (
    CosineTerms,
    RealFunction,
    constant_term,
    joined_terms,
    parts_of_orbits,
    terms_of_orbits,
)
from basis_store.bases.recipe import Recipe
from basis_store.errors import CharacterError, CutoffError
from basis_store.files.integrity import add_column, parse_version
from basis_store.files.stored_arrays import StoredArray
from basis_store.groups.group import Group, Kind, LatticeFamily
from basis_store.groups.operations import TURN, Operations
from basis_store.groups.representation import Representation
from basis_store.groups.wave_shells import LATTICE_FAMILIES, MAX_RADIUS, ball_norm, wave_norm

FORMAT_NAME = "sgbasis-store"
FORMAT_VERSION = (1, 2)
"""(major, minor). A change of sign, order or normalisation is a new major version."""
MAX_OPERATIONS = 384
"""Of a group, modulo the translations of its cell: 192, twice as many with two colours of translations."""

KEYS: dict[Kind, StoredArray] = {
    "space": StoredArray("settings", "hall_number", "<i2", (), 1, 530),
    "magnetic": StoredArray("settings", "uni_number", "<i2", (), 1, 1651),
    "plane": StoredArray("settings", "plane_number", "<i2", (), 1, 17),
}
"""By kind of group, the keys of the settings."""
SETTING_ARRAYS = (
    StoredArray("settings", "number", "<i2", (), 1, 230),
    StoredArray("settings", "norm_limit", "<i4", (), 0, ball_norm(MAX_RADIUS)),
    StoredArray("settings", "sha256", "|u1", (32,)),
)
COLUMNS = (
    StoredArray("operations", "rotations", "<i1", (3, 3), -1, 1),
    StoredArray("operations", "translations24", "<i1", (3,), 0, TURN - 1),
    StoredArray("orbits", "orbit_sizes", "<i2", (), 1, 48),
    StoredArray("orbits", "parts", "<i1", (), -1, 1),
    StoredArray("orbits", "real_phases24", "<i1", (), -6, 5),
    StoredArray("waves", "waves", "<i2", (3,), -MAX_RADIUS, MAX_RADIUS),
    StoredArray("waves", "phases24", "<i1", (), 0, TURN - 1),
    StoredArray("absences", "absence_sizes", "<i2", (), 1, 48),
    StoredArray("absences", "witnesses", "<i2", (), 0, MAX_OPERATIONS - 1),
    StoredArray("absent_waves", "absent_waves", "<i2", (3,), -MAX_RADIUS, MAX_RADIUS),
    StoredArray("origin_shifts", "shifts24", "<i1", (3,), 0, TURN - 1),
    StoredArray("origin_shifts", "shift_orders", "<i1", (), 2, TURN),
    StoredArray("origin_directions", "shift_directions", "<i1", (3,), -1, 1),
)
"""The arrays of a compiled setting; in the plane those of :func:`in_dimension`.

What connects them is in :mod:`basis_store.bases.store_checks`.
"""
CHARACTERS = StoredArray("operations", "characters24", "<i1", (), 0, TURN - 1)
CHARACTER_ARRAYS = (StoredArray("settings", "characters", "<i1", (), 0, 11), CHARACTERS)
"""The number of each setting's character, and c of every operation (T9); in stores with characters only."""
AXES = tuple(dict.fromkeys(column.axis for column in COLUMNS))
OFFSETS = {axis: StoredArray(axis, "offsets", "<i8", (), 0, rows="settings+1") for axis in AXES}
SHARED_WAVES = {
    family: StoredArray("shared_waves", family, "<i2", (3,), -MAX_RADIUS, MAX_RADIUS, rows=family)
    for family in LATTICE_FAMILIES
}
TENSOR_COLUMNS = (
    StoredArray("tensors", "orientations", "<i2", (), 0, 529, rows="settings"),
    StoredArray("tensors", "dimensions", "<i1", (2, 4), 0, 81, rows="orientations"),
    StoredArray("tensors", "row_sizes", "<i1", (), 1, 81, rows="tensor rows"),
    StoredArray("tensors", "components", "<i1", (), 0, 80, rows="tensor entries"),
    StoredArray("tensors", "numerators", "<i1", (), -24, 24, rows="tensor entries"),
    StoredArray("tensors", "denominators", "<i1", (), 1, 24, rows="tensor entries"),
)
"""See :mod:`basis_store.tensors.tensor_table`. The least common multiple of 1 to 24 fits into 64 bits."""
TENSORS_HASH = StoredArray("tensors", "sha256", "|u1", rows="bytes of the tensors hash")
TENSOR_ARRAYS = (*TENSOR_COLUMNS, TENSORS_HASH)


def in_dimension(arrays: Iterable[StoredArray], dimension: int) -> tuple[StoredArray, ...]:
    """Arrays of space as they are in another dimension: vectors and matrices are shorter."""
    return tuple(one._replace(row_shape=(dimension,) * len(one.row_shape)) for one in arrays)


def arrays_of(recipe: Recipe) -> tuple[StoredArray, ...]:
    """Every array of a store with this recipe."""
    shared, columns = (in_dimension(some, recipe.dimension) for some in (SHARED_WAVES.values(), COLUMNS))
    arrays = (KEYS[recipe.groups], *SETTING_ARRAYS, *shared, *OFFSETS.values(), *columns)
    arrays += CHARACTER_ARRAYS if recipe.characters == "all" else ()
    return arrays + (TENSOR_ARRAYS if recipe.groups == "space" else ())


def format_version_of(recipe: Recipe) -> tuple[int, int]:
    """The lowest version that has what the recipe asks for: 1.1 for characters, 1.2 for groups of other kinds."""
    minor = 2 if recipe.groups != "space" else 1 if recipe.characters == "all" else 0
    return FORMAT_VERSION[0], minor


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CompiledSetting(BasisTexts):
    """The exact Fourier basis of one group, in integers. Symbols as in the theory page (D1-T5, T9).

    Its functions are invariant, or have another character of the group: ``f(g x) = chi(g) f(x)``. The constant
    function (k = 0) is not listed: it is function 0 of the invariant ones. There are ``M`` balanced
    orbits with ``N`` waves, ``A`` frustrated orbits (systematic absences), ``g`` operations modulo lattice
    translations of the conventional cell (centrings included). Of plane groups, 2 stands for each 3 below.

    Attributes:
        setting: the setting of a space group, or a group of another kind.
        norm_limit: every wave with invariant norm up to this is listed, balanced or absent.
        rotations: (g, 3, 3) R of ``x -> R x + t``; the identity with t = 0 comes first.
        translations24: (g, 3) t in 24ths, 0 to 23.
        orbit_sizes: (M,) |O|.
        parts: (M,) 0: O = -O, one real function. 1: the first of a pair O != -O; its real function is
            sqrt2 Re psi_O. -1: the second, -O of the orbit before; sqrt2 Im of *that* psi. All 0 where the
            character is complex.
        real_phases24: (M,) the phase, -6 to 5 in 24ths of a turn, that makes psi_O real when O = -O; else 0,
            as where the character is complex.
        waves: (N, 3) orbit after orbit; each starts with its root.
        phases24: (N,) theta in 24ths, 0 to 23; 0 at each root.
        absence_sizes: (A,) sizes of the frustrated orbits.
        witnesses: (A,) for each frustrated orbit the first operation that forbids it: with k R = k and k.t - c not
            an integer, k its first wave; an index of ``rotations``.
        absent_waves: (sum of absence_sizes, 3) frustrated orbit after orbit.
        shifts24: (s, 3) generators of the allowed origin shifts modulo lattice and continuous ones, in 24ths.
        shift_orders: (s,) their orders.
        shift_directions: (c, 3) integer directions along which any shift is allowed (polar groups).
        character: number of the character, as in :class:`basis_store.Representation`; 0 is the trivial one.
        characters24: (g,) c of the operations, chi(g) = exp(2 pi i c/24); default, all 0.
    """

    setting: Group
    norm_limit: int
    rotations: Int8Array
    translations24: Int8Array
    orbit_sizes: Int16Array
    parts: Int8Array
    real_phases24: Int8Array
    waves: Int16Array
    phases24: Int8Array
    absence_sizes: Int16Array
    witnesses: Int16Array
    absent_waves: Int16Array
    shifts24: Int8Array
    shift_orders: Int8Array
    shift_directions: Int8Array
    character: int = 0
    characters24: Int8Array = dataclasses.field(default_factory=lambda: np.zeros(0, np.int8))

    def __post_init__(self) -> None:
        if not len(self.characters24):
            object.__setattr__(self, "characters24", np.zeros(len(self.rotations), np.int8))
        for column in (*in_dimension(COLUMNS, self.setting.dimension), CHARACTERS):
            array = getattr(self, column.name)
            if array.dtype != np.dtype(column.dtype) or array.shape[1:] != column.row_shape:
                raise TypeError(
                    f"column {column.name} has rows {column.row_shape} of {column.dtype}, "
                    f"not {array.shape[1:]} of {array.dtype.str}"
                )

    @property
    def n_orbits(self) -> int:
        """M, the number of balanced orbits = number of functions without the constant."""
        return len(self.orbit_sizes)

    @property
    def n_constants(self) -> int:
        """1 where the constant is a function of the basis, as function 0; 0 where the character is not trivial."""
        return int(self.character == 0)

    @property
    def n_functions(self) -> int:
        """The number of functions, the constant included. They are numbered from 0."""
        return self.n_constants + self.n_orbits

    @property
    def representation(self) -> Representation:
        """The setting and the character."""
        return Representation(self.setting, self.character)

    @property
    def label(self) -> str:
        """Short readable name, such as ``"136:B1g P4_2/mnm"``; for invariant functions that of the setting."""
        return self.representation.label

    @functools.cached_property
    def operations(self) -> Operations:
        """The operations as :class:`basis_store.Operations`."""
        return Operations(
            setting=self.setting,
            rotations=self.rotations.astype(np.int64),
            translations24=self.translations24.astype(np.int64),
            characters24=self.characters24.astype(np.int64),
        )

    @property
    def orbit_starts(self) -> NDArray[np.int64]:
        """(M + 1,) rows of ``waves`` where each orbit starts; the last entry is N."""
        return np.concatenate([[0], np.cumsum(self.orbit_sizes, dtype=np.int64)])

    @property
    def absence_starts(self) -> NDArray[np.int64]:
        """(A + 1,) rows of ``absent_waves`` where each frustrated orbit starts."""
        return np.concatenate([[0], np.cumsum(self.absence_sizes, dtype=np.int64)])

    @property
    def roots(self) -> Int16Array:
        """(M, 3) the root wave of each orbit."""
        return self.waves[self.orbit_starts[:-1]]

    @property
    def norms(self) -> NDArray[np.int64]:
        """(M,) invariant norm of each orbit."""
        return wave_norm(self.roots, self.setting.lattice_family)

    def norm_within(self, radius: float) -> int:
        """The norm of the ball of ``radius``; :class:`CutoffError` if this setting is not compiled that far."""
        limit = ball_norm(radius)
        if limit > self.norm_limit:
            available = (self.norm_limit / 3) ** 0.5
            raise CutoffError(f"{self.label} is compiled to radius {available:.2f} only, not {radius}")
        return limit

    def real_function(self, number: int) -> RealFunction:
        """Real function ``number`` of this setting as a sum of cosines.

        The first is number 0: the constant 1, or the first function of another character.

        Raises:
            IndexError: the setting has no function of this number.
            CharacterError: the character is complex, and so are all its functions.
        """
        from fractions import Fraction  # noqa: PLC0415 - slow, and not needed to load a basis

        self.check_function(number)
        self.check_real()
        orbit = number - self.n_constants
        terms = self._cosine_terms(orbit, orbit + 1) if orbit >= 0 else constant_term(self.setting.dimension)
        size = int(terms.orbit_sizes[0])
        return RealFunction(
            number=number,
            part=int(self.parts[orbit]) if orbit >= 0 else 0,
            orbit_size=size,
            waves=terms.waves,
            phases24=terms.phases24,
            amplitude_squared=Fraction(int(terms.numerators[0]), size),
        )

    def real_functions(self, count: int) -> CosineTerms:
        """The first ``count`` real functions, the constant included, as flat arrays of cosines.

        Raises:
            CharacterError: as for :meth:`real_function`.
        """
        self.check_real()
        terms = self._cosine_terms(0, count - self.n_constants)
        return joined_terms(constant_term(self.setting.dimension), terms) if self.n_constants else terms

    def complex_parts(self, count: int) -> CosineTerms:
        """The first ``count`` orbits of a complex character, each as sqrt2 Re psi_O and sqrt2 Im psi_O."""
        waves = slice(self.orbit_starts[count])
        return parts_of_orbits(self.orbit_sizes[:count], self.waves[waves], self.phases24[waves])

    def check_function(self, number: int) -> None:
        """Raise an IndexError that says which functions there are, unless ``number`` is one of them."""
        if not 0 <= number < self.n_functions:
            raise IndexError(f"{self.label} has functions 0 to {self.n_functions - 1} in this store, not {number}")

    def check_real(self) -> None:
        """Raise an CharacterError unless there are real functions."""
        if not self.representation.is_real:
            raise CharacterError(
                f"{self.label} has complex functions only, because its character is complex: use evaluate_complex"
            )

    def _cosine_terms(self, first: int, last: int) -> CosineTerms:
        orbits, waves = slice(first, last), slice(*self.orbit_starts[[first, last]])
        return terms_of_orbits(
            self.orbit_sizes[orbits],
            self.parts[orbits],
            self.real_phases24[orbits],
            self.waves[waves],
            self.phases24[waves],
        )

    def digest(self) -> bytes:
        """SHA-256 of this setting's content (32 bytes)."""
        named = f",{self.character}" if self.character else ""
        kind = "" if self.setting.kind == "space" else f"{self.setting.kind},"
        digest = hashlib.sha256(f"{kind}{self.setting.key},{self.norm_limit}{named}".encode())
        for column in COLUMNS:
            add_column(digest, column.name, column.dtype, getattr(self, column.name))
        if self.character:
            add_column(digest, CHARACTERS.name, CHARACTERS.dtype, self.characters24)
        return digest.digest()


def content_digest(
    recipe: Recipe, shared_waves: dict[LatticeFamily, Int16Array], setting_digests: Iterable[bytes]
) -> str:
    """The content hash of a whole store (hexadecimal SHA-256); see the head of this module."""
    digest = hashlib.sha256(f"{FORMAT_NAME} {FORMAT_VERSION[0]}\n{recipe.to_json()}\n".encode())
    for family in LATTICE_FAMILIES:
        digest.update(f"{family}:{shared_waves[family].shape}:".encode())
        digest.update(np.ascontiguousarray(shared_waves[family], dtype="<i2").data)
    for setting_digest in setting_digests:
        digest.update(setting_digest)
    return digest.hexdigest()


def parse_format_version(text: str) -> tuple[int, int]:
    """Read ``"major.minor"``, strictly; raise :class:`StoreFormatError` for versions this release cannot read."""
    return parse_version(text, kind="store", reads=FORMAT_VERSION, hint="compile or fetch the store again")


def check_compiled(value: object) -> None:
    """Raise a TypeError that says what is needed, unless ``value`` is a compiled setting."""
    if not isinstance(value, CompiledSetting):
        raise TypeError(
            f"a CompiledSetting is needed, such as store.compiled(setting), not {type(value).__name__}"
        )

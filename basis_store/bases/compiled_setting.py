"""The exact Fourier basis of one group in integers: what a store has of each setting."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math

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
from basis_store.bases.schema import CHARACTERS, COLUMNS, in_dimension
from basis_store.errors import CharacterError, CutoffError
from basis_store.files.integrity import add_column
from basis_store.groups.group import Group
from basis_store.groups.operations import Operations
from basis_store.groups.representation import Representation
from basis_store.groups.wave_shells import ball_norm, wave_norm


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
            raise CutoffError(
                f"{self.label} is compiled to radius {available:.2f} only, not {radius}: "
                f"'sgbasis compile --radius {math.ceil(radius)}' makes a store with more"
            )
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


def check_compiled(value: object) -> None:
    """Raise a TypeError that says what is needed, unless ``value`` is a compiled setting."""
    if not isinstance(value, CompiledSetting):
        raise TypeError(
            f"a CompiledSetting is needed, such as store.compiled(setting), not {type(value).__name__}"
        )

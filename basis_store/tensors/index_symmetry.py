"""Index symmetries of tensors, read from formulas such as ``ij=ji`` or ``ijkl=jikl=klij``.

A formula says which rearrangements of the indices leave the components as they are, or change their sign:

    ij             no symmetry, rank 2             ij=ji            symmetric: dielectric, strain
    ij=-ji         antisymmetric                   ijk=ikj          piezoelectric e_ijk
    ijkl=jikl=klij elastic                         ijkl=jikl=ijlk   photoelastic
"""

from __future__ import annotations

import difflib
import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from basis_store.errors import FormulaError
from basis_store.groups.generated_group import generated_group
from basis_store.tables.html_table import facts_html

MAX_RANK = 4
_LETTERS = "ijkl"
_TERM = re.compile(r"([+-]?)([a-z]+)")

Permutation = tuple[int, ...]
SignedPermutation = tuple[Permutation, int]
"""(p, s): T[i_0, i_1, ...] = s T[i_p0, i_p1, ...]."""
Indices = tuple[int, ...]

PROPERTIES = {
    "dielectric": ("ij=ji", False),
    "piezoelectric": ("ijk=ikj", False),
    "elastic": ("ijkl=jikl=klij", False),
    "photoelastic": ("ijkl=jikl=ijlk", False),
    "pyroelectric": ("i", False),
    "thermal expansion": ("ij=ji", False),
    "thermal conductivity": ("ij=ji", False),
    "electrical conductivity": ("ij=ji", False),
    "magnetic susceptibility": ("ij=ji", False),
    "stress": ("ij=ji", False),
    "strain": ("ij=ji", False),
    "born charge": ("ij", False),
    "stiffness": ("ijkl=jikl=klij", False),
    "compliance": ("ijkl=jikl=klij", False),
    "electrostriction": ("ijkl=jikl=ijlk", False),
    "gyration": ("ij=ji", True),
    "magnetoelectric": ("ij", True),
}
"""Names that :meth:`IndexSymmetry.parse` accepts, with their formulas and whether the tensors are axial."""


@dataclass(frozen=True, repr=False)
class IndexSymmetry:
    """A group of signed index permutations and how the tensor behaves under inversion. Make it with :meth:`parse`.

    Equal symmetries are equal and have the same hash, whatever formulas they were read from.

    Attributes:
        rank: number of indices, 1 to 4.
        axial: whether the tensor takes the extra factor det R, as magnetisation and gyration do.
        permutations: the whole group, sorted; see :data:`SignedPermutation`.
    """

    rank: int
    axial: bool
    permutations: tuple[SignedPermutation, ...]

    @classmethod
    def parse(cls, formula: str, *, axial: bool = False) -> IndexSymmetry:
        """Read a formula: terms joined by ``=``, each a rearrangement of the letters of the first.

        Any distinct letters, of either case; spaces do not matter; a term may have a sign. The names
        in :data:`PROPERTIES` stand for their formulas: ``"elastic"``, ``"thermal expansion"``.

        Args:
            formula: such as ``"ijkl=jikl=klij"``, or ``"elastic"``.
            axial: whether the tensor is axial (a pseudotensor). ``"gyration"`` and ``"magnetoelectric"`` are
                axial in any case.

        Raises:
            FormulaError: it is not a formula, or its signs contradict each other so that every such tensor is 0.
        """
        name = _property_name(formula)
        text, always_axial = PROPERTIES.get(name, ("".join(formula.lower().split()), False))
        if name not in PROPERTIES and (near := _near_properties(formula)):
            raise FormulaError(near)
        terms = [_read_term(term, formula) for term in text.split("=")]
        (first_sign, letters), *others = terms
        if len(set(letters)) != len(letters):
            raise FormulaError(f"{formula!r} names an index twice: the letters of a term are all different")
        if len(letters) > MAX_RANK:
            raise FormulaError(f"{formula!r} has {len(letters)} indices: ranks 1 to {MAX_RANK} are known")
        generators = []
        for sign, term in others:
            if sorted(term) != sorted(letters):
                raise FormulaError(f"{formula!r}: {term!r} does not rearrange the indices of {letters!r}")
            generators.append((tuple(letters.index(letter) for letter in term), first_sign * sign))
        group = _generated(len(letters), generators)
        if len(group) != len({permutation for permutation, _ in group}):
            raise FormulaError(f"{formula!r} leaves nothing: it says that every component is minus itself")
        return cls(len(letters), axial or always_axial, tuple(sorted(group)))

    @property
    def text(self) -> str:
        """A formula with few terms that :meth:`parse` reads as this symmetry: the same for equal symmetries."""
        return _text(self.rank, self.permutations)

    def __str__(self) -> str:
        return f"{self.text}, axial" if self.axial else self.text

    def __repr__(self) -> str:
        axial = ", axial=True" if self.axial else ""
        return f"IndexSymmetry.parse({self.text!r}{axial})"

    def _repr_html_(self) -> str:
        names = ", ".join(map(component_name, self.components))
        facts = (("rank", self.rank), ("independent components", len(self.components)), ("", names))
        return facts_html(f"IndexSymmetry {self}", facts)

    @property
    def components(self) -> tuple[Indices, ...]:
        """The independent components: of those that are equal up to sign the first, in lexicographic order.

        Components that are minus themselves, such as xx for ``ij=-ji``, are left out.
        """
        return tuple(orbit[0][0] for orbit in self.orbits)

    @property
    def orbits(self) -> tuple[tuple[tuple[Indices, int], ...], ...]:
        """For each independent component, the related components, each with its sign relative to the first."""
        return _orbits(self.rank, self.permutations)


def every_component(rank: int) -> Iterator[Indices]:
    """All index tuples of a tensor of that rank, in lexicographic order: 3^rank of them."""
    return itertools.product(range(3), repeat=rank)


def component_name(indices: Iterable[int]) -> str:
    """``xxy`` for (0, 0, 1)."""
    return "".join("xyz"[index] for index in indices)


def _read_term(term: str, formula: str) -> tuple[int, str]:
    match = _TERM.fullmatch(term)
    if not match:
        names = ", ".join(PROPERTIES)
        raise FormulaError(
            f"{formula!r} is no index symmetry: try ij, ij=ji, ijk=ikj or ijkl=jikl=klij, or one of {names}"
        )
    return -1 if match[1] == "-" else 1, match[2]


def _property_name(text: str) -> str:
    """``Thermal-expansion tensor``, ``thermal_expansion`` and ``thermal expansion`` are one name."""
    words = re.sub(r"[_-]", " ", text.lower()).split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in ("tensor", "constants") else words)


def _near_properties(word: str) -> str:
    """What to say of a word that is like the name of a property; ``""`` if it is not."""
    key = _property_name(word)
    near = difflib.get_close_matches(key, PROPERTIES, cutoff=0.75)
    found = [name for name in PROPERTIES if name in near or (len(key) > 4 and (key in name or name in key))]
    listed = ", ".join(f"{name} ({PROPERTIES[name][0]}{', axial' * PROPERTIES[name][1]})" for name in found)
    return f"{word!r} is no index symmetry and no name of one; did you mean {listed}?" if found else ""


def _generated(rank: int, generators: Iterable[SignedPermutation]) -> set[SignedPermutation]:
    """The group that signed permutations generate."""
    return generated_group((tuple(range(rank)), 1), generators, _product)


def _product(one: SignedPermutation, other: SignedPermutation) -> SignedPermutation:
    return tuple(one[0][index] for index in other[0]), one[1] * other[1]


@functools.cache
def _text(rank: int, permutations: tuple[SignedPermutation, ...]) -> str:
    """Generators in lexicographic order, without redundant ones."""
    kept: list[SignedPermutation] = []
    for element in permutations:
        if element not in _generated(rank, kept):
            kept.append(element)
    for element in tuple(kept):
        rest = [other for other in kept if other != element]
        if len(_generated(rank, rest)) == len(permutations):
            kept = rest
    terms = [("-" if sign < 0 else "") + "".join(_LETTERS[index] for index in p) for p, sign in kept]
    return "=".join([_LETTERS[:rank], *terms])


@functools.cache
def _orbits(rank: int, permutations: tuple[SignedPermutation, ...]) -> tuple[tuple[tuple[Indices, int], ...], ...]:
    orbits: list[tuple[tuple[Indices, int], ...]] = []
    seen: set[Indices] = set()
    for indices in every_component(rank):
        if indices in seen:
            continue
        images = {(tuple(indices[index] for index in p), sign) for p, sign in permutations}
        seen.update(image for image, _ in images)
        if (indices, -1) not in images:
            orbits.append(tuple(sorted(images)))
    return tuple(orbits)

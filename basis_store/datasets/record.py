"""One crystal as datasets store it and models read it: a setting, a lattice, and the sites of its asymmetric unit.

The compiler makes records (:func:`basis_compiler.compile_crystal`), the runtime reads them.
All symmetry is in the setting and in :attr:`CrystalRecord.images`: no symmetry is searched for when a record is
used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from basis_store.counted import counted
from basis_store.datasets.formula import reduced_formula, symbol
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.groups.setting import Setting
from basis_store.tables.html_table import Markup, cell_html, facts_html, formula_html, rows_html, symbol_html

_SHOWN = 30
"""Sites that a notebook lists."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrystalRecord:
    """A crystal in the standard setting of its space group, reduced to its asymmetric unit of n sites.

    Attributes:
        identifier: its name in the source, such as ``"mp-149"``.
        setting: the standard setting.
        lattice: (3, 3) rows of the conventional cell in Angstrom, in the source's own Cartesian frame.
        change_of_basis: (3, 3) integers, P times :attr:`denominator`; x = P x_source + p transforms fractional
            coordinates of the source's cell to this one.
        denominator: 1, 2, 3 or 6.
        origin_shift: (3,) p.
        numbers: (n,) atomic numbers.
        coordinates: (n, 3) fractional, in [0, 1), exactly on their special positions.
        multiplicities: (n,) atoms of each orbit in the conventional cell.
        wyckoff: (n,) letters of the Wyckoff positions, as bytes (``b"a"``).
        images: (sum of multiplicities,) for each site in turn, indices of the setting's operations that map it to
            its atoms in the conventional cell, one for each atom; the identity comes first.
        targets: properties of the crystal, by name: a float or an array of floats; a missing one is NaN.
        split: ``"train"``, ``"val"``, ``"test"`` or ``""``.
        fold: of cross-validation, from 0; -1 for none.
        notes: on how it was read and compiled, where there was doubt; sentences for users.
    """

    identifier: str
    setting: Setting
    lattice: NDArray[np.float64]
    change_of_basis: NDArray[np.int64]
    denominator: int
    origin_shift: NDArray[np.float64]
    numbers: NDArray[np.uint8]
    coordinates: NDArray[np.float64]
    multiplicities: NDArray[np.int32]
    wyckoff: NDArray[np.bytes_]
    images: NDArray[np.int16]
    targets: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    split: str = ""
    fold: int = -1
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def volume(self) -> float:
        """Volume of the conventional cell in cubic Angstrom."""
        return float(abs(np.linalg.det(self.lattice)))

    @property
    def formula(self) -> str:
        """The reduced formula, such as ``"MgAl2O4"``; elements in order of electronegativity."""
        return reduced_formula(self.numbers, self.multiplicities)

    def __repr__(self) -> str:
        size = f"{counted(len(self), 'site')}, {counted(int(self.multiplicities.sum()), 'atom')} in the cell"
        name = f" {self.identifier!r}" if self.identifier else ""
        return f"<{type(self).__name__}{name}: {self.formula}, {self.setting.label}, {size}>"

    def _repr_html_(self) -> str:
        a, b, c, alpha, beta, gamma = cell_parameters(self.lattice)
        facts: list[tuple[str, object]] = [
            ("space group", symbol_html(f"{self.setting.label}, {self.setting.name}")),
            ("a, b, c", f"{a:.4f}, {b:.4f}, {c:.4f} \u00c5"),
            ("\u03b1, \u03b2, \u03b3", f"{alpha:.3f}\u00b0, {beta:.3f}\u00b0, {gamma:.3f}\u00b0"),
            ("volume of the cell", f"{self.volume:.3f} \u00c5\u00b3"),
            ("atoms in the cell", int(self.multiplicities.sum())),
            ("split", self.split),
            *((name, f"{float(value):.6g}") for name, value in self.targets.items() if np.ndim(value) == 0),
            *(("note", note) for note in self.notes),
        ]
        sites = [
            (symbol(number), f"{multiplicity}{letter.decode()}", *(f"{one:.5f}" for one in place))
            for number, multiplicity, letter, place in zip(
                self.numbers.tolist(), self.multiplicities, self.wyckoff, self.coordinates, strict=True
            )
        ]
        more = [(f"and {len(sites) - _SHOWN} more", "", "", "", "")] if len(sites) > _SHOWN else []
        title = Markup(f"{formula_html(self.formula)} {cell_html(self.identifier)}")
        table = rows_html(("site", "Wyckoff", "x", "y", "z"), [*sites[:_SHOWN], *more], left=(0, 1))
        return Markup(facts_html(title, facts) + table)

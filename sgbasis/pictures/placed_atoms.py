"""The atoms of a crystal in the setting of a basis function, and its cell as it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_store import CompiledSetting, CrystalError, CrystalRecord, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.cell_parameters import cell_parameters
from sgbasis.pictures.atom_spheres import images_in_block
from sgbasis.pictures.cell_drawing import upright


@dataclass(frozen=True, eq=False)
class PlacedAtoms:
    """Atoms in the conventional cell of a setting.

    Attributes:
        name: of the crystal.
        lattice: (3, 3) rows of the cell as it is drawn, with edges of mean length 1.
        unit: length of 1 in the drawing, in Angstrom.
        numbers: (n,) atomic numbers.
        coordinates: (n, 3) fractional.
    """

    name: str
    lattice: FloatArray
    unit: float
    numbers: IntArray
    coordinates: FloatArray

    @classmethod
    def of(cls, record: CrystalRecord, compiled: CompiledSetting) -> PlacedAtoms:
        """The atoms of a record, in the setting of the function.

        Raises:
            CrystalError: the function is one of another group.
        """
        from basis_compiler.crystals.other_setting import atoms_in_setting

        name, setting = record.identifier.rpartition("/")[2] or record.formula, compiled.setting
        if not isinstance(setting, Setting) or setting.number != record.setting.number:
            raise CrystalError(
                f"{name} ({record.setting.label}) cannot be drawn with {compiled.label}: another group; "
                f"draw {record.setting.label.split()[0]}"
            )
        own, numbers, places = atoms_in_setting(record, setting)
        unit = float(np.linalg.norm(own, axis=1).mean())
        return cls(name, upright(own @ own.T) / unit, unit, numbers, places)

    @property
    def cell_text(self) -> str:
        """Edges in Angstrom, and the angles that are not 90 degrees, in matplotlib's mathtext."""
        values = cell_parameters(self.lattice * self.unit)
        edges = _named("abc", [f"{value:.3f}" for value in values[:3]])
        names = (r"\alpha", r"\beta", r"\gamma")
        bent = [f"{value:.1f}" if abs(value - 90) > 1e-6 else "" for value in values[3:]]
        angles = [rf"${text}\degree$" for text in _named(names, bent)]
        return ", ".join([rf"${', '.join(edges)}$ $\mathrm{{\AA}}$", *angles])

    def in_cells(self, cells: int) -> tuple[FloatArray, IntArray]:
        """(m, 3) coordinates and (m,) numbers of all atoms in a closed block of cells: those on faces on all."""
        return images_in_block(self.coordinates, self.numbers, (cells,) * 3)


def _named(names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """``"a = b = 1"``, ``"c = 2"``: names with their values, equal ones together; none of empty texts."""
    return [
        " = ".join([*(name for name, other in zip(names, texts, strict=True) if other == text), text])
        for text in dict.fromkeys(texts)
        if text
    ]

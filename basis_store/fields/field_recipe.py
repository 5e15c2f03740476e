"""What a file of field coefficients was made from: everything but its arrays, as canonical JSON."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.bases.schema import KEYS
from basis_store.errors import FieldError, SettingError, StoreFormatError
from basis_store.fields.cell_change import CellChange
from basis_store.fields.field_coefficients import FieldCoefficients, FieldSource
from basis_store.groups.group import Kind
from basis_store.groups.group_names import KINDS
from basis_store.groups.representation import Representation

_MAX_TEXT = 1000
_MAX_ATOMS = 100_000


@dataclass(frozen=True, kw_only=True)
class FieldRecipe:
    """The facts of a field, as plain numbers and texts.

    Attributes:
        kind: of the group; the next entry is called ``hall_number``, ``uni_number`` ... accordingly.
        key: of the group among those of its kind, such as the Hall number of a setting.
        character: its number; not written where it is 0, the trivial one.
        lattice: 9 numbers, the rows of the conventional cell in Angstrom.
        quantity, unit: of the field.
        change: 9 integers, the rows of P times the denominator, of the cell of the grid.
        denominator: of P.
        origin: 3 numbers, p.
        shape: of the grid.
        elements: atomic numbers of the atoms of the grid's cell.
        coordinates: of the atoms, 3 numbers each.
        name, sha256: of the file that the grid came from.
        residual: see :class:`FieldCoefficients`.
        proved_norm: see :class:`FieldCoefficients`.

    Raises:
        StoreFormatError: an entry that cannot be.
    """

    key: int
    lattice: tuple[float, ...]
    quantity: str
    unit: str
    change: tuple[int, ...]
    denominator: int
    origin: tuple[float, ...]
    shape: tuple[int, ...]
    elements: tuple[int, ...]
    coordinates: tuple[float, ...]
    name: str
    sha256: str
    residual: float
    proved_norm: int
    character: int = 0
    kind: Kind = "space"

    def __post_init__(self) -> None:
        texts = (self.quantity, self.unit, self.name, self.sha256)
        numbers = (self.key, self.character, self.denominator, self.proved_norm)
        whole = (*self.change, *self.shape, *self.elements, *numbers)
        real = (*self.lattice, *self.origin, *self.coordinates, self.residual)
        lengths = [len(one) for one in (self.lattice, self.change, self.origin, self.shape)]
        if not all(isinstance(text, str) and len(text) <= _MAX_TEXT for text in texts):
            raise StoreFormatError("quantity, unit and names are texts of bounded length")
        if not all(type(one) is int and abs(one) < 1 << 31 for one in whole):
            raise StoreFormatError("group and character, change of cell, shape and elements are integers")
        if not all(type(one) in (int, float) and math.isfinite(one) for one in real):
            raise StoreFormatError("lattice, origin, coordinates and residual are finite numbers")
        if lengths != [9, 9, 3, 3] or len(self.coordinates) != 3 * len(self.elements):
            raise StoreFormatError(
                "lattice, change of cell, origin, shape or atoms have a wrong number of entries"
            )
        if min(self.shape) < 1 or self.proved_norm < 0 or len(self.elements) > _MAX_ATOMS:
            raise StoreFormatError("the shape of the grid, the number of atoms or the proved norm cannot be")
        if not all(1 <= one <= 118 for one in self.elements):
            raise StoreFormatError("it names an element that does not exist")
        try:
            representation = Representation(KINDS[self.kind].from_key(self.key), self.character)
        except SettingError as error:
            raise StoreFormatError(f"it names a group or a character that does not exist: {error}") from error
        if not representation.is_real or representation.setting.dimension != 3:
            raise StoreFormatError(f"it names {representation.label}, which fields on grids cannot have")
        if abs(np.linalg.det(self.lattice_rows)) <= 0:
            raise StoreFormatError("its cell has no volume")

    @property
    def lattice_rows(self) -> FloatArray:
        """(3, 3) rows in Angstrom."""
        return np.array(self.lattice, dtype=np.float64).reshape(3, 3)

    @classmethod
    def of(cls, field: FieldCoefficients) -> FieldRecipe:
        """The recipe of a field."""
        source = field.source
        return cls(
            kind=field.setting.kind,
            key=field.setting.key,
            character=field.character,
            lattice=tuple(field.lattice.reshape(-1).tolist()),
            quantity=field.quantity,
            unit=field.unit,
            change=tuple(source.cell.numerators.reshape(-1).tolist()),
            denominator=source.cell.denominator,
            origin=tuple(np.asarray(source.cell.origin).tolist()),
            shape=source.shape,
            elements=tuple(source.elements.tolist()),
            coordinates=tuple(source.coordinates.reshape(-1).tolist()),
            name=source.name,
            sha256=source.sha256,
            residual=field.residual,
            proved_norm=field.proved_norm,
        )

    def facts(self) -> dict[str, Any]:
        """The attributes of :class:`FieldCoefficients` that are no columns.

        Raises:
            StoreFormatError: the change of cell is none.
        """
        one, two, three = self.shape
        try:
            cell = CellChange(np.array(self.change).reshape(3, 3), self.denominator, np.array(self.origin))
        except FieldError as error:
            raise StoreFormatError(f"its change of cell cannot be: {error}") from error
        return {
            "setting": KINDS[self.kind].from_key(self.key),
            "character": self.character,
            "lattice": self.lattice_rows,
            "quantity": self.quantity,
            "unit": self.unit,
            "source": FieldSource(
                cell=cell,
                shape=(one, two, three),
                elements=np.array(self.elements, dtype=np.int64),
                coordinates=np.array(self.coordinates, dtype=np.float64).reshape(-1, 3),
                name=self.name,
                sha256=self.sha256,
            ),
            "residual": self.residual,
            "proved_norm": self.proved_norm,
        }

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, numbers that read back exactly."""
        values = asdict(self)
        values[KEYS[values.pop("kind")].name] = values.pop("key")
        if not self.character:
            del values["character"]
        return json.dumps(values, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> FieldRecipe:
        """The recipe of a ``text``: the inverse of :meth:`to_json`.

        Raises:
            StoreFormatError: the text is anything else.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            for name, one in values.items():
                values[name] = tuple(one) if isinstance(one, list) else one
            kind = next(kind for kind, column in KEYS.items() if column.name in values)
            return cls(kind=kind, key=values.pop(KEYS[kind].name), **values)
        except StoreFormatError:
            raise
        except (TypeError, KeyError, ValueError, AttributeError, RecursionError, StopIteration) as error:
            raise StoreFormatError(f"its recipe cannot be read: {error}") from error

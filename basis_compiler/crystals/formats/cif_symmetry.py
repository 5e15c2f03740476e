"""Which operations a CIF's data block stands for; what is listed is checked, never merely believed.

1. A list of operations counts most. It must form a group that the cell allows, and one of the number that the file
   names. Of a file that names another group but lists the identity alone, the atoms are the whole cell, and a note
   says so.
2. Without a list: the Hall symbol, else the Hermann-Mauguin symbol, else the number, as far as it names one
   setting whose operations the cell allows. An unknown symbol with a number beside it counts as the number, with a
   note.
3. Without any of these, the listed atoms are the whole cell, and a note says so.

Magnetic structures and superspace groups are refused by every sign of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from basis_compiler.crystals.formats.cif_blocks import CifBlock
from basis_compiler.crystals.formats.cif_operations import (
    OperationList,
    fixed_angles,
    group_number,
    listed_operations,
    metric_misfit,
)
from basis_compiler.groups.spglib_database import operations
from basis_store import CrystalError, Setting, SettingError, all_settings
from basis_store.array_types import FloatArray
from basis_store.counted import counted

_OPERATIONS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
_HALL_SYMBOLS = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_HERMANN_MAUGUIN = ("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full")
_NUMBERS = ("_space_group_it_number", "_symmetry_int_tables_number")
_MAGNETIC = (
    "_space_group_magn", "_space_group_symop_magn", "_parent_space_group", "_parent_propagation",
    "_atom_site_moment", "_atom_site_magn", "_magnetic", "_iso_magnetic", "_propagation_vector",
)  # fmt: skip
_MODULATED = (
    "_space_group_ssg", "_space_group_symop_ssg", "_cell_modulation", "_cell_wave_vector", "_cell_subsystem",
    "_atom_site_fourier", "_atom_site_displace", "_atom_site_occ_", "_atom_site_u_modulation",
    "_atom_site_u_fourier", "_atom_site_phason", "_atom_site_rot_", "_atom_sites_modulation", "_superspace_group",
)  # fmt: skip
_TWO_ORIGINS = frozenset(setting.number for setting in all_settings() if setting.choice.startswith("1"))


@dataclass(frozen=True)
class CifSymmetry:
    """What a data block says about its symmetry, before its cell is known.

    Attributes:
        candidates: groups with what messages call them; the first that the cell allows is meant.
        notes: sentences for whoever reads the result.
    """

    candidates: Sequence[tuple[str, OperationList]]
    notes: Sequence[str] = ()

    def fixed_angles(self) -> dict[int, float]:
        """The cell angles that the symmetry fixes: 0, 1, 2 for alpha, beta, gamma, in degrees."""
        # Hexagonal or rhombohedral axes: the cell must say which.
        return fixed_angles(self.candidates[0][1].rotations) if len(self.candidates) == 1 else {}

    def fitting(self, lattice: FloatArray, *, name: str, tolerance: float) -> OperationList:
        """The operations that are meant.

        Args:
            lattice: (3, 3) rows of the cell in Angstrom.
            name: what messages call the crystal.
            tolerance: in Angstrom, by which they may change the length of a cell vector.

        Raises:
            CrystalError: the cell does not allow them.
        """
        misfits = [metric_misfit(group.rotations, lattice) for _, group in self.candidates]
        for (_, group), misfit in zip(self.candidates, misfits, strict=True):
            if misfit <= tolerance:
                return group
        raise CrystalError(
            f"{name}: the cell does not fit the {self.candidates[0][0]}: they change its vectors by "
            f"{misfits[0]:.3g} Angstrom (tolerance {tolerance:g})"
        )


def cif_symmetry(block: CifBlock, *, name: str) -> CifSymmetry:
    """The symmetry of a data block; see the head of this file.

    Args:
        block: the data block.
        name: what to call it in messages.

    Raises:
        CrystalError: operations that cannot be read, are no group, or contradict the named group; a group that is
            unknown or ambiguous, or named in contradictory ways; a magnetic or modulated structure.
    """
    _refuse_magnetic_and_modulated(block, name)
    names = _Names(block.first(_HALL_SYMBOLS), block.first(_HERMANN_MAUGUIN), block.first(_NUMBERS))
    lists = [texts for tag in _OPERATIONS if (texts := tuple(filter(None, block.column(tag))))]
    return _listed_symmetry(lists, names, name) if lists else _named_symmetry(names, name)


def _refuse_magnetic_and_modulated(block: CifBlock, name: str) -> None:
    if block.has_tag_beginning(*_MODULATED):
        raise CrystalError(
            f"{name}: a modulated structure (superspace group): it has no three-dimensional space group; give an "
            "average structure or a commensurate supercell"
        )
    if block.has_tag_beginning(*_MAGNETIC):
        raise CrystalError(
            f"{name}: a magnetic structure: sgbasis encode and sgbasis altermagnet read its moments; else export "
            "the crystal structure alone, with the space group of the atoms without their moments"
        )


@dataclass(frozen=True)
class _Group:
    """A group as a symbol or number names it.

    Attributes:
        number: 1 to 230.
        label: for messages.
        centring: letter of its cell.
        groups: its operations; a second one on rhombohedral axes where the name leaves the axes open.
        has_open_origin: whether it has two origin choices and the name does not say which.
    """

    number: int
    label: str
    centring: str
    groups: Sequence[tuple[str, OperationList]]
    has_open_origin: bool = False

    def consists_of(self, group: OperationList) -> bool:
        """Whether these are its operations, in the same cell and with the same origin."""
        return any(group.as_set() == one.as_set() for _, one in self.groups)


@dataclass(frozen=True)
class _Names:
    """What a data block calls its group: ``""`` where it does not."""

    hall: str
    symbol: str
    number: str

    @property
    def text(self) -> str:
        """The most precise name."""
        return self.hall or self.symbol or self.number

    def known(self) -> list[tuple[str, _Group]]:
        """The names that are known, the most precise first, with their groups."""
        found = {
            self.hall: _of_hall(self.hall),
            self.symbol: _of_symbol(self.symbol),
            self.number: _of_number(self.number),
        }
        return [(text, group) for text, group in found.items() if group is not None]


def _listed_symmetry(lists: Sequence[tuple[str, ...]], names: _Names, name: str) -> CifSymmetry:
    try:
        group, *others = [listed_operations(texts) for texts in lists]
    except CrystalError as error:
        raise CrystalError(f"{name}: {error}") from error
    if any(other.as_set() != group.as_set() for other in others):
        raise CrystalError(
            f"{name}: {' and '.join(_OPERATIONS)} list different symmetry operations: remove one list"
        )
    notes = []
    if group.n_repeated:
        repeated = counted(group.n_repeated, "symmetry operation")
        notes.append(f"the CIF lists {repeated} more than once; each counts once")
    known = names.known()
    larger = [text for text, named in known if named.number > 1]
    if len(group.rotations) == 1 and larger:
        notes.append(
            f"the CIF names {_quoted(larger[0])} but lists no symmetry operation except x,y,z: its atoms are "
            "taken as the whole cell"
        )
    elif names.text and not known:
        notes.append(f"the space group {names.text!r} of the CIF is unknown; the operations that it lists count")
    else:
        _check_number(group, known, name)
    return CifSymmetry([("symmetry operations that the CIF lists", group)], notes)


def _check_number(group: OperationList, known: Sequence[tuple[str, _Group]], name: str) -> None:
    equal = (named.number for _, named in known if named.consists_of(group))
    number = next(equal, 0) or (group_number(group) if known else 0)
    for text, named in known:
        if number and named.number != number:
            own = "" if text.isdigit() else f" ({named.number})"
            raise CrystalError(
                f"{name}: the CIF names {_quoted(text)}{own} but lists the {len(group.rotations)} operations of "
                f"{Setting.standard(number).symbol} ({number}): correct the one or the other"
            )


def _named_symmetry(names: _Names, name: str) -> CifSymmetry:
    if not names.text:
        note = "the CIF names no space group; its atoms are taken as the whole cell"
        return CifSymmetry([("identity", _IDENTITY)], [note])
    known = names.known()
    notes = []
    # Instead of an unknown name a less precise one counts, unless the cells are centred differently: C 1 21/c 1 is
    # not the standard setting P 1 21/c 1 of number 14.
    letter = names.text.lstrip("-")[:1].upper()
    if not known or (known[0][0] != names.text and letter in "ABCFIPR" and letter != known[0][1].centring):
        raise CrystalError(f"{name}: unknown space group {names.text!r}; list the operations in the CIF")
    text, group = known[0]
    if text != names.text:
        notes.append(
            f"the space group {names.text!r} of the CIF is unknown; {_quoted(text)}, which it names too, counts: "
            f"{group.label}"
        )
    for other, named in [*known[1:], *([(names.number, None)] if _of_number(names.number) is None else [])]:
        if other and (named is None or named.number != group.number):
            raise CrystalError(f"{name}: {text!r} is not {_quoted(other)}; list the operations in the CIF")
    if group.has_open_origin:
        symbol = Setting.standard(group.number).symbol
        raise CrystalError(
            f"{name}: {symbol} has two origin choices and the CIF does not say which: list the "
            f"operations, or write the symbol as '{symbol}:1' or '{symbol}:2'"
        )
    return CifSymmetry(group.groups, notes)


def _quoted(text: str) -> str:
    return f"space group {text}" if text.isdigit() else repr(text)


_IDENTITY = OperationList(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3), np.int64))


def _of_hall(text: str) -> _Group | None:
    """By our own table, then by gemmi, which reads the symbols of any setting."""
    if not text or text.isdigit():
        return None
    if (setting := _parsed(f"hall:{text}")) is not None:
        return _of_setting(setting, is_chosen=True)
    import gemmi  # noqa: PLC0415 - optional

    try:
        return _of_triplets(gemmi.symops_from_hall(text), text, has_open_origin=False)
    except (ValueError, RuntimeError, CrystalError):
        return None


def _of_symbol(text: str) -> _Group | None:
    """By our own table, which knows old and other spellings, then by gemmi's, which has more settings."""
    if not text:
        return None
    if (setting := _parsed(text)) is not None:
        # By a choice behind a colon, or an ending of ICSD.
        return _of_setting(setting, is_chosen=":" in text or text[-1] in "SZHR")
    import gemmi  # noqa: PLC0415 - optional

    found: Any = gemmi.find_spacegroup_by_name(text)  # None if there is none, whatever its annotation says
    if found is None:
        return None
    return _of_triplets(
        found.operations(), found.xhm(), has_open_origin=found.number in _TWO_ORIGINS and ":" not in text
    )


def _of_number(text: str) -> _Group | None:
    setting = _parsed(text) if text.isdigit() else None
    return None if setting is None else _of_setting(setting, is_chosen=False)


def _of_setting(setting: Setting, *, is_chosen: bool) -> _Group:
    settings = [setting]
    if setting.choice == "H" and not is_chosen:
        settings.append(Setting.parse(f"{setting.number}:R"))
    groups = [operations(one) for one in settings]
    return _Group(
        setting.number,
        setting.label,
        setting.centring,
        [
            (f"operations of {one.setting.label}", OperationList(one.rotations, one.translations24))
            for one in groups
        ],
        setting.number in _TWO_ORIGINS and not is_chosen,
    )


def _of_triplets(found: Any, symbol: str, *, has_open_origin: bool) -> _Group:
    """From the operations of a group of gemmi."""
    listed = listed_operations(tuple(operation.triplet() for operation in found))
    number = group_number(listed)
    label = f"{number} {symbol}"
    return _Group(
        number, label, symbol.lstrip("-")[0].upper(), [(f"operations of {label}", listed)], has_open_origin
    )


def _parsed(text: str) -> Setting | None:
    with contextlib.suppress(SettingError):
        return Setting.parse(text)
    return None

"""Read a store. Everything that is read is checked against the store's hashes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from basis_store.array_types import Int16Array
from basis_store.bases.compiled_setting import CompiledSetting
from basis_store.bases.recipe import Recipe
from basis_store.bases.schema import (
    AXES,
    CHARACTERS,
    COLUMNS,
    FORMAT_NAME,
    FORMAT_VERSION,
    KEYS,
    SETTING_ARRAYS,
    TENSOR_COLUMNS,
    WYCKOFF_COLUMNS,
    WYCKOFF_HASH,
    arrays_of,
    content_digest,
    has_wyckoff_positions,
    parse_format_version,
)
from basis_store.bases.store_checks import check_setting, check_shared_waves
from basis_store.counted import counted
from basis_store.errors import SettingError, StoreCorruptError, StoreFormatError
from basis_store.files.hdf5_file import CheckedFile
from basis_store.files.locations import default_store_path
from basis_store.files.stored_arrays import check_offsets
from basis_store.groups.group import LatticeFamily
from basis_store.groups.group_names import groups_of_kind, numbers_of_keys
from basis_store.groups.representation import Representation, RepresentationName, as_representation
from basis_store.groups.setting import SettingName, as_setting
from basis_store.groups.wave_shells import LATTICE_FAMILIES, ball_norm

if TYPE_CHECKING:  # whoever reads bases only does not wait for the tensors
    from basis_store.groups.wyckoff.position_table import WyckoffTable
    from basis_store.groups.wyckoff.wyckoff_position import WyckoffPositions
    from basis_store.tensors.index_symmetry import IndexSymmetry
    from basis_store.tensors.tensor_basis import TensorBasis
    from basis_store.tensors.tensor_table import TensorTable


def open_store(path: str | os.PathLike[str] | None = None) -> StoreReader:
    """Open a store for reading; without a path, the default store that ships with the package.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: not a store, or a format version this release does not read.
        StoreCorruptError: a store whose content does not match its checksums.
    """
    return StoreReader(default_store_path() if path is None else path)


class StoreReader:
    """A checked, read-only view of one store file.

    The file stays open; replacing it on disk (:func:`basis_store.write_store` renames) does not disturb a
    reader. A pickled reader opens the same path again and requires the same content.

    Attributes:
        path: the file.
        content_hash: SHA-256 of the content (hexadecimal); models refer to a store by this.
        recipe: how it was built.
        format_version: ``(major, minor)``.
        provenance: versions of the programs that wrote it.
        settings: the settings, or the groups of another kind, that it holds, in the order of their keys.
        representations: the same with their characters, one or several for each setting.
        shared_waves: by lattice family, the (n, 3) waves that every setting of that family has, in store order.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = CheckedFile(path, kind="an sgbasis store", hint="fetch or compile it again")
        self.path = self._file.path
        self._tensors: TensorTable | None = None
        self._wyckoff: WyckoffTable | None = None
        self._tensor_bases: dict[tuple[int, IndexSymmetry], TensorBasis] = {}
        try:
            with self._file.errors():
                self._read_attributes(self._file)
                self._read_tables(self._file)
        except BaseException:
            self.close()
            raise

    def _read_attributes(self, file: CheckedFile) -> None:
        attributes = file.attributes(FORMAT_NAME)
        try:
            self.format_version = parse_format_version(attributes["format_version"])
            self.recipe = Recipe.from_json(attributes["recipe"])
        except StoreFormatError as error:
            raise StoreFormatError(f"{self.path}: {error}") from error
        self.provenance: dict[str, str] = file.check_attributes(attributes, self.recipe.to_json())
        self.content_hash = attributes["content_sha256"]

    def _read_tables(self, file: CheckedFile) -> None:
        has_characters = self.recipe.characters == "all"
        arrays, key = arrays_of(self.recipe, self.format_version), KEYS[self.recipe.groups]
        file.open_arrays(arrays)
        if self.format_version[1] <= FORMAT_VERSION[1]:  # a newer minor version may have more
            file.check_others(array.path for array in arrays)
        tables = {array.name: file.read(array.path) for array in (key, *SETTING_ARRAYS)}
        self._norm_limits: list[int] = tables["norm_limit"].tolist()
        self._digests: list[bytes] = [row.tobytes() for row in tables["sha256"]]
        self.shared_waves: dict[LatticeFamily, Int16Array] = {
            family: file.read(f"shared_waves/{family}") for family in LATTICE_FAMILIES
        }
        if content_digest(self.recipe, self.shared_waves, self._digests) != self.content_hash:
            raise file.corrupt("its content does not match its hash")
        for array in (key, *SETTING_ARRAYS):
            array.check_range(tables[array.name])
        for family, waves in self.shared_waves.items():
            check_shared_waves(family, waves, ball_norm(self.recipe.radius))
        keys = tables[key.name].tolist()
        characters = file.read("settings/characters").tolist() if has_characters else [0] * len(keys)
        rows = list(zip(keys, characters, strict=True))
        if sorted(set(rows)) != rows:
            raise file.corrupt("its settings are not in the order of their keys and characters")
        groups = groups_of_kind(self.recipe.groups)
        try:
            self.representations = tuple(Representation(groups[one - 1], number) for one, number in rows)
        except SettingError as error:
            raise file.corrupt(str(error)) from error
        self.settings = tuple(dict.fromkeys(one.setting for one in self.representations))
        if tables["number"].tolist() != numbers_of_keys(self.recipe.groups, keys):
            raise file.corrupt(f"its group numbers are not those of its {key.name}s")
        self._rows = {one: row for row, one in enumerate(self.representations)}
        columns = (*COLUMNS, CHARACTERS) if has_characters else COLUMNS
        self._columns = {column: file.stored_array(column.path) for column in columns}
        n_rows = {column.axis: len(array) for column, array in self._columns.items()}
        self._offsets: dict[str, list[int]] = {}
        for axis in AXES:
            offsets = file.read(f"{axis}/offsets")
            check_offsets(axis, offsets, n_rows[axis])
            self._offsets[axis] = offsets.tolist()

    def __contains__(self, setting: RepresentationName) -> bool:
        """Whether the store holds this setting; :class:`SettingError` for a bare number, as in :meth:`read`."""
        return as_representation(setting) in self._rows

    def __len__(self) -> int:
        return len(self.representations)

    def __iter__(self) -> Iterator[CompiledSetting]:
        return (self.read(one) for one in self.representations)

    def __repr__(self) -> str:
        held = counted(len(self), "setting" if len(self) == len(self.settings) else "representation")
        return f"<{type(self).__name__} {self.path.name}: {held}, {self.content_hash[:12]}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.path, self.content_hash)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Bases that were read stay valid."""
        self._file.close()

    def read(self, setting: RepresentationName) -> CompiledSetting:
        """The compiled basis of one setting, checked against its hash. Only its rows are read.

        Args:
            setting: a setting, or its name as :meth:`Setting.parse` reads it: its invariant functions. Or, for
                another character, a representation or its name, such as ``"136:B1g"``.

        Raises:
            SettingError: the store does not hold this setting, there is none of this name, or it is a bare number.
            StoreCorruptError: the content does not match its hash.
        """
        wanted = as_representation(setting)
        row = self._row(wanted)
        self._check_open()
        with self._file.errors():
            arrays = {
                column.name: array.read(*self._offsets[column.axis][row : row + 2])
                for column, array in self._columns.items()
            }
            compiled = CompiledSetting(
                setting=wanted.setting, character=wanted.number, norm_limit=self._norm_limits[row], **arrays
            )
            if compiled.digest() != self._digests[row]:
                raise self._file.corrupt(f"the basis of {wanted.label} does not match its checksum")
            check_setting(compiled)
        return compiled

    def tensor_basis(
        self, setting: SettingName, formula: str | IndexSymmetry, *, axial: bool = False
    ) -> TensorBasis:
        """The tensors that the point group of a setting allows, exactly, for any index symmetry (T8).

        Components are in the setting's Cartesian frame, see :mod:`basis_store.tensors.cartesian_frame`.

        Args:
            setting: the setting; its translations do not matter.
            formula: such as ``"ij=ji"`` or ``"ijkl=jikl=klij"``, see :meth:`IndexSymmetry.parse`; or an
                index symmetry, which includes whether it is axial.
            axial: whether the tensor that a formula describes is axial.

        Raises:
            FormulaError: the formula cannot be read.
            SettingError: as :meth:`read`.
            StoreCorruptError: the stored tensors do not match their hash.
        """
        from basis_store.tensors.index_symmetry import IndexSymmetry  # noqa: PLC0415
        from basis_store.tensors.tensor_basis import symmetrised_basis  # noqa: PLC0415

        symmetry = formula if isinstance(formula, IndexSymmetry) else IndexSymmetry.parse(formula, axial=axial)
        setting = as_setting(setting)
        row = self._row(Representation(setting))
        orientation = int(self.tensors.orientations[row])
        key = orientation, symmetry
        if key not in self._tensor_bases:
            space = self.tensors.space(orientation, rank=symmetry.rank, axial=symmetry.axial)
            self._tensor_bases[key] = symmetrised_basis(setting, symmetry, space)
        known = self._tensor_bases[key]
        return known if known.setting == setting else replace(known, setting=setting)

    @property
    def tensors(self) -> TensorTable:
        """The invariant tensors of every orientation, checked against their hash; read on first use.

        Raises:
            StoreCorruptError: as :meth:`tensor_basis`.
        """
        if self._tensors is None:
            self._check_open()
            self._tensors = self._read_tensors()
        return self._tensors

    def _read_tensors(self) -> TensorTable:
        from basis_store.tensors.tensor_table import TensorTable  # noqa: PLC0415

        if self.recipe.groups != "space":
            raise SettingError(f"{self.path.name} holds {self.recipe.groups} groups, which have no tensors here")
        with self._file.errors():
            table = TensorTable(**{column.name: self._file.read(column.path) for column in TENSOR_COLUMNS})
            if table.digest(self.content_hash) != self._file.read("tensors/sha256").tobytes():
                raise self._file.corrupt("its tensors do not match their hash")
            table.check()
        return table

    @property
    def has_wyckoff_positions(self) -> bool:
        """Whether the store holds Wyckoff positions: those of format 1.3 do, see :meth:`wyckoff_positions`."""
        return has_wyckoff_positions(self.recipe, self.format_version)

    def wyckoff_positions(self, setting: SettingName) -> WyckoffPositions:
        """The Wyckoff positions of a setting by letter, ``"a"`` first and the general position last.

        Each has one of its points; all its points are :func:`basis_store.wyckoff_points`.

        Args:
            setting: the setting, or its name as :meth:`Setting.parse` reads it.

        Raises:
            SettingError: as :meth:`read`, or this store holds no Wyckoff positions.
            StoreCorruptError: the stored positions do not match their hash.
        """
        return self.wyckoff.positions(self._row(Representation(as_setting(setting))))

    @property
    def wyckoff(self) -> WyckoffTable:
        """The Wyckoff positions of all settings, checked against their hash; read on first use.

        Raises:
            SettingError, StoreCorruptError: as :meth:`wyckoff_positions`.
        """
        if self._wyckoff is None:
            self._check_open()
            self._wyckoff = self._read_wyckoff()
        return self._wyckoff

    def _read_wyckoff(self) -> WyckoffTable:
        from basis_store.groups.wyckoff.position_table import WyckoffTable  # noqa: PLC0415

        if not self.has_wyckoff_positions:
            raise SettingError(
                f"{self.path.name} holds no Wyckoff positions; the store that ships has those of all settings"
            )
        with self._file.errors():
            table = WyckoffTable(**{column.name: self._file.read(column.path) for column in WYCKOFF_COLUMNS})
            if table.digest(self.content_hash) != self._file.read(WYCKOFF_HASH.path).tobytes():
                raise self._file.corrupt("its Wyckoff positions do not match their hash")
            table.check()
        return table

    def _check_open(self) -> None:
        if not self._file:
            raise ValueError(f"the store {self.path} is closed")

    def _row(self, wanted: Representation) -> int:
        try:
            return self._rows[wanted]
        except KeyError:
            why = f"it was compiled with settings={self.recipe.settings!r}"
            if wanted.setting.kind != self.recipe.groups:
                why = f"it holds {self.recipe.groups} groups"
            elif wanted.setting in self.settings:
                why = "it has invariant functions only; sgbasis fetch characters gets a store with the others"
            raise SettingError(
                f"{self.path.name} holds no basis for {wanted.label} ({wanted.setting.name}): {why}"
            ) from None


def _reopen(path: Path, content_hash: str) -> StoreReader:
    reader = StoreReader(path)
    if reader.content_hash != content_hash:
        raise StoreCorruptError(f"{path} was replaced by a store with other content ({reader.content_hash})")
    return reader

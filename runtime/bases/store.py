"""Stores of bases as PyTorch modules."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, from_numpy

from basis_store import CompiledSetting, Recipe, Representation, Setting, StoreReader, open_store
from basis_store.counted import counted
from basis_store.groups.group import Group, LatticeFamily
from basis_store.groups.representation import RepresentationName, as_representation
from basis_store.groups.setting import SettingName
from runtime.bases.basis import Basis

if TYPE_CHECKING or "jaxtyping" in sys.modules:  # tensors are imported when they are used
    from basis_store import IndexSymmetry, TensorBasis, WyckoffPositions

__all__ = ["Recipe", "Setting", "Store", "load_store"]


def load_store(path: str | os.PathLike[str] | None = None) -> Store:
    """Open a store of exact bases; without a path, the default store that ships with the package, offline.

    Args:
        path: an HDF5 store written by ``sgbasis compile``, or the path that ``sgbasis fetch`` printed.

    Raises:
        FileNotFoundError: no such file.
        basis_store.StoreFormatError: not a store, or a format that this release does not read.
        basis_store.StoreCorruptError: the store is damaged.
    """
    return Store(open_store(path))


class Store:
    """A store of bases, indexed by :class:`Setting`, never by a bare number; opened by :func:`load_store`.

    Args:
        reader: of the file.

    Attributes:
        path: the file.
        content_hash: SHA-256 of its content; state it when you publish a model.
        recipe: how it was built.
        settings: the settings it holds.
        representations: the same with their characters; one of each in a store of invariant functions.
    """

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self.path: Path = reader.path
        self.content_hash: str = reader.content_hash
        self.recipe: Recipe = reader.recipe
        self.settings: tuple[Group, ...] = reader.settings
        self.representations: tuple[Representation, ...] = reader.representations
        self._compiled: dict[Representation, CompiledSetting] = {}

    def basis(
        self, setting: RepresentationName, *, radius: float | None = None, count: int | None = None
    ) -> Basis:
        """The basis of one setting, whole or truncated.

        Args:
            setting: a setting, or its name as :meth:`Setting.parse` reads it: its invariant functions. Or, for
                another character, a representation or its name, such as ``"136:B1g"``.
            radius: as for :meth:`Basis.truncate`; default: that of the store.
            count: as for :meth:`Basis.truncate`; default: all functions.

        Raises:
            basis_store.SettingError: the store does not hold this setting, or it is a bare number.
            basis_store.StoreCorruptError: the stored basis does not match its checksum.
            basis_store.CutoffError: the store holds fewer functions or a smaller radius.
        """
        compiled = self.compiled(setting)
        shared = self._reader.shared_waves[compiled.setting.lattice_family]
        basis = Basis(compiled, shared_waves=shared, content_hash=self.content_hash)
        return basis if radius is None and count is None else basis.truncate(radius=radius, count=count)

    def compiled(self, setting: RepresentationName) -> CompiledSetting:
        """The stored integers of one setting: operations, waves, phases; read and checked once, then kept.

        Raises:
            As :meth:`basis`.
        """
        wanted = as_representation(setting)
        if wanted not in self._compiled:
            self._compiled[wanted] = self._reader.read(wanted)
        return self._compiled[wanted]

    def tensor_basis(
        self, setting: SettingName, formula: str | IndexSymmetry, *, axial: bool = False
    ) -> TensorBasis:
        """The tensors that the point group of a setting allows, exactly, for any index symmetry (T8).

        Args:
            setting: a setting, or its name as :meth:`Setting.parse` reads it.
            formula: such as ``"ij=ji"``, ``"ijk=ikj"`` or ``"ijkl=jikl=klij"``; or an index symmetry, which
                includes whether it is axial.
            axial: whether the tensor that a formula describes is axial.

        Raises:
            basis_store.FormulaError: the formula cannot be parsed.
            basis_store.SettingError: the store does not hold this setting, or it is a bare number.
            basis_store.StoreCorruptError: the stored tensors do not match their hash.
        """
        return self._reader.tensor_basis(setting, formula, axial=axial)

    def wyckoff_positions(self, setting: SettingName) -> WyckoffPositions:
        """The Wyckoff positions of a setting by letter, ``"a"`` first and the general position last.

        Args:
            setting: a setting, or its name as :meth:`Setting.parse` reads it.

        Raises:
            basis_store.SettingError: the store does not hold this setting or no Wyckoff positions, or it is a
                bare number.
            basis_store.StoreCorruptError: the stored positions do not match their hash.
        """
        return self._reader.wyckoff_positions(setting)

    def shared_waves(self, family: LatticeFamily) -> Tensor:
        """(K, 3) int64: the waves that every setting of ``family`` has, without 0, in store order."""
        return from_numpy(self._reader.shared_waves[family].astype("int64"))

    def __deepcopy__(self, memo: object) -> Store:
        """Itself: nothing in a store changes, so copies of a model share it."""
        return self

    def __contains__(self, setting: RepresentationName) -> bool:
        """Whether the store holds this setting; :class:`basis_store.SettingError` for a bare number."""
        return setting in self._reader

    def __len__(self) -> int:
        return len(self.representations)

    def __repr__(self) -> str:
        return f"<Store {self.path.name}: {counted(len(self.settings), 'setting')}, {self.content_hash[:12]}>"

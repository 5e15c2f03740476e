"""Extinction classes: settings of one Laue class, in the same axes, that forbid the same reflections.

A setting forbids k <=> an operation has kR = k and k.t not an integer (T1). For each sublattice V of waves that a
rotation of the Laue class fixes (hkl, 0kl, 00l ...), the gains k.t of the operations that fix V pointwise form a
finite abelian group. Two settings forbid the same reflections <=> these groups are equal on all V, which is
compared exactly. The sublattices are closed under intersection, so the smallest V that holds k decides about k.

There are 239 classes in the axes of the 530 settings. International Tables also list the reverse setting of R
lattices, which is added here for indices on hexagonal axes: reflections k have the conditions of -h, -k, l.

Source: International Tables for Crystallography A (2006), section 3.1.3 and table 3.1.4.1.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_compiler.reflections.conditions.reflection_conditions import (
    ReflectionConditions,
    reflection_conditions,
)
from basis_compiler.reflections.conditions.reflection_congruences import Gains, Wave, gain_group
from basis_compiler.reflections.conditions.wave_zones import fixed_waves
from basis_compiler.reflections.extinctions.extinction_symbols import extinction_symbol
from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_store import Setting
from basis_store.array_types import BoolArray, IntArray

_REVERSE = np.array([-1, -1, 1])


@dataclass(frozen=True, eq=False)
class ExtinctionClass:
    """Settings that no systematic absence tells apart.

    Attributes:
        symbol: the extinction symbol, such as ``"P 1 21/c 1"`` or ``"P n a -"``.
        laue: its Laue class.
        settings: the members, by Hall number.
        conditions: what they require of reflections; in the reverse setting, of -h, -k, l.
        is_reverse: whether indices refer to the reverse setting of an R lattice on hexagonal axes.
    """

    symbol: str
    laue: LaueClass
    settings: tuple[Setting, ...]
    conditions: ReflectionConditions
    is_reverse: bool = False

    def allows(self, hkl: IntArray) -> BoolArray:
        """Whether each of (n, 3) indices may be present; (n,)."""
        return self.conditions.allows(hkl * _REVERSE if self.is_reverse else hkl)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The space-group numbers of its settings, rising."""
        return tuple(sorted({setting.number for setting in self.settings}))

    @property
    def groups(self) -> tuple[str, ...]:
        """The space groups as they are written in these axes, such as ``"Pnma (62)"``; origins do not count."""
        return tuple(dict.fromkeys(f"{_symbol_in_axes(one)} ({one.number})" for one in self.settings))


@functools.cache
def extinction_classes(laue: LaueClass) -> tuple[ExtinctionClass, ...]:
    """The extinction classes of a Laue class, by the lowest Hall number of each."""
    bases = sorted({basis for rotation in laue.rotations if (basis := fixed_waves(rotation))})
    members: dict[tuple[frozenset[Gains], ...], list[Setting]] = {}
    for setting in laue.settings:
        members.setdefault(_key(setting, bases), []).append(setting)
    found = []
    for settings in members.values():
        conditions = reflection_conditions(settings[0])
        one = ExtinctionClass(extinction_symbol(settings[0], laue.rotations), laue, tuple(settings), conditions)
        found.append(one)
        if settings[0].centring == "R":
            symbol = one.symbol.replace("R(obv)", "R(rev)")
            found.append(ExtinctionClass(symbol, laue, tuple(settings), conditions, is_reverse=True))
    return tuple(found)


def _key(setting: Setting, bases: list[tuple[Wave, ...]]) -> tuple[frozenset[Gains], ...]:
    """What decides which waves are absent: the group of gains on each sublattice."""
    group = operations(setting)
    key = []
    for basis in bases:
        array = np.array(basis)
        fixing = (array @ group.rotations == array).all(axis=(1, 2))
        key.append(gain_group(group.translations24[fixing] @ array.T))
    return tuple(key)


def _symbol_in_axes(setting: Setting) -> str:
    """The Hermann-Mauguin symbol in the axes of the setting: P12_1/n1, Pbnm, R-3c."""
    if setting.crystal_system == "monoclinic":
        return "".join(setting.full_symbol.split())
    return setting.symbol

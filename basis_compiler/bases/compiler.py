"""Compile settings: waves -> dual graph -> orbits -> proof. One dual graph serves all settings that share it."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from basis_compiler.bases.certificate import prove, prove_extent
from basis_compiler.bases.dual_graph import SpanningForest, spanning_forest
from basis_compiler.bases.phases import SolvedOrbits, solve_phases
from basis_compiler.groups.origin_shifts import origin_shifts
from basis_compiler.groups.spglib_database import operations
from basis_compiler.parallel.parallel_map import parallel_map
from basis_store import CompiledSetting, Recipe, Representation, ball_norm, wave_norm, waves_within
from basis_store.bases.schema import CHARACTERS, COLUMNS
from basis_store.groups.group import Group, LatticeFamily
from basis_store.groups.representation import RepresentationName, as_representation

Progress = Callable[[int], None]

_BUNDLE = 16
"""Maximum number of settings per task: enough to amortise their dual graph, few enough to balance the load."""


def compile_recipe(
    recipe: Recipe, *, workers: int = 1, scheduler: str | None = None, progress: Progress | None = None
) -> list[CompiledSetting]:
    """Compile and prove every setting of a recipe, with every character that it names.

    Args:
        recipe: what to compile.
        workers: processes; the result does not depend on their number.
        scheduler: address of a Dask cluster to use instead.
        progress: called with the number of settings finished since the last call.

    Returns:
        The compiled settings in the order of their keys and characters.

    Raises:
        CertificateError: a setting fails its proof; nothing is returned then.
        CompilationError: a worker process was killed, or the cluster cannot do the work.
    """
    bundles = _bundles(recipe.representation_list)
    compiled: list[CompiledSetting] = []
    results = parallel_map(
        functools.partial(compile_bundle, recipe),
        bundles,
        workers=min(workers, len(bundles)),
        scheduler=scheduler,
        hint="a smaller recipe",
    )
    with contextlib.closing(results):
        for batch in results:
            compiled += batch
            if progress:
                progress(len(batch))
    return sorted(compiled, key=lambda one: one.representation)


def compile_setting(setting: RepresentationName, *, radius: int = 5, min_functions: int = 64) -> CompiledSetting:
    """Compile and prove a single setting.

    Args:
        setting: a setting, or its name as :meth:`Setting.parse` reads it; a magnetic group or a plane group, or
            its name, such as ``"BNS:62.446"`` or ``"plane:17"``; or a representation or its name, such as
            ``"136:B1g"`` or ``"62.446:odd"``.
        radius: as in :class:`basis_store.Recipe`.
        min_functions: as there.

    Raises:
        SettingError: there is no setting of this name, or it is a bare number.
        RecipeError: a number out of range.
    """
    wanted = as_representation(setting)
    group = wanted.setting
    recipe = Recipe(radius=radius, min_functions=min_functions, settings=(group.key,), groups=group.kind)
    return compile_bundle(recipe, (wanted,))[0]


def compile_bundle(recipe: Recipe, bundle: Sequence[Representation]) -> list[CompiledSetting]:
    """Compile settings with the same rotations and lattice family: each part of their dual graph is built once."""
    first = bundle[0].setting
    forests = _Forests(first, operations(first).distinct_rotations, recipe.radius)
    compiled = []
    for representation in bundle:
        one = _compile(representation, forests, recipe)
        prove(one)
        prove_extent(one, recipe)
        compiled.append(one)
    return compiled


def _bundles(wanted: Iterable[Representation]) -> list[tuple[Representation, ...]]:
    """Settings of one lattice family and set of rotations, a few at a time; the most expensive first."""

    def key(one: Representation) -> tuple[LatticeFamily, tuple[bytes, ...]]:
        return one.setting.lattice_family, operations(one.setting).distinct_rotations

    bundles = []
    for _, group in itertools.groupby(sorted(wanted, key=lambda one: (key(one), one)), key):
        members = tuple(group)
        bundles += [members[start : start + _BUNDLE] for start in range(0, len(members), _BUNDLE)]
    return sorted(bundles, key=lambda bundle: -sum(len(operations(one.setting)) for one in bundle))


class _Forests:
    """Spanning forests of one dual graph on successive batches of complete shells, built on first use.

    Orbits never leave a shell, so the graph separates into shells and can be extended outwards. Batch 0 is
    the shared ball; each further batch multiplies the norm by about 1.5, the radius by about 1.2.
    """

    def __init__(self, group: Group, distinct_rotations: tuple[bytes, ...], radius: int) -> None:
        self._group = group
        self._distinct_rotations = distinct_rotations
        self._radius = radius
        self._batches: list[SpanningForest] = []

    def batch(self, number: int) -> SpanningForest:
        while len(self._batches) <= number:
            waves = self._waves(len(self._batches))
            inner = len(self._waves(len(self._batches) - 1)) if self._batches else 0
            self._batches.append(spanning_forest(self._distinct_rotations, waves[inner:]))
        return self._batches[number]

    def _waves(self, number: int) -> NDArray[np.int16]:
        return waves_within(self._group.lattice_family, self._limit(number), self._group.dimension)

    def _limit(self, number: int) -> int:
        limit = ball_norm(self._radius)
        for _ in range(number):
            limit += limit // 2 + 1
        return limit


def _compile(representation: Representation, forests: _Forests, recipe: Recipe) -> CompiledSetting:
    group, setting = operations(representation), representation.setting
    batches = [solve_phases(group, forests.batch(0))]
    while sum(len(batch.orbit_sizes) for batch in batches) < recipe.min_functions:
        batches.append(solve_phases(group, forests.batch(len(batches))))
    columns = {
        name: np.concatenate([getattr(b, name) for b in batches]) for name in SolvedOrbits.__dataclass_fields__
    }
    limit = _norm_limit(setting, columns, recipe)
    columns = _truncated(setting, columns, limit)
    shifts = origin_shifts(group)
    columns |= {
        "rotations": group.rotations,
        "translations24": group.translations24,
        "characters24": group.characters24,
        "shifts24": shifts.shifts24,
        "shift_orders": shifts.orders,
        "shift_directions": shifts.directions,
    }
    typed = {column.name: columns[column.name].astype(column.dtype) for column in (*COLUMNS, CHARACTERS)}
    return CompiledSetting(setting=setting, character=representation.number, norm_limit=limit, **typed)


def _norm_limit(setting: Group, columns: dict[str, np.ndarray], recipe: Recipe) -> int:
    """The ball, or the shell that brings the number of functions to the minimum if that lies beyond."""
    starts = np.cumsum(columns["orbit_sizes"]) - columns["orbit_sizes"]
    norms = wave_norm(columns["waves"][starts], setting.lattice_family)
    needed = int(norms[recipe.min_functions - 1]) if recipe.min_functions else 0
    return max(ball_norm(recipe.radius), needed)


def _truncated(setting: Group, columns: dict[str, np.ndarray], limit: int) -> dict[str, np.ndarray]:
    """Drop the shells beyond ``limit``: a prefix of every column, since orbits are in the order of their norm."""
    waves = int((wave_norm(columns["waves"], setting.lattice_family) <= limit).sum())
    absent = int((wave_norm(columns["absent_waves"], setting.lattice_family) <= limit).sum())
    orbits = int(np.searchsorted(np.cumsum(columns["orbit_sizes"]), waves, side="right"))
    absences = int(np.searchsorted(np.cumsum(columns["absence_sizes"]), absent, side="right"))
    lengths = {
        "waves": waves, "phases24": waves, "absent_waves": absent,
        "absence_sizes": absences, "witnesses": absences,
    }  # fmt: skip
    return {name: column[: lengths.get(name, orbits)] for name, column in columns.items()}

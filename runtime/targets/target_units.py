"""The units of targets, from the datasets that a model is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from basis_store import CrystalTable, TargetError
from basis_store.datasets.units import TRUE_FALSE, UNKNOWN_UNIT
from runtime.targets.class_target import ClassTarget
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import Target


def targets_with_units(
    tables: Sequence[CrystalTable], targets: Sequence[Target]
) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """Targets with the units that datasets state, where they have none of their own; truth values become classes.

    Args:
        tables: the datasets.
        targets: some with units, which are kept, some without.

    Returns:
        The targets, and a note for each whose unit nobody states.

    Raises:
        TargetError: datasets state different units for a target without one, only some of them state one, or
            the logarithm of a logarithm is to be learnt.
    """
    found: list[Target] = []
    notes = []
    for target in targets:
        if isinstance(target, ClassTarget):
            found.append(target)
            continue
        named = {table.name: table.units[target.name] for table in tables if target.name in table.targets}
        unit = target.unit or _stated(target.name, named)
        if unit == UNKNOWN_UNIT:
            notes.append(
                f"no dataset states the unit of {target.name!r}: predictions will have an {UNKNOWN_UNIT}; "
                f"state it with 'sgbasis crystals --target-unit {target.name}=UNIT', or in the configuration"
            )
        found.append(_of_truth_values(target) if unit == TRUE_FALSE else replace(target, unit=unit))
    return tuple(found), tuple(notes)


def _of_truth_values(target: Target) -> ClassTarget:
    if not isinstance(target, ScalarTarget):
        raise TargetError(f"{target.name!r} is true or false, not a {target.kind}")
    return ClassTarget(target.name, log10=target.log10, mask_column=target.mask_column)


def _stated(name: str, units: dict[str, str]) -> str:
    """The one unit that datasets, by their names, state for a target; :data:`UNKNOWN_UNIT` if none does."""
    if len(set(units.values())) > 1:
        said = ", ".join(f"{table} in {unit!r}" if unit else f"{table} in none" for table, unit in units.items())
        raise TargetError(
            f"the datasets have {name!r} in different units: {said}; compile them with one --target-unit"
            + ("" if all(units.values()) else ", or state the unit in the configuration")
        )
    return next(iter(units.values()), "") or UNKNOWN_UNIT

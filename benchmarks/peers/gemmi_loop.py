"""The peer: a plain loop over gemmi for orbits, phases and absences of given waves."""

from __future__ import annotations

import math

import gemmi

from basis_store import CompiledSetting


def gemmi_orbits(compiled: CompiledSetting) -> tuple[list[dict[tuple[int, ...], float]], int]:
    """Orbits with phases, and the number of absent waves, of the waves of one compiled setting."""
    group = gemmi.symops_from_hall(compiled.representation.space_setting.hall_symbol)
    operations = list(group)
    todo = {tuple(wave) for wave in [*compiled.waves.tolist(), *compiled.absent_waves.tolist()]}
    orbits: list[dict[tuple[int, ...], float]] = []
    absent = 0
    while todo:
        root = todo.pop()
        frustrated = group.is_systematically_absent(list(root))
        orbit: dict[tuple[int, ...], float] = {}
        for operation in operations:
            image = tuple(operation.apply_to_hkl(list(root)))
            if image not in orbit:
                orbit[image] = -operation.phase_shift(list(root)) % math.tau
        todo.difference_update(orbit)
        if frustrated:
            absent += len(orbit)
        else:
            orbits.append(orbit)
    return orbits, absent

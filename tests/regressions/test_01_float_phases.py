"""Regression 1. A C++ polymer-field code wrapped phases kept as floats in the wrong unit: radians, modulo 1.

Whole turns then no longer cancel: R3c aborted, and R-3c silently cancelled stars that are allowed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from basis_compiler import dimensions, operations
from basis_store import Setting, StoreReader


def wrapped_in_the_wrong_unit(radians: float) -> float:
    return radians - round(radians)


@pytest.mark.parametrize("number", [161, 167])
def test_wrapping_radians_modulo_one_cancels_allowed_stars(number: int, reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(number))
    cancelled = 0
    for root in compiled.roots.astype(int):
        phases: dict[tuple[int, ...], float] = {}
        for rotation, translation in zip(compiled.rotations, compiled.translations24, strict=True):
            phase = wrapped_in_the_wrong_unit(2 * math.pi * float(root @ translation) / 24)
            image = tuple((root @ rotation).tolist())
            if abs(phases.setdefault(image, phase) - phase) > 1e-6:
                cancelled += 1
                break
    assert cancelled > 10, "the old bug, re-enacted, loses stars"
    listed = np.concatenate([compiled.waves, compiled.absent_waves])
    assert compiled.n_orbits == sum(dimensions(operations(compiled.setting), listed).values())

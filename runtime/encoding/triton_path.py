"""The GPU kernels called: from coordinates to all columns, and back for the gradient."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from runtime.encoding.packed_tables import FIELDS, WIDTH, PackedTables
from runtime.encoding.plan import EncodingPlan
from runtime.encoding.triton_kernels import gradient_kernel, values_kernel

_POINTS, _REAL_POINTS, _GRADIENT_POINTS = 8, 16, 32
"""Points of a program at a time: complex columns, real ones, gradients."""

_COLUMNS = 64
"""Columns of a program at a time: fewer than it has threads, so that no thread asks another for a weight."""

_PROGRAMS = 8
"""On each multiprocessor: as many as its registers can hold in float32."""


class Work(NamedTuple):
    """What the kernels work through.

    Attributes:
        tables: of all settings.
        plan: the points sorted by setting; None: all are in the only setting of the tables.
        places: (settings,) of the plan among those of the tables; None as well.
    """

    tables: PackedTables
    plan: EncodingPlan | None = None
    places: Tensor | None = None


def values(x: Tensor, work: Work) -> Tensor:
    """(n, 3) -> (n, columns), each complex column as its real and its imaginary part."""
    tables, parts = work.tables, 2 if work.tables.is_complex else 1
    result = x.new_empty(len(x), parts * tables.n_columns)
    if not len(x):
        return result
    points = _POINTS if tables.is_complex else _REAL_POINTS
    programs = min(-(-len(x) // points), _resident_programs(x))
    # A part of the scratch memory for every program: few enough that all of them stay in the cache.
    scratch = x.new_empty(programs * points * parts * tables.n_slots)
    with torch.cuda.device_of(x):
        values_kernel[(programs,)](
            x.contiguous(), result, scratch, *_sorted_points(work), tables.starts, tables.rows, tables.members,
            tables.slots, tables.weights(x.dtype), len(x), tables.n_slots, **_options(work, points),
            COLUMNS=_COLUMNS,
        )  # fmt: skip
    return result


def slopes(x: Tensor, gradient: Tensor, work: Work) -> Tensor:
    """(n, 3) gradients by ``x`` from (n, columns) gradients by the values; without a graph."""
    tables, result = work.tables, torch.empty_like(x, memory_format=torch.contiguous_format)
    if not len(x):
        return result
    with torch.cuda.device_of(x):
        gradient_kernel[(-(-len(x) // _GRADIENT_POINTS),)](
            x.contiguous(), gradient.contiguous(), result, *_sorted_points(work), tables.starts, tables.rows,
            tables.members, tables.row_columns, tables.weights(x.dtype), len(x),
            **_options(work, _GRADIENT_POINTS),
        )  # fmt: skip
    return result


def _sorted_points(work: Work) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    return (None, None, None) if work.plan is None else (work.plan.order, work.plan.kinds, work.places)


def _options(work: Work, points: int) -> dict[str, int | bool]:
    """Constants of a kernel; of the length of rows only what it takes to align stores, so that few kernels do."""
    n_columns = work.tables.n_columns
    alignment = next(n for n in (4, 2, 1) if n_columns % n == 0)
    return {
        "n_columns": n_columns // alignment, "ALIGNMENT": alignment, "COMPLEX": work.tables.is_complex,
        "MIXED": work.plan is not None, "POINTS": points, "WIDTH": WIDTH, "FIELDS": FIELDS,
        "enable_fp_fusion": True,
    }  # fmt: skip


def _resident_programs(x: Tensor) -> int:
    if not x.is_cuda:  # Triton's interpreter, one program after the other
        return 3
    multiprocessors: int = torch.cuda.get_device_properties(x.device).multi_processor_count
    return multiprocessors * (_PROGRAMS if x.dtype == torch.float32 else _PROGRAMS // 2)

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
"""Columns of a program at a time: fewer than it has threads, so that each loads the weights that it needs."""

_PROGRAMS = 7
"""On each multiprocessor: all run at once, since a thread takes at most 72 registers, in float64 too."""


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


def write(x: Tensor, values: Tensor, work: Work) -> None:
    """From (n, 3) coordinates to (n, parts) ``values``: real columns, or real and imaginary parts in turn."""
    if not len(x):
        return
    tables, parts = work.tables, 2 if work.tables.is_complex else 1
    points = _POINTS if tables.is_complex else _REAL_POINTS
    programs = min(-(-len(x) // points), _resident_programs(x))
    # A part of the scratch memory for every program: few enough that all of them stay in the cache.
    scratch = x.new_empty(programs * points * parts * tables.n_sums)
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        values_kernel[(programs,)](
            x.contiguous(), values, scratch, *_sorted_points(work), tables.starts, tables.rows, tables.members,
            tables.sources, tables.weights(x.dtype)[0], len(x), tables.n_sums, **_options(work, points),
            COLUMNS=_COLUMNS,
        )  # fmt: skip


def slopes(x: Tensor, gradient: Tensor, work: Work) -> Tensor:
    """(n, 3) gradients by ``x`` from (n, columns) gradients by the values; without a graph."""
    tables, result = work.tables, torch.empty_like(x, memory_format=torch.contiguous_format)
    if not len(x):
        return result
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        gradient_kernel[(-(-len(x) // _GRADIENT_POINTS),)](
            x.contiguous(), gradient.contiguous(), result, *_sorted_points(work), tables.starts, tables.rows,
            tables.members, tables.row_columns, tables.weights(x.dtype)[1], len(x),
            **_options(work, _GRADIENT_POINTS),
        )  # fmt: skip
    return result


def _sorted_points(work: Work) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    return (None, None, None) if work.plan is None else (work.plan.order, work.plan.kinds, work.places)


def _options(work: Work, points: int) -> dict[str, int | bool]:
    """Constants of a kernel; of the length of rows only whether it is even, so that few kernels are compiled."""
    n_columns = work.tables.sources.shape[1]
    alignment = 2 - n_columns % 2
    return {
        "n_columns": n_columns // alignment, "ALIGNMENT": alignment, "COMPLEX": work.tables.is_complex,
        "MIXED": work.plan is not None, "POINTS": points, "WIDTH": WIDTH, "FIELDS": FIELDS,
        "enable_fp_fusion": True,
    }  # fmt: skip


def _resident_programs(x: Tensor) -> int:
    if not x.is_cuda:  # Triton's interpreter, one program after the other
        return 3
    multiprocessors: int = torch.cuda.get_device_properties(x.device).multi_processor_count
    return multiprocessors * _PROGRAMS

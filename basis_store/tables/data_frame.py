"""Tables of pandas, which is needed only where somebody asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from basis_store.extras import needed_for

if TYPE_CHECKING:
    from pandas import DataFrame


def data_frame(
    columns: Mapping[str, Sequence[object] | np.ndarray], units: Mapping[str, str] | None = None
) -> DataFrame:
    """A table with these columns; a column of arrays is one of objects.

    Args:
        columns: by name; all have as many rows.
        units: of columns, by name; kept as ``attrs["units"]``.

    Raises:
        MissingDependencyError: pandas is not installed.
    """
    with needed_for("a table of pandas"):
        from pandas import DataFrame  # noqa: PLC0415 - optional, and slow to import
    frame = DataFrame({name: _one_dimensional(values) for name, values in columns.items()})
    frame.attrs["units"] = dict(units or {})
    return frame


def _one_dimensional(values: Sequence[object] | np.ndarray) -> object:
    return list(values) if isinstance(values, np.ndarray) and values.ndim > 1 else values

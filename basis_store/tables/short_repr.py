"""What objects look like in Python: larger arrays by their shapes, long texts and lists shortened."""

from __future__ import annotations

import dataclasses
import reprlib
from typing import Any

import numpy as np

_FEW = 12
"""Numbers that are written one by one."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 100
_SHORT.maxtuple = _SHORT.maxlist = _SHORT.maxdict = _SHORT.maxset = 4
_SHORT.maxlevel = 2


class ShortRepr:
    """The base of dataclasses that hold arrays: ``GridField(values=<(18, 18, 18) float64>, unit='1', ...)``."""

    def __repr__(self) -> str:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # of dataclasses
        parts = (f"{one.name}={_short(getattr(self, one.name))}" for one in fields if one.repr)
        return f"{type(self).__name__}({', '.join(parts)})"


def _short(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        if isinstance(value, np.ndarray) and value.size <= _FEW and value.dtype.kind in "if":
            return str((value.round(6) + 0).tolist())
        return f"<{tuple(value.shape)} {value.dtype}>"
    if dataclasses.is_dataclass(value):
        return repr(value)
    return _SHORT.repr(value)

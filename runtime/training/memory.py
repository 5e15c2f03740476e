"""Memory between the steps of a training run."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of malloc.h
_GREATEST = 2**31 - 1
_TENSORS = 32 << 20
"""Bytes; no allocation of a usual step is larger, and not every version of glibc accepts more."""


def keep_freed_memory() -> None:
    """Let glibc keep what tensors free for the tensors of the next step, instead of giving it back.

    By default large blocks go back to the system and return as fresh pages, which must be mapped and cleared one
    by one: that took more than a tenth of every step on a CPU. Other C libraries are left as they are.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _TENSORS)
        mallopt(_TRIM_THRESHOLD, _GREATEST)

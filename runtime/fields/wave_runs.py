"""Many waves as pairs (h, k) with several l each: what depends on h and k alone is computed once for each pair."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import IntArray


class WaveRuns(NamedTuple):
    """Waves in runs of one (h, k).

    Attributes:
        h, k: (r,) of the runs.
        counts: (r,) their numbers of waves; None if each has one.
        l: (n,) of the waves, run after run.
    """

    h: IntArray
    k: IntArray
    counts: IntArray | None
    l: IntArray  # noqa: E741 - a Miller index

    def __len__(self) -> int:
        return len(self.l)

    def repeated(self, values: NDArray[Any]) -> NDArray[Any]:
        """(n,) for each wave what its run has in ``values`` (r,)."""
        return values if self.counts is None else np.repeat(values, self.counts)

"""Which crystals make a step: always ``batch_size`` of them, of like length.

They are drawn from a shuffled window and sorted by length, so that little is padded. A step is worked off in
batches of bounded cost (:func:`runtime.prediction.batches`), and gradients do not depend on how it was cut.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_WINDOW = 40
"""Steps that are shuffled and sorted together: long enough to sort well, short enough to stay random."""


def epoch_steps(lengths: Indices, batch_size: int, *, seed: int, epoch: int) -> list[Indices]:
    """One epoch: every index once, in random steps of crystals of like length (regression 9).

    Args:
        lengths: (n,) tokens of each crystal.
        batch_size: crystals per step; the last step may be smaller.
        seed: of the training run.
        epoch: each has its own order, which does not depend on the epochs before: a run can resume at any.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    steps: list[Indices] = []
    for start in range(0, len(order), _WINDOW * batch_size):
        window = order[start : start + _WINDOW * batch_size]
        window = window[np.argsort(lengths[window], kind="stable")]
        steps += [window[i : i + batch_size] for i in range(0, len(window), batch_size)]
    return [steps[i] for i in rng.permutation(len(steps))]

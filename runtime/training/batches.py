"""Which crystals go together: steps of one size, crystals of like length, pieces that fit in the cache.

A step always has ``batch_size`` crystals. They are drawn from a shuffled window and sorted by length, so that
little is padded, and a step is worked off in pieces whose padded pairs stay within a budget: there is no
greatest number of sites, and gradients do not depend on how a step was cut.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_WINDOW = 40
"""Steps that are shuffled and sorted together: long enough to sort well, short enough to stay random."""


def epoch_steps(lengths: Indices, batch_size: int, *, seed: int, epoch: int) -> list[Indices]:
    """One epoch: every index once, in random steps of crystals of like length (museum, 9).

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


def pieces(indices: Indices, lengths: Indices, pair_budget: int) -> list[Indices]:
    """Cut a step into pieces of at most ``pair_budget`` padded pairs, or of one crystal.

    Args:
        indices: of the step's crystals.
        lengths: (n,) tokens of every crystal.
        pair_budget: number of crystals times the square of the greatest length.
    """
    ordered = indices[np.argsort(lengths[indices], kind="stable")]
    cut: list[list[int]] = []
    for index in ordered:
        if cut and (len(cut[-1]) + 1) * int(lengths[index]) ** 2 <= pair_budget:
            cut[-1].append(int(index))
        else:
            cut.append([int(index)])
    return [np.array(piece, np.int64) for piece in cut]

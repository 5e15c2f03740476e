"""How much a model loses on space groups that it never saw: two runs compared, group by group.

One run held groups out, the other did not; all else is equal. For each held-out group with validation crystals
there are two errors; the group-balanced gap is the mean over groups of their absolute difference.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from basis_store import TrainingError


def group_balanced_gap(zero_shot: dict[str, Any], all_data: dict[str, Any]) -> tuple[float, float, float, int]:
    """Compare the errors of one target by group.

    Args:
        zero_shot: ``by_group`` scores on the held-out groups of the run that never saw them.
        all_data: ``by_group`` scores of the run that did.

    Returns:
        Mean over groups of abs(MAE zero-shot - MAE all-data), both group-balanced MAE, the number of groups.
    """
    groups = sorted(set(zero_shot) & set(all_data), key=int)
    if not groups:
        raise TrainingError("the two runs have no group in common that one held out and the other validated on")
    errors = np.array([[run[group]["mae"] for group in groups] for run in (zero_shot, all_data)])
    gap = float(np.abs(errors[0] - errors[1]).mean())
    return gap, float(errors[0].mean()), float(errors[1].mean()), len(groups)

"""Regressions from a crystal's descriptor to its tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.known_tensors import Floats, KnownTensors
from runtime.models import Target
from runtime.models.tensor_space import TensorSpace, isotropic_parts

BOOSTING, FOREST, KERNEL = "gradient boosting", "extra trees", "kernel ridge"
"""Families of regressors."""

_LEAST = 20
"""Crystals that must allow a component before it is regressed; with fewer, its mean stands for it."""


@dataclass(frozen=True)
class Candidate:
    """One way to predict tensors.

    Attributes:
        family: of regressors.
        choice: of the regressor's parameters, in words.
        make: a new regressor of scikit-learn.
        logarithms: whether logarithms of the tensors are regressed.
        parts: whether the components are those of the harmonic parts, isotropic ones first, and not those of
            the tensor's own indices.
    """

    family: str
    choice: str
    make: Callable[[], Any]
    logarithms: bool
    parts: bool

    @property
    def name(self) -> str:
        """For people."""
        values = "logarithms" if self.logarithms else "physical"
        return f"{self.family} ({self.choice}) of {values}, {'parts' if self.parts else 'components'}"

    def predict(self, x: Floats, known: KnownTensors, asked: Floats, allowed: Floats) -> Floats:
        """Fit to the descriptors of crystals with known tensors, and predict others.

        Args:
            x: (n, features).
            known: n crystals.
            asked: (m, features).
            allowed: (m, d, d) projections on what their point groups allow, in the reference frame.

        Returns:
            (m, d) physical components in the reference frame.
        """
        space = known.space
        basis = harmonic_basis(space) if self.parts else np.eye(len(space))
        y = (space.log10(known.values) if self.logarithms else known.values) @ basis
        if self.family == BOOSTING:
            # A regressor for each component, fitted to the crystals whose point group allows it, by how much it
            # does: where it is 0 anyway, there is nothing to learn.
            weights = np.einsum("di,nde,ei->ni", basis, known.allowed, basis)
            columns = [self._column(x, y[:, i], weights[:, i], asked) for i in range(y.shape[1])]
            found = np.column_stack(columns)
        else:
            mean = y.mean(axis=0)  # kernel ridge has no constant of its own
            found = mean + np.asarray(self.make().fit(x, y - mean).predict(asked))
        # Before logarithms are raised: what the point group forbids would not stay apart.
        found = np.einsum("nij,nj->ni", allowed, found @ basis.T)
        return space.exp10(found) if self.logarithms else found

    def _column(self, x: Floats, y: Floats, weights: Floats, asked: Floats) -> Floats:
        rows = weights > 1e-6
        if rows.sum() < _LEAST:
            return np.full(len(asked), np.average(y[rows], weights=weights[rows]) if rows.any() else 0.0)
        return np.asarray(self.make().fit(x[rows], y[rows], sample_weight=weights[rows]).predict(asked))


def candidates(target: Target) -> list[Candidate]:
    """The grid: three families of regressors with few choices each, and the ways to write the tensor.

    All choices with harmonic parts, of logarithms where the target has them; some with the tensor's own components
    (to kernel ridge they are all the same), and some with physical values where there are logarithms.
    """
    log10, some = target.log10, ((BOOSTING, "12 leaves"), (BOOSTING, "absolute error"), (FOREST, "leaves of 1"))
    regressors = _regressors()
    forms = [(key, log10, True) for key in regressors] + [(key, log10, False) for key in some]
    if log10:
        forms += [(key, False, True) for key in some]
    return [Candidate(*key, regressors[key], logarithms, parts) for key, logarithms, parts in forms]


def _regressors() -> dict[tuple[str, str], Callable[[], Any]]:
    """By family and choice."""

    def boosting(**options: Any) -> Callable[[], Any]:
        common = {"learning_rate": 0.08, "min_samples_leaf": 5, "max_features": 0.3, "max_bins": 64}
        return lambda: HistGradientBoostingRegressor(early_stopping=False, random_state=0, **common, **options)

    def forest(least: int) -> Callable[[], Any]:
        return lambda: ExtraTreesRegressor(300, min_samples_leaf=least, max_features=0.4, random_state=0)

    def kernel(gamma: float) -> Callable[[], Any]:
        return lambda: make_pipeline(StandardScaler(), KernelRidge(kernel="laplacian", alpha=0.03, gamma=gamma))

    return {
        (BOOSTING, "depth 3"): boosting(max_iter=200, max_depth=3),
        (BOOSTING, "12 leaves"): boosting(max_iter=120, max_leaf_nodes=12),
        (BOOSTING, "absolute error"): boosting(max_iter=120, max_leaf_nodes=12, loss="absolute_error"),
        (FOREST, "leaves of 1"): forest(1),
        (FOREST, "leaves of 3"): forest(3),
        (KERNEL, "1 / 250"): kernel(1 / 250),
        (KERNEL, "1 / 100"): kernel(1 / 100),
    }


@cache
def harmonic_basis(space: TensorSpace) -> Floats:
    """(d, d) orthogonal: columns are components of the parts of degree 0, 1, ... up to the rank."""
    parts = [isotropic_parts(space, degree).numpy() for degree in range(space.symmetry.rank + 1)]
    return np.concatenate([part.transpose(0, 2, 1).reshape(len(space), -1) for part in parts], axis=1)


def out_of_fold(candidate: Candidate, x: Floats, known: KnownTensors, folds: int) -> Floats:
    """(n, d) predictions for each crystal by a regressor that has not seen it."""
    found = np.empty_like(known.values)
    rest: NDArray[np.intp]
    for rest, held in KFold(folds, shuffle=True, random_state=0).split(x):
        found[held] = candidate.predict(x[rest], known.taken(rest), x[held], known.allowed[held])
    return found


def blended(predictions: Sequence[Floats], known: KnownTensors) -> Floats:
    """The mean of physical components, or of their logarithms where the target has them and all exist."""
    if known.target.log10:
        logarithms = np.mean([known.space.log10(one) for one in predictions], axis=0)
        if np.isfinite(logarithms).all():
            return known.space.exp10(logarithms)
    return np.asarray(np.mean(predictions, axis=0))

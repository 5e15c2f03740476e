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

from basis_store.array_types import FloatArray
from experiments.known_tensors import KnownTensors
from runtime.tensors.tensor_space import TensorSpace, isotropic_parts

BOOSTING, FOREST, KERNEL = "gradient boosting", "extra trees", "kernel ridge"
"""Families of regressors."""

_TINY = 1e-12
"""For norms of 0."""

_MIN_CRYSTALS = 20
"""Crystals that must allow a component before it is regressed; with fewer, its mean stands for it."""


@dataclass(frozen=True)
class Candidate:
    """One way to predict tensors.

    Attributes:
        family: of regressors.
        choice: parameters of the regressor, in words.
        make: creates a regressor of scikit-learn.
        logarithms: whether logarithms of the tensors are regressed, see :func:`logarithms`.
        parts: whether the components are those of the harmonic parts, isotropic ones first, and not
            those of the tensor's own indices.
    """

    family: str
    choice: str
    make: Callable[[], Any]
    logarithms: bool
    parts: bool

    @property
    def name(self) -> str:
        """The candidate in words."""
        values = "logarithms" if self.logarithms else "physical"
        return f"{self.family} ({self.choice}) of {values}, {'parts' if self.parts else 'components'}"

    def predict(self, x: FloatArray, known: KnownTensors, new_x: FloatArray, allowed: FloatArray) -> FloatArray:
        """Fit to the descriptors of crystals with known tensors, and predict others.

        Args:
            x: (n, features).
            known: n crystals.
            new_x: (m, features).
            allowed: (m, d, d) projections on what their point groups allow, in the reference frame.

        Returns:
            (m, d) physical components in the reference frame.
        """
        space = known.space
        basis = harmonic_basis(space) if self.parts else np.eye(len(space))
        take, undo = logarithms(known) if self.logarithms else (np.asarray, np.asarray)
        y = take(known.values) @ basis
        if self.family == BOOSTING:
            # A regressor for each component, fitted to the crystals whose point group allows it, by how
            # much it does: where it is 0 by symmetry, there is nothing to learn.
            weights = np.einsum("di,nde,ei->ni", basis, known.allowed, basis)
            columns = [self._column(x, y[:, i], weights[:, i], new_x) for i in range(y.shape[1])]
            found = np.column_stack(columns)
        else:
            mean = y.mean(axis=0)  # kernel ridge fits no constant
            found = mean + np.asarray(self.make().fit(x, y - mean).predict(new_x))
        # Project before powers of logarithms are taken: after that, forbidden parts could not be separated.
        return undo(np.einsum("nij,nj->ni", allowed, found @ basis.T))

    def _column(self, x: FloatArray, y: FloatArray, weights: FloatArray, new_x: FloatArray) -> FloatArray:
        rows = weights > 1e-6
        if rows.sum() < _MIN_CRYSTALS:
            return np.full(len(new_x), np.average(y[rows], weights=weights[rows]) if rows.any() else 0.0)
        return np.asarray(self.make().fit(x[rows], y[rows], sample_weight=weights[rows]).predict(new_x))


def candidates() -> list[Candidate]:
    """The grid: three families of regressors with few choices each, and the ways to represent the tensor.

    All choices with harmonic parts of logarithms; some with the tensor's own components (for kernel ridge the two
    are equivalent), and some with physical values.
    """
    some = ((BOOSTING, "12 leaves"), (BOOSTING, "absolute error"), (FOREST, "leaves of 1"))
    regressors = _regressors()
    forms = [(key, True, True) for key in regressors]
    forms += [(key, True, False) for key in some] + [(key, False, True) for key in some]
    return [Candidate(*key, regressors[key], logs, parts) for key, logs, parts in forms]


def logarithms(
    known: KnownTensors,
) -> tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]:
    """From physical components (n, d) to those of logarithms, and back; both rotate with the crystal.

    Where a tensor has no logarithm, its direction is kept and its norm r becomes log(1 + r / r0), r0 being the
    median of the norms: a few norms are much larger than all others.
    """
    if known.target.log10:
        return known.space.log10, known.space.exp10
    usual = max(float(np.median(np.linalg.norm(known.values, axis=1))), _TINY)

    def with_norm(components: FloatArray, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
        norms = np.linalg.norm(components, axis=1, keepdims=True)
        return np.asarray(components * function(norms) / np.maximum(norms, _TINY))

    return (
        lambda physical: with_norm(physical, lambda norms: np.log1p(norms / usual)),
        lambda found: with_norm(found, lambda norms: usual * np.expm1(norms)),
    )


def _regressors() -> dict[tuple[str, str], Callable[[], Any]]:
    """By family and choice."""

    def boosting(**options: Any) -> Callable[[], Any]:
        common = {
            "learning_rate": 0.08,
            "min_samples_leaf": 5,
            "max_features": 0.3,
            "max_bins": 64,
            "early_stopping": False,
        }
        return lambda: HistGradientBoostingRegressor(random_state=0, **common, **options)

    def forest(smallest: int) -> Callable[[], Any]:
        return lambda: ExtraTreesRegressor(300, min_samples_leaf=smallest, max_features=0.4, random_state=0)

    def kernel(gamma: float) -> Callable[[], Any]:
        options = {"kernel": "laplacian", "alpha": 0.03, "gamma": gamma}
        return lambda: make_pipeline(StandardScaler(), KernelRidge(**options))

    return {
        (BOOSTING, "depth 3"): boosting(max_iter=200, max_depth=3),
        (BOOSTING, "12 leaves"): boosting(max_iter=120, max_leaf_nodes=12),
        (BOOSTING, "absolute error"): boosting(max_iter=120, max_leaf_nodes=12, loss="absolute_error"),
        (FOREST, "leaves of 1"): forest(1),
        (FOREST, "leaves of 3"): forest(3),
        (KERNEL, "1 / 250"): kernel(1 / 250),
        (KERNEL, "1 / 100"): kernel(1 / 100),
        (KERNEL, "1 / 25"): kernel(1 / 25),
    }


@cache
def harmonic_basis(space: TensorSpace) -> FloatArray:
    """(d, d) orthogonal: columns are components of the parts of degree 0, 1, ... up to the rank."""
    parts = [isotropic_parts(space, degree).numpy() for degree in range(space.symmetry.rank + 1)]
    return np.concatenate([part.transpose(0, 2, 1).reshape(len(space), -1) for part in parts], axis=1)


def out_of_fold(candidate: Candidate, x: FloatArray, known: KnownTensors, folds: int) -> FloatArray:
    """(n, d) predictions for each crystal by a regressor that was not fitted to it."""
    found = np.empty_like(known.values)
    rest: NDArray[np.intp]
    for rest, held in KFold(folds, shuffle=True, random_state=0).split(x):
        found[held] = candidate.predict(x[rest], known.subset(rest), x[held], known.allowed[held])
    return found


def blended(predictions: Sequence[FloatArray], known: KnownTensors) -> FloatArray:
    """The mean: of logarithms where the target has them and all exist, else of physical components."""
    if known.target.log10:
        logarithms = np.mean([known.space.log10(one) for one in predictions], axis=0)
        if np.isfinite(logarithms).all():
            return known.space.exp10(logarithms)
    return np.asarray(np.mean(predictions, axis=0))

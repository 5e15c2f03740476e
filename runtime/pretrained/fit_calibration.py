"""A calibration from predictions and embeddings of training and validation split, and its measured coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from basis_store import CrystalArrays
from basis_store.array_types import FloatArray
from runtime.pretrained.calibration import NOMINAL, Calibration, by_crystal, scale
from runtime.site_kernels.images.empty_layers import THICKNESS

_DIRECTIONS = 16
"""Main directions of embeddings: by experiment, as good as all (experiments/README.md)."""

_REFERENCES = 16384
"""Training crystals that are kept, at most: half a megabyte."""

_MAX_KNOTS, _CRYSTALS_PER_KNOT = 6, 60
_SHARE_FAR, _SHARE_LAYERS = 0.01, 0.002
"""Of validation crystals that are noted, and of training crystals with a thicker empty layer."""

_VOLUME_QUANTILES = (0.001, 0.999)
_SLOPES = np.linspace(0.0, 2.0, 21).tolist()
"""Of the logarithm of the scale: 0 and more, so that intervals are never narrower further away."""

MIN_CRYSTALS = 40
"""With fewer validation crystals there are no intervals, with fewer training crystals no usual volumes."""

_ANY = 1e30
"""A limit that nothing exceeds."""

_DIVISIONS = 20
"""Random halves by which coverage is measured."""


def fit_geometry(
    embeddings: FloatArray, training: CrystalArrays, known: FloatArray, layers: FloatArray
) -> Calibration:
    """A calibration that knows the crystals of the training split, but no intervals yet.

    Args:
        embeddings: (n, w) of the training crystals.
        training: n crystals.
        known: (n, T) values of the targets as the model learns them; NaN where there is none.
        layers: (n,) of :func:`empty_layers`.
    """
    # 1. Main directions: those without variance would divide by 0.
    mean = embeddings.mean(0)
    variances, axes = np.linalg.eigh(np.cov((embeddings - mean).T, bias=True).reshape(len(mean), -1))
    kept = np.argsort(-variances)[:_DIRECTIONS]
    kept = kept[variances[kept] > 1e-9 * max(variances.max(), 1e-30)]
    directions = axes[:, kept] / np.sqrt(variances[kept]) if len(kept) else np.zeros((len(mean), 1))
    # 2. Training crystals, by chance.
    chosen = np.sort(np.random.default_rng(0).permutation(len(embeddings))[:_REFERENCES])
    references = np.clip((embeddings[chosen] - mean) @ directions, -6e4, 6e4)
    # 3. Volumes of atoms, by least squares of relative errors.
    numbers = training.numbers.astype(np.int64)
    atoms = by_crystal(np.eye(119)[numbers] * training.multiplicities[:, None], training.site_counts)
    share = atoms / training.volumes[:, None]
    volumes = np.linalg.solve(share.T @ share + 1e-6 * np.eye(119), share.sum(0))
    volumes = np.where(atoms.any(0), np.maximum(volumes, 1.0), 0.0)
    # 4. Quantities that are never negative, and often nothing.
    non_negative = (known == 0).any(0) & ~(known < 0).any(0)
    none = np.full((known.shape[1], 1), np.nan)
    made = Calibration(
        mean=mean,
        directions=directions,
        references=references.astype(np.float16).astype(np.float64),
        far=np.array(_ANY),
        offset=np.array(1.0),
        slopes=none[:, 0],
        knots=none,
        logarithms=none,
        quantiles=none[:, 0],
        volumes=volumes,
        volume_range=np.array([0.0, _ANY]),
        layer=np.array(max(THICKNESS, np.quantile(layers, 1 - _SHARE_LAYERS))),
        non_negative=non_negative.astype(np.float64),
    )
    if len(training) < MIN_CRYSTALS:
        return made
    return replace(made, volume_range=np.quantile(made.volume_ratios(training), _VOLUME_QUANTILES))


def with_intervals(
    geometry: Calibration,
    distances: FloatArray,
    predicted: FloatArray,
    known: FloatArray,
) -> Calibration:
    """The calibration with intervals from the validation split.

    Args:
        geometry: of :func:`fit_geometry`.
        distances: (n,) of the validation crystals.
        predicted: (n, T) as the model learns them.
        known: (n, T) the same for the values; NaN where there is none, and for targets without intervals.
    """
    if len(distances) < MIN_CRYSTALS:
        return geometry
    far, offset = (float(np.quantile(distances, share)) for share in (1 - _SHARE_FAR, 0.1))
    offset = max(offset, 1e-3)
    n_targets = known.shape[1]
    slopes, quantiles = np.full(n_targets, np.nan), np.full(n_targets, np.nan)
    knots, logarithms = (np.full((n_targets, _MAX_KNOTS), np.nan) for _ in range(2))
    for target in range(n_targets):
        own = np.isfinite(known[:, target])
        if own.sum() < MIN_CRYSTALS:
            continue
        errors = np.abs(predicted[own, target] - known[own, target])
        slopes[target], at, values = _fitted_scale(errors, distances[own], predicted[own, target], offset)
        scales = scale(predicted[own, target], distances[own], offset, slopes[target], at, values)
        quantiles[target] = conformal_quantile(errors / scales)
        knots[target] = np.pad(at, (0, _MAX_KNOTS - len(at)), mode="edge")
        logarithms[target] = np.pad(values, (0, _MAX_KNOTS - len(at)), mode="edge")
    return replace(
        geometry, far=np.array(far), offset=np.array(offset), slopes=slopes, knots=knots, logarithms=logarithms,
        quantiles=quantiles,
    )  # fmt: skip


def conformal_quantile(scores: FloatArray) -> float:
    """The smallest score that is at least as large as 90 % of them and of a new one.

    Args:
        scores: (n,) of calibration crystals.
    """
    rank = min(int(np.ceil((len(scores) + 1) * NOMINAL)), len(scores))
    return float(np.sort(scores)[rank - 1])


def measured_coverage(
    geometry: Calibration,
    distances: FloatArray,
    predicted: FloatArray,
    known: FloatArray,
    names: Sequence[str],
) -> dict[str, Mapping[str, float]]:
    """How often intervals from one half of the validation split hold the values of the other half.

    Args:
        geometry: as for :func:`with_intervals`; so are distances, predicted and known.
        distances: (n,).
        predicted: (n, T).
        known: (n, T).
        names: (T,) of the targets.

    Returns:
        For each target with intervals: ``crystals``, ``coverage``, its mean over random halves, both ways;
        ``smallest`` and ``largest`` of one half, and ``half_width``, the median.
    """
    covered: list[list[float]] = [[] for _ in names]
    widths: list[list[float]] = [[] for _ in names]
    for seed in range(_DIVISIONS):
        order = np.random.default_rng(seed).permutation(len(distances))
        halves = order[::2], order[1::2]
        for first, second in (halves, halves[::-1]):
            made = with_intervals(geometry, distances[first], predicted[first], known[first])
            for target in range(len(names)):
                own = second[np.isfinite(known[second, target])]
                half = made.half_widths(target, predicted[own, target], distances[own])
                if len(own) and np.isfinite(half).all():
                    errors = np.abs(predicted[own, target] - known[own, target])
                    covered[target].append(float(np.mean(errors <= half)))
                    widths[target].append(float(np.median(half)))
    return {
        name: {
            "crystals": int(np.isfinite(known[:, target]).sum()),
            "coverage": float(np.mean(covered[target])),
            "smallest": min(covered[target]),
            "largest": max(covered[target]),
            "half_width": float(np.mean(widths[target])),
        }
        for target, name in enumerate(names)
        if covered[target]
    }


def _fitted_scale(
    errors: FloatArray, distances: FloatArray, predicted: FloatArray, offset: float
) -> tuple[float, FloatArray, FloatArray]:
    """Slope, knots and logarithms of the scale.

    The scale along predictions is fitted to the logarithms of errors by least squares, for each slope; the slope
    is the one with the best intervals. Slopes from least squares are too small: they describe usual errors, not
    the large ones.
    """
    n_knots = int(np.clip(len(errors) // _CRYSTALS_PER_KNOT, 1, _MAX_KNOTS))
    knots = np.unique(np.quantile(predicted, np.linspace(0, 1, n_knots + 2)[1:-1]))
    hats = np.stack([np.interp(predicted, knots, row) for row in np.eye(len(knots))], axis=1)
    least = max(float(np.quantile(errors, 0.1)), 1e-12)  # the logarithm of an error of 0
    logarithms, far = np.log(errors + least), np.log(distances + offset)
    best = (np.inf, 0.0, knots)
    for slope in _SLOPES:
        solution = np.linalg.lstsq(hats, logarithms - slope * far, rcond=None)[0]
        scales = np.exp(slope * far + hats @ solution)
        score = _interval_score(errors, conformal_quantile(errors / scales) * scales)
        if score < best[0]:
            best = (score, slope, solution)
    return best[1], knots, best[2]


def _interval_score(errors: FloatArray, half_widths: FloatArray) -> float:
    """Mean width and, 20 times, what is missed (T. Gneiting, A. Raftery, J. Am. Stat. Assoc. 102, 359, 2007)."""
    missed = np.maximum(errors - half_widths, 0.0)
    return float(np.mean(2 * half_widths + 2 / (1 - NOMINAL) * missed))

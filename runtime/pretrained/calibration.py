"""What makes a prediction say how sure it is: the file ``calibration.safetensors`` beside the weights of a model.

Distance. Embeddings of crystals e (:meth:`CrystalModel.embed`) are reduced to their main directions on the
training split, each scaled to variance 1: z = (e - mean) directions. The distance d of a crystal is that of its z
from the nearest z of a training crystal.

Intervals: normalised conformal prediction (V. Vovk et al., Algorithmic Learning in a Random World, 2005; J. Lei et
al., J. Am. Stat. Assoc. 113, 1094, 2018). With a value y as the model learns it and its prediction p, the scores

    |y - p| / s(d, p),    log s(d, p) = slope log(d + offset) + a piecewise linear function of p

of validation crystals have a quantile q; the interval is p - q s to p + q s. If new crystals are like the
validation split, it holds the value as often as was asked for, whatever s is; s makes it wider where errors are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from basis_store import CrystalArrays, ModelError
from basis_store.array_types import FloatArray, IntArray

NOMINAL = 0.9
"""How often an interval holds the value."""

MAX_SIZE = 8 << 20
"""Bytes of the file."""

_BLOCK = 16
"""Crystals whose distances are computed at once."""

_INTERVALS = ("slopes", "knots", "logarithms", "quantiles")
_OF_TARGETS = (*_INTERVALS, "non_negative")

_N_NUMBERS = 119
"""Atomic numbers, and 0."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """What is known of the errors of a model with T targets whose embeddings have a width w.

    Attributes:
        mean: (w,) of the embeddings of training crystals.
        directions: (w, k) main directions, scaled to variance 1.
        references: (m, k) training crystals.
        far: () distance beyond which a crystal is unlike the training crystals: one in a hundred of the validation
            split is.
        offset: () of distances under the logarithm.
        slopes: (T,) of the logarithm of the scale; NaN for a target without intervals, such as a tensor.
        knots: (T, K) ascending predictions, and
        logarithms: (T, K) of the scale there at the distance 1 - offset.
        quantiles: (T,) of scores.
        volumes: (119,) usual volume of an atom by atomic number, cubic Angstrom; 0 for an unseen element.
        volume_range: (2,) smallest and largest usual ratio of a crystal's volume to that of its atoms.
        layer: () Angstrom; empty layers of training crystals are rarely thicker.
        non_negative: (T,) 1 for a target that is 0 in some training crystals and negative in none, such as a band
            gap; else 0.

    Raises:
        ModelError: arrays that do not fit each other, or are not finite.
    """

    mean: FloatArray
    directions: FloatArray
    references: FloatArray
    far: FloatArray
    offset: FloatArray
    slopes: FloatArray
    knots: FloatArray
    logarithms: FloatArray
    quantiles: FloatArray
    volumes: FloatArray
    volume_range: FloatArray
    layer: FloatArray
    non_negative: FloatArray

    def __post_init__(self) -> None:
        if self.directions.ndim != 2 or self.references.ndim != 2 or self.knots.ndim != 2:
            raise ModelError("directions, references and knots of a calibration are tables")
        (width, k), n_targets = self.directions.shape, len(self.knots)
        shapes = {
            "mean": (width,),
            "references": (len(self.references), k),
            "logarithms": self.knots.shape,
            "volumes": (_N_NUMBERS,),
            "volume_range": (2,),
            **dict.fromkeys(("far", "offset", "layer"), ()),
            **dict.fromkeys(("slopes", "quantiles", "non_negative"), (n_targets,)),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ModelError(f"{name} of a calibration has the shape {getattr(self, name).shape}, not {shape}")
        known = np.isfinite(self.slopes)
        for field in fields(self):
            values = getattr(self, field.name)
            of_targets = field.name in _INTERVALS
            if not np.isfinite(values[known] if of_targets else values).all():
                raise ModelError(f"{field.name} of a calibration is not finite")
        if not k or not len(self.references) or not self.knots.shape[1] or self.offset <= 0 or self.far < 0:
            raise ModelError("a calibration without reference crystals, directions or knots, or of no scale")
        if (np.diff(self.knots[known], axis=1) < 0).any() or (self.quantiles[known] < 0).any():
            raise ModelError("knots of a calibration descend, or quantiles are negative")

    def distances(self, embeddings: FloatArray) -> FloatArray:
        """(n,) from the nearest training crystal.

        Args:
            embeddings: (n, w) of crystals.

        Raises:
            ModelError: embeddings of another width.
        """
        if embeddings.shape[1:] != self.mean.shape:
            raise ModelError(
                f"the calibration is for embeddings of width {len(self.mean)}, not {embeddings.shape[1:]}: it "
                "belongs to another model"
            )
        points = ((embeddings - self.mean) @ self.directions).astype(np.float32)
        references = self.references.astype(np.float32)
        # Half the squares of distances, up to those of points, as a product of matrices; in blocks for the caches.
        tables = np.concatenate([-references, (references**2).sum(1, keepdims=True) / 2], axis=1).T.copy()
        extended = np.concatenate([points, np.ones_like(points[:, :1])], axis=1)
        nearest = [
            np.argmin(extended[start : start + _BLOCK] @ tables, axis=1) for start in range(0, len(points), _BLOCK)
        ]
        # From the differences themselves, since those of squares have no digits left for near ones.
        chosen = references[np.concatenate([np.zeros(0, np.int64), *nearest])]
        return np.asarray(np.sqrt(((points - chosen) ** 2).sum(1)), np.float64)

    def half_widths(self, target: int, predicted: FloatArray, distances: FloatArray) -> FloatArray:
        """(n,) half the width of the intervals of a target, as the model learns it; NaN if it has none.

        Args:
            target: its number.
            predicted: (n,) as the model learns it.
            distances: (n,) of :meth:`distances`.
        """
        if np.isnan(self.slopes[target]):
            return np.full(len(predicted), np.nan)
        scales = scale(
            predicted, distances, float(self.offset), float(self.slopes[target]),
            self.knots[target], self.logarithms[target],
        )  # fmt: skip
        return np.asarray(self.quantiles[target] * scales)

    def volume_ratios(self, crystals: CrystalArrays) -> FloatArray:
        """(n,) volumes of crystals divided by those that their atoms usually have; NaN with an unseen element."""
        atoms = self.volumes[crystals.numbers.astype(np.int64)]
        atoms = np.where(atoms > 0, atoms, np.nan) * crystals.multiplicities
        return np.asarray(crystals.volumes / by_crystal(atoms, crystals.site_counts))

    def only(self, index: int) -> Self:
        """The same for one target.

        Args:
            index: number of the target.
        """
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        own = {name: arrays[name][index : index + 1] for name in _OF_TARGETS}
        return type(self)(**(arrays | own))

    def to_bytes(self) -> bytes:
        """The content of ``calibration.safetensors``."""
        types = {"directions": np.float32, "mean": np.float32, "references": np.float16}
        return safetensors.numpy.save(
            {
                field.name: np.array(getattr(self, field.name), types.get(field.name, np.float64), order="C")
                for field in fields(self)
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Inverse of :meth:`to_bytes`.

        Raises:
            ModelError: it is no such file, or its arrays do not fit each other.
        """
        try:
            found = safetensors.numpy.load(content)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"not a safetensors file: {' '.join(str(error).split())[:200]}") from error
        names = [field.name for field in fields(cls)]
        if missing := [name for name in names if name not in found]:
            raise ModelError(f"a calibration has no {missing[0]}")
        if any(array.dtype.kind != "f" for array in found.values()):
            raise ModelError("a calibration has arrays that are no floating-point numbers")
        return cls(**{name: found[name].astype(np.float64) for name in names})


def scale(
    predicted: FloatArray,
    distances: FloatArray,
    offset: float,
    slope: float,
    knots: FloatArray,
    logarithms: FloatArray,
) -> FloatArray:
    """s(d, p): how large errors are, up to a factor.

    Args:
        predicted: (n,) p.
        distances: (n,) d.
        offset: of distances.
        slope: of the logarithm.
        knots: (K,) predictions; beyond the first and the last the scale is theirs.
        logarithms: (K,) at the knots.
    """
    return np.asarray(np.exp(slope * np.log(distances + offset) + np.interp(predicted, knots, logarithms)))


def by_crystal(values: FloatArray, site_counts: IntArray) -> FloatArray:
    """(N, ...) sums over the sites of each crystal, of which there is at least one.

    Args:
        values: (S, ...).
        site_counts: (N,).
    """
    if not len(site_counts):
        return values[:0]
    return np.asarray(np.add.reduceat(values, np.cumsum(site_counts) - site_counts, axis=0))

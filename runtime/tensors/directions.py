"""Functions of direction defined by a symmetric tensor, f(n) = T_ij... n_i n_j ..., and their extremes."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from basis_store.array_types import FloatArray
from basis_store.errors import TensorError
from runtime.tensors.voigt import real_array

_SIMPLE = np.array(
    [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0], [0, -1, 1], [-1, 0, 1], [-1, 1, 0],
     [1, 1, 1], [-1, 1, 1], [1, -1, 1], [-1, -1, 1]], dtype=float,
)  # fmt: skip
_SIMPLE /= np.linalg.norm(_SIMPLE, axis=1, keepdims=True)
_STARTS, _REFINED = 400, 24
"""Directions tried in addition to the simple ones, and how many of the best are refined."""

_STEPS = 60
"""Of the power method."""

_EQUAL = 1e-9
"""Values this close, relative to the largest, count as equal."""


class Extreme(NamedTuple):
    """A smallest or largest value.

    Attributes:
        value: in the unit of the function.
        direction: (3,) unit vector; its largest component is positive.
    """

    value: float
    direction: FloatArray


def unit_vectors(directions: ArrayLike) -> FloatArray:
    """Directions (..., 3), normalised to length 1.

    Raises:
        TensorError: another shape, or a direction of length 0 or not finite.
    """
    n = real_array(directions, "a direction")
    if n.shape[-1:] != (3,):
        raise TensorError(f"directions have shape (..., 3), not {n.shape}")
    lengths = np.linalg.norm(n, axis=-1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise TensorError("a direction of length 0, or with entries that are not finite, is not valid")
    return np.asarray(n / lengths)


def half_sphere(count: int) -> FloatArray:
    """(count, 3) unit vectors spread evenly over the half sphere z > 0, on a spiral (Fibonacci lattice)."""
    steps = np.arange(count) + 0.5
    z = 1 - steps / count
    angle = np.pi * (1 + np.sqrt(5)) * steps
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=-1)


def quartic(tensor: FloatArray, n: FloatArray) -> FloatArray:
    """T_ijkl n_i n_j n_k n_l for n (..., 3)."""
    return np.asarray(np.einsum("ijkl,...i,...j,...k,...l->...", tensor, n, n, n, n, optimize=True))


def extremes(tensor: FloatArray) -> tuple[Extreme, Extreme]:
    """The smallest and the largest value of T_ijkl n_i n_j n_k n_l over all unit vectors n.

    The best of a spiral of points and of the axes and diagonals of the frame are refined by the power method with
    a shift that makes every step an ascent (T. G. Kolda & J. R. Mayo, SIAM J. Matrix Anal. Appl. 32 (2011) 1095),
    then by Newton's method.

    Args:
        tensor: (3, 3, 3, 3), with T_ijkl = T_jikl = T_klij.
    """
    # f depends on the totally symmetric part only.
    orders = list(itertools.permutations(range(4)))
    total = np.asarray(sum(tensor.transpose(order) for order in orders) / len(orders))
    smallest = _largest(-total)
    return Extreme(-smallest.value, smallest.direction), _largest(total)


def _largest(tensor: FloatArray) -> Extreme:
    # 1. Shifted power method from the best starts.
    starts = np.concatenate([_SIMPLE, half_sphere(_STARTS)])
    n = starts[np.argsort(-quartic(tensor, starts), kind="stable")[:_REFINED]]
    shift = 3 * np.abs(tensor).sum(axis=(1, 2, 3)).max()
    for _ in range(_STEPS):
        step = np.einsum("ijkl,nj,nk,nl->ni", tensor, n, n, n) + shift * n
        n = step / np.linalg.norm(step, axis=1, keepdims=True) if step.any() else n
    # 2. Newton's method, then one of the equal maxima: a simple direction, else the first in a fixed order.
    n = np.array(
        sorted((_signed(_polished(tensor, one)) for one in n), key=lambda one: tuple(-one[::-1].round(6)))
    )
    n = np.concatenate([_SIMPLE, n])
    values = quartic(tensor, n)
    best = n[np.argmax(values >= values.max() - _EQUAL * np.abs(values).max())]
    return Extreme(float(quartic(tensor, best)), best)


def _signed(n: FloatArray) -> FloatArray:
    """The direction or its opposite, whichever has a positive largest component."""
    clean = np.where(np.abs(n) < 1e-12, 0.0, n)
    return np.asarray(clean if clean[np.abs(n).round(6).argmax()] > 0 else 0.0 - clean)


def _polished(tensor: FloatArray, n: FloatArray) -> FloatArray:
    """Newton's method on the sphere; stops where a step is no gain (as on circles of equal value)."""
    value = float(quartic(tensor, n))
    for _ in range(20):
        matrix = np.einsum("ijkl,k,l->ij", tensor, n, n)
        slope = 4 * (matrix @ n - value * n)
        # Second derivative on the tangent plane of the sphere.
        plane = np.linalg.svd(n[None])[2][1:]
        second = plane @ (12 * matrix - 4 * value * np.eye(3)) @ plane.T
        step = -np.linalg.lstsq(second, plane @ slope, rcond=1e-9)[0] @ plane
        new = (n + step) / np.linalg.norm(n + step)
        if not (gain := float(quartic(tensor, new)) - value) > 0:
            break
        n, value = new, value + gain
    return n

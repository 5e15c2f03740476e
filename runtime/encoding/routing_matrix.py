"""The paper's routing matrix: which orbit each wave of a list belongs to, and the phase it has there (T4).

    P_k = sum_k' M_G[k, k'] e_k'
    M_G[k, k'] = exp(2 pi i (theta_k' - theta_k)) / |O| where k and k' are in the same orbit O, else 0

The matrix is a projector. A :class:`Routing` holds the same in three integers per wave.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from basis_store import TURN, CompiledSetting, CutoffError, WaveIndex

if TYPE_CHECKING or "jaxtyping" in sys.modules:  # shapes are for readers and tests; importing stays fast
    from jaxtyping import Complex, Int

_ABSENT, _UNKNOWN = -1, -2


class Routing(NamedTuple):
    """Which basis function each wave of a list projects on (T4).

    Attributes:
        orbits: (K,) index of the function, -1 where P_k = 0 (a systematic absence).
        phases24: (K,) theta_k in 24ths of a turn.
        counts: (K,) |O|, 1 where absent.
    """

    orbits: Int[Tensor, " waves"]
    phases24: Int[Tensor, " waves"]
    counts: Int[Tensor, " waves"]


def route(
    waves: Int[Tensor, "waves dim"],
    rows: Int[Tensor, " cube"],
    orbits: Int[Tensor, " stored"],
    phases24: Int[Tensor, " stored"],
    counts: Int[Tensor, " functions"],
    *,
    dimension: int,
    label: str,
) -> Routing:
    """Look up waves among the orbits of a basis.

    Args:
        waves: (K, 3) integer waves; (K, 2) of plane groups.
        rows: the table of :func:`wave_rows`.
        orbits: (N,) the function of each stored wave.
        phases24: (N,) theta of each stored wave, in 24ths of a turn.
        counts: (M,) |O| of each function.
        dimension: how many indices a wave has.
        label: of the basis, for the error message.

    Raises:
        ValueError: the waves have another shape.
        CutoffError: a wave lies beyond those that the basis holds.
    """
    if waves.ndim != 2 or waves.shape[1] != dimension:
        raise ValueError(f"waves have shape (K, {dimension}), not {tuple(waves.shape)}")
    found = _look_up(waves, rows)
    if (found == _UNKNOWN).any():
        beyond = waves[int((found == _UNKNOWN).int().argmax())].tolist()
        raise CutoffError(f"the wave {beyond} lies beyond this basis of {label}")
    known = found >= 0
    functions = torch.where(known, orbits[found.clamp(min=0)], _ABSENT)
    return Routing(
        orbits=functions,
        phases24=torch.where(known, phases24[found.clamp(min=0)], 0),
        counts=torch.where(known, counts[functions.clamp(min=0)], 1),
    )


def project(functions: Complex[Tensor, "*n functions"], routing: Routing) -> Complex[Tensor, "*n waves"]:
    """P_k = |O|^{-1/2} exp(-2 pi i theta_k) psi_O from the values (n, M) of psi_O; (n, K)."""
    values = functions[..., routing.orbits.clamp(min=0)]
    real = functions.real.dtype
    size = (routing.orbits != _ABSENT) * routing.counts.to(real).rsqrt()
    return values * torch.polar(size, routing.phases24.to(real) * (-math.tau / TURN))


def routing_matrix(routing: Routing, *, dtype: torch.dtype = torch.complex64) -> Complex[Tensor, "waves waves"]:
    """The dense (K, K) matrix M_G, complex64 or complex128."""
    orbits, phases24, counts = routing
    same = (orbits[:, None] == orbits[None, :]) & (orbits != _ABSENT)[:, None]
    real = torch.float64 if dtype == torch.complex128 else torch.float32
    size = same / counts.to(real)
    angle = (phases24[None, :] - phases24[:, None]).to(real) * (math.tau / TURN)
    return torch.polar(size, angle)


def wave_rows(compiled: CompiledSetting, waves: NDArray[np.integer]) -> NDArray[np.integer]:
    """Direct-address table over the cube of all indices: row of a wave in ``waves``, _ABSENT or _UNKNOWN."""
    # The constant is absent with other characters than the trivial one.
    constant = np.zeros((1 - compiled.n_constants, waves.shape[1]), np.int64)
    rows = WaveIndex(np.concatenate([waves, constant, compiled.absent_waves])).table
    return np.where(rows < 0, _UNKNOWN, np.where(rows < len(waves), rows, _ABSENT))


def _look_up(waves: Int[Tensor, "waves dim"], rows: Int[Tensor, " cube"]) -> Int[Tensor, " waves"]:
    """The entry of each wave in the table of :func:`wave_rows`."""
    side = round(len(rows) ** (1 / waves.shape[1]))
    max_index = side // 2
    inside = (waves.abs() <= max_index).all(-1)
    h, k, *rest = (waves.long() + max_index).where(inside[:, None], 0).unbind(-1)
    address = h * side + k
    for index in rest:
        address = address * side + index
    return torch.where(inside, rows[address], _UNKNOWN)

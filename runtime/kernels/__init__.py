"""Invariant kernels between the sites of a crystal (T6), by direct sums over images and by sums over waves."""

from runtime.kernels.direct import DirectKernel
from runtime.kernels.harmonics import real_harmonics
from runtime.kernels.images import Neighbours, cell_atoms, neighbours
from runtime.kernels.reciprocal import reciprocal_kernel, waves_within

__all__ = [
    "DirectKernel",
    "Neighbours",
    "cell_atoms",
    "neighbours",
    "real_harmonics",
    "reciprocal_kernel",
    "waves_within",
]

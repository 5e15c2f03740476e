"""Invariant kernels between the sites of a crystal (T6), by direct sums over images and by sums over waves."""

from runtime.kernels.direct import DirectKernel
from runtime.kernels.harmonics import real_harmonics
from runtime.kernels.images import Neighbours, cell_atoms, images_within, neighbours
from runtime.kernels.orbit_moments import OrbitMoments
from runtime.kernels.reciprocal import reciprocal_kernel, waves_within
from runtime.kernels.shells import ReciprocalKernel, SiteWaves, site_waves

__all__ = [
    "DirectKernel",
    "Neighbours",
    "OrbitMoments",
    "ReciprocalKernel",
    "SiteWaves",
    "cell_atoms",
    "images_within",
    "neighbours",
    "real_harmonics",
    "reciprocal_kernel",
    "site_waves",
    "waves_within",
]

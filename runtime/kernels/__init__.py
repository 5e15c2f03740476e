"""Invariant kernels between the sites of a crystal (T6), by direct sums over images and by sums over waves."""

from runtime.kernels.direct import DirectKernel
from runtime.kernels.harmonics import real_harmonics
from runtime.kernels.images import Neighbours, cell_atoms, images_within, neighbours
from runtime.kernels.orbit_kernel import OrbitKernel, gaussian_transforms
from runtime.kernels.orbit_moments import OrbitMoments
from runtime.kernels.orbits import CrystalOrbits, crystal_orbits
from runtime.kernels.roots import OrbitRoots, orbit_roots
from runtime.kernels.shells import GaussianShells, ReciprocalKernel

__all__ = [
    "CrystalOrbits",
    "DirectKernel",
    "GaussianShells",
    "Neighbours",
    "OrbitKernel",
    "OrbitMoments",
    "OrbitRoots",
    "ReciprocalKernel",
    "cell_atoms",
    "crystal_orbits",
    "gaussian_transforms",
    "images_within",
    "neighbours",
    "orbit_roots",
    "real_harmonics",
]

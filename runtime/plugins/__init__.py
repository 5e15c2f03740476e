"""What other people's models can add to nodes and edges; :mod:`runtime.plugins.pyg` is for PyTorch Geometric.

Everything here is invariant under the operations of a crystal's group, lattice translations, every allowed choice
of origin, rotation and reflection, and follows a permutation of the sites. Nothing has parameters.
"""

from runtime.plugins.atoms import sites_of_atoms
from runtime.plugins.pair_kernel import PairKernel
from runtime.plugins.site_encoding import SiteEncoding

__all__ = ["PairKernel", "SiteEncoding", "sites_of_atoms"]

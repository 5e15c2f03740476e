"""For PyTorch Geometric: crystals as graphs, and transforms that add our features to nodes and edges.

No other module imports it, so PyTorch Geometric is optional; without it, importing this package raises
:class:`basis_store.MissingDependencyError`.
"""

from basis_store.extras import needed_for

with needed_for("runtime.features.pyg", "pyg"):
    from runtime.features.pyg.graph import CrystalData, record_to_data
    from runtime.features.pyg.transforms import SgbasisEncoding, SgbasisPairKernel

__all__ = ["CrystalData", "SgbasisEncoding", "SgbasisPairKernel", "record_to_data"]

"""Transforms of PyTorch Geometric that add our encoding to nodes and our pair kernels to edges.

They work like ``torch_geometric.transforms.AddLaplacianEigenvectorPE``. Both take milliseconds per crystal: apply
them once, as a ``pre_transform``, not in every epoch as a ``transform``.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from basis_store import CrystalError, CrystalRecord
from runtime.features.pair_kernel import PairKernel
from runtime.features.site_encoding import SiteEncoding


class SgbasisEncoding(BaseTransform):  # type: ignore[misc]
    """Adds to every node the :class:`SiteEncoding` of its site.

    The graph needs ``crystal``, a record, and ``site`` (N,), the site of the record for each node. Graphs of
    :func:`record_to_data` have both; for other graphs there is :func:`runtime.sites_of_atoms`.

    Args:
        encoding: default: ``SiteEncoding()``.
        attr_name: attribute for the (N, n_features) encoding; with ``None`` it is concatenated to ``data.x``.
    """

    def __init__(self, encoding: SiteEncoding | None = None, attr_name: str | None = "sgbasis_encoding") -> None:
        self.encoding = SiteEncoding() if encoding is None else encoding
        self.attr_name = attr_name

    def forward(self, data: Data) -> Data:
        """Add the encoding.

        Raises:
            CrystalError: the graph has no crystal, or ``site`` does not fit it.
        """
        record, site = _crystal(data)
        values = self.encoding(record)
        return _added(data, values[site.to(values.device)].to(site.device), self.attr_name, "x")


class SgbasisPairKernel(BaseTransform):  # type: ignore[misc]
    """Adds to every edge the :class:`PairKernel` of its receiver and its sender.

    The graph needs ``edge_index``, and ``crystal`` and ``site`` as for :class:`SgbasisEncoding`.

    Args:
        kernel: default: ``PairKernel()``.
        attr_name: attribute for the (E, n_features) kernels; with ``None`` they are concatenated to
            ``data.edge_attr``.
    """

    def __init__(self, kernel: PairKernel | None = None, attr_name: str | None = "sgbasis_pair_kernel") -> None:
        self.kernel = PairKernel() if kernel is None else kernel
        self.attr_name = attr_name

    def forward(self, data: Data) -> Data:
        """Add the pair kernels.

        Raises:
            CrystalError: as :meth:`SgbasisEncoding.forward`.
        """
        record, site = _crystal(data)
        values = self.kernel(record)
        senders, receivers = site[data.edge_index].to(values.device)
        return _added(data, values[receivers, senders].to(site.device), self.attr_name, "edge_attr")


def _crystal(data: Data) -> tuple[CrystalRecord, Tensor]:
    record, site = getattr(data, "crystal", None), getattr(data, "site", None)
    if not isinstance(record, CrystalRecord) or not isinstance(site, Tensor):
        raise CrystalError(
            "the graph needs one crystal and the site of each node (data.crystal, data.site): "
            "make it with record_to_data, and apply the transform before batching"
        )
    if len(site) and not 0 <= int(site.min()) <= int(site.max()) < len(record):
        raise CrystalError(f"data.site must be 0 to {len(record) - 1}, the sites of {record.identifier}")
    return record, site


def _added(data: Data, values: Tensor, attr_name: str | None, default: str) -> Data:
    if attr_name is not None:
        data[attr_name] = values
        return data
    present = getattr(data, default, None)
    if present is not None:
        present = present.view(-1, 1) if present.dim() == 1 else present
        values = torch.cat([present, values.to(present)], dim=-1)
    data[default] = values
    return data

"""The CGCNN of ``examples/cgcnn_pyg.py`` as its authors use it: all atoms, twelve neighbours each, any size."""

from __future__ import annotations

import bisect
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch_geometric.data import Data

from basis_store import CrystalRecord
from runtime import load_store
from runtime.features.pyg.graph import record_to_data

_EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "cgcnn_pyg.py"
_CUTOFF, _NEIGHBOURS = 8.0, 12
"""Angstrom, and how many of each atom at most: Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018)."""

_MAX_WIDTH = 1024


def graph(record: CrystalRecord, value: float) -> Data:
    """All atoms of the primitive cell, each with its nearest neighbours; ``y`` is ``value``."""
    data = record_to_data(record, load_store(), _CUTOFF)
    receivers, lengths = data.edge_index[1].numpy(), data.edge_attr[:, 0].numpy()
    order = np.lexsort((lengths, receivers))
    first = np.searchsorted(receivers[order], receivers[order])
    kept = torch.from_numpy(order[np.arange(len(order)) - first < _NEIGHBOURS])
    return Data(
        z=data.z, weight=data.weight, num_nodes=len(data.z), y=torch.tensor([value]),
        edge_index=data.edge_index[:, kept], edge_attr=data.edge_attr[kept],
    )  # fmt: skip


def network(graphs: Sequence[Data], parameters: int) -> nn.Module:
    """The widest CGCNN with no more than so many parameters."""

    def made(width: int) -> Any:
        return _example().CGCNN(graphs, width, encoding=False, pairs=False)

    def count(width: int) -> int:
        return sum(parameter.numel() for parameter in made(width).parameters())

    widths = range(1, _MAX_WIDTH)
    model: nn.Module = made(widths[bisect.bisect_right(widths, parameters, key=count) - 1])
    return model


@cache
def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cgcnn_pyg", _EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""A crystal as a graph of PyTorch Geometric."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch_geometric.data import Data

from basis_store import CrystalRecord
from runtime.bases.store import Store
from runtime.features.atoms import primitive_cell
from runtime.site_kernels.neighbours import neighbours, periodic_neighbours


class CrystalData(Data):  # type: ignore[misc]
    """A graph whose ``site`` is shifted in a batch, so that sites of different crystals differ."""

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        """The shift of ``value`` in a batch for each graph before it."""
        if key == "site":
            return int(value.max()) + 1
        return super().__inc__(key, value, *args, **kwargs)


def record_to_data(
    record: CrystalRecord, store: Store, cutoff: float = 6.0, *, nodes: Literal["atoms", "sites"] = "atoms"
) -> CrystalData:
    """The graph of a crystal, with an edge from every periodic image of an atom within ``cutoff`` of a node.

    With ``nodes="atoms"``, nodes are the N atoms of a primitive cell, as most networks expect. With
    ``nodes="sites"``, they are the N sites of the asymmetric unit. In a network with distances and our features
    alone, equivalent atoms get equal messages, so the nodes have the same values as among all atoms, at a fraction
    of the cost; but **pooling must be weighted** by ``weight`` (as a sum, not a mean). Networks with directions
    need all atoms.

    Args:
        record: the crystal.
        store: holds the operations.
        cutoff: Angstrom.
        nodes: atoms of a primitive cell, or sites.

    Returns:
        A graph with, in torch's default dtype,

        * ``z`` (N,) int64 atomic numbers;
        * ``pos`` (N, 3) Cartesian and ``cell`` (1, 3, 3) rows of the nodes' cell, in Angstrom;
        * ``edge_index`` (2, E): from the sender (row 0) to the receiver (row 1), for each image of the sender;
        * ``edge_attr`` (E, 1) distances and ``edge_vector`` (E, 3) from the receiver to the image, in Angstrom;
        * ``site`` (N,) int64, the site of the asymmetric unit: equal for atoms that symmetry makes equivalent;
        * ``weight`` (N,) the fraction of all atoms that a node stands for; they sum to 1;
        * ``crystal``: the record. In a batch, a list of them.

    Raises:
        basis_store.SettingError: the store does not hold the record's setting.
        ValueError: ``nodes`` has another value.
    """
    compiled = store.compiled(record.setting)
    if nodes == "atoms":
        cell, atoms, sites = primitive_cell(record, compiled)
        found = periodic_neighbours(atoms, atoms, np.arange(len(atoms)), cell, cutoff)
        weights = np.full(len(atoms), 1 / len(atoms))
    elif nodes == "sites":
        cell, atoms, sites = record.lattice, record.coordinates, np.arange(len(record))
        found = neighbours(record, compiled, cutoff)
        weights = record.multiplicities / record.multiplicities.sum()
    else:
        raise ValueError(f'nodes are "atoms" or "sites", not {nodes!r}')
    real = torch.get_default_dtype()
    return CrystalData(
        z=torch.from_numpy(record.numbers.astype(np.int64)[sites]),
        pos=torch.from_numpy(atoms @ cell).to(real),
        cell=torch.from_numpy(cell.copy()).to(real)[None],
        edge_index=torch.stack([found.senders, found.receivers]),
        edge_attr=torch.linalg.vector_norm(found.vectors, dim=1, keepdim=True).to(real),
        edge_vector=found.vectors.to(real),
        site=torch.from_numpy(sites),
        weight=torch.from_numpy(weights).to(real),
        crystal=record,
    )

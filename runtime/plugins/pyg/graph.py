"""A crystal as a graph of PyTorch Geometric."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch_geometric.data import Data

from basis_store import CrystalRecord
from runtime.kernels.neighbours import neighbours, periodic_neighbours
from runtime.plugins.atoms import primitive_cell
from runtime.store import Store


class CrystalData(Data):  # type: ignore[misc]
    """A graph whose ``site`` counts on from crystal to crystal in a batch, so that no two crystals share one."""

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        """What a batch adds to ``value`` for each graph before it."""
        if key == "site":
            return int(value.max()) + 1
        return super().__inc__(key, value, *args, **kwargs)


def record_to_data(
    record: CrystalRecord, store: Store, cutoff: float = 6.0, *, nodes: Literal["atoms", "sites"] = "atoms"
) -> CrystalData:
    """The graph of a crystal, with an edge from every image of an atom within ``cutoff`` of another.

    With ``nodes="atoms"``, N atoms of a primitive cell: what other people's networks expect. With
    ``nodes="sites"``, the N sites of the asymmetric unit. Equivalent atoms get equal messages in every network
    that sees distances and our features alone, so its nodes have the values that they have among all atoms, for a
    fraction of the work; but then **pooling must be weighted** by ``weight`` (as a sum, not a mean), and networks
    that turn with the crystal need all atoms.

    Returns:
        A graph with, in torch's default type,

        * ``z`` (N,) int64 atomic numbers;
        * ``pos`` (N, 3) Cartesian and ``cell`` (1, 3, 3) rows of the nodes' cell, in Angstrom;
        * ``edge_index`` (2, E): from the sender (row 0) to the receiver (row 1), for each image of the sender;
        * ``edge_attr`` (E, 1) distances and ``edge_vector`` (E, 3) from the receiver to the image, in Angstrom;
        * ``site`` (N,) int64, the site of the asymmetric unit: equal for atoms that symmetry makes equivalent;
        * ``weight`` (N,) the node's part of all atoms; they sum to 1;
        * ``crystal``: the record. In a batch, a list of them.

    Raises:
        basis_store.SettingError: the store does not hold the record's setting.
        ValueError: ``nodes`` is something else.
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
    vectors = torch.from_numpy(found.vectors)
    return CrystalData(
        z=torch.from_numpy(record.numbers.astype(np.int64)[sites]),
        pos=torch.from_numpy(atoms @ cell).to(real),
        cell=torch.from_numpy(cell.copy()).to(real)[None],
        edge_index=torch.from_numpy(np.stack([found.senders, found.receivers])),
        edge_attr=torch.linalg.vector_norm(vectors, dim=1, keepdim=True).to(real),
        edge_vector=vectors.to(real),
        site=torch.from_numpy(sites),
        weight=torch.from_numpy(weights).to(real),
        crystal=record,
    )

# %% [markdown]
# # Features in PyTorch Geometric
#
# Your own graph network, with invariant features of sites and pairs added to its nodes and edges.
#
# To run it: [the installation](../start.md#install), and `pip install notebook torch_geometric`.
#
# ## From a crystal to a graph

# %%
import shutil
from pathlib import Path

import torch
from ase.build import bulk

import sgbasis
from basis_store import data_folder
from runtime import load_store
from runtime.features.pyg import SgbasisEncoding, SgbasisPairKernel, record_to_data

store = load_store()
_ = shutil.copytree(data_folder() / "crystals", "crystals", dirs_exist_ok=True)  # copies of the examples
(record,) = sgbasis.compile_crystals("crystals/spinel.cif")
data = record_to_data(record, store, cutoff=4.0)  # one node for each atom of the primitive cell
data

# %% [markdown]
# `edge_attr` has the distances of periodic neighbours. Two transforms add our features; they take no training
# and no parameters.

# %%
data = SgbasisEncoding(attr_name="encoding")(data)
data = SgbasisPairKernel(attr_name="kernels")(data)
assert data.encoding.shape == (14, 180) and data.kernels.shape == (data.num_edges, 32)
data

# %% [markdown]
# ## What they see
#
# The encoding of a site is a set of powder patterns: how strongly the site, its element, and all atoms scatter
# in each shell of |G|. Mg, Al and O of spinel differ; the atoms of one orbit do not.

# %% alt="Encodings of Mg, Al and O in spinel, by shell of |G|"
import matplotlib.pyplot as plt
from ase.data import chemical_symbols

figure, axes = plt.subplots(figsize=(8, 2.8), dpi=110, layout="constrained")
for number in (12, 13, 8):
    rows = data.encoding[data.z == number]
    assert torch.allclose(rows, rows[0].expand_as(rows), atol=1e-6)  # all atoms of the orbit
    axes.plot(rows[0, -60:-40], marker="o", markersize=3, label=chemical_symbols[number])
axes.set(xlabel="shell of |G|, from 0 to 1/Angstrom", ylabel="all atoms, l = 0")
_ = axes.legend(frameon=False)

# %% [markdown]
# ## They do not depend on how the crystal is written
#
# A rotated supercell has other coordinates, other edges, another order of atoms. Its features are the same.

# %%
atoms = bulk("GaAs", "zincblende", a=5.653)
other = atoms * (2, 1, 1)
other.rotate(50, (1, 2, 3), rotate_cell=True)
one, two = (
    SgbasisEncoding(attr_name="encoding")(record_to_data(sgbasis.compile_crystals(a)[0], store, cutoff=4.0))
    for a in (atoms, other)
)
assert torch.allclose(one.encoding, two.encoding, atol=1e-5)
len(other), two.num_nodes  # the graph is that of the primitive cell

# %% [markdown]
# ## A network that uses them
#
# A graph convolution of PyTorch Geometric, with the features beside an embedding of the elements. It learns the
# volume per atom of a few compounds, which shows the steps, nothing more.

# %%
from torch import nn
from torch_geometric.loader import DataLoader
from torch_geometric.nn import CGConv, global_mean_pool
from torch_geometric.transforms import Compose

transform = Compose([SgbasisEncoding(attr_name="encoding"), SgbasisPairKernel(attr_name="kernels")])
graphs = []
for path in sorted(Path("crystals").glob("*.cif")):
    (record,) = sgbasis.compile_crystals(path)
    graph = transform(record_to_data(record, store, cutoff=4.0))
    atoms_in_cell = int(record.multiplicities.sum())
    graph.y = torch.tensor([abs(torch.tensor(record.lattice).det().item()) / atoms_in_cell])
    del graph.crystal  # batches need no records
    graphs.append(graph)


class Network(nn.Module):
    """Elements and our features of sites on nodes, our features of pairs on edges."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = nn.Embedding(100, 24)
        self.sites = nn.Linear(180, 24)
        self.layers = nn.ModuleList(CGConv(24, dim=32) for _ in range(2))
        self.head = nn.Linear(24, 1)

    def forward(self, batch):
        h = self.elements(batch.z) + self.sites(batch.encoding.float())
        for layer in self.layers:
            h = layer(h, batch.edge_index, batch.kernels.float())
        return self.head(global_mean_pool(h, batch.batch))[:, 0]


torch.manual_seed(0)
network = Network()
optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
mean = torch.cat([graph.y for graph in graphs]).mean()
losses = []
for _epoch in range(60):
    total = 0.0
    for batch in DataLoader(graphs, batch_size=4, shuffle=True):
        loss = (network(batch) - (batch.y - mean)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += float(loss.detach()) * len(batch.y)
    losses.append(total / len(graphs))
assert losses[-1] < losses[0] / 10
print(f"mean square error {losses[0]:.2f} at first, {losses[-1]:.3f} after {len(losses)} epochs")

# %% [markdown]
# ## Fewer nodes
#
# `nodes="sites"` makes one node for each site of the asymmetric unit. Networks that see only distances and our
# features give these nodes the same values; pool with `data.weight`, the number of atoms that a node stands for.

# %%
(record,) = sgbasis.compile_crystals("crystals/spinel.cif")
small = record_to_data(record, store, cutoff=4.0, nodes="sites")
assert small.num_nodes == 3
small.weight, f"{small.num_edges} edges instead of {data.num_edges}"

# %% [markdown]
# ## Read next
#
# - [Features for your own model](../guides/features.md): what each column is, and a CGCNN with and without them
# - [GPU and scale](gpu_and_scale.ipynb)

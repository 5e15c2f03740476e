"""A CGCNN in PyTorch Geometric, without and with our encoding of sites and our pair kernels.

    sgbasis crystals mp_moduli.jsonl.gz --output mp_moduli.h5
    python examples/cgcnn_pyg.py mp_moduli.h5

Trains each network once per seed on the train split, for a fixed number of epochs, and prints the mean absolute
error on the val split after the last one: nothing is selected on val. Networks of one seed get the same crystals
in the same order and the same schedule. A third one, wider and without our features, shows the effect of the
additional parameters alone.

The network is that of Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018), with a learned embedding of elements
and with all neighbours within a cutoff, because the twelve nearest are not well defined where distances are equal.
Graphs have one node per site of the asymmetric unit; with weighted pooling this equals the network on all atoms,
except for BatchNorm, which averages over sites.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from statistics import mean, stdev

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader
from torch_geometric.nn import CGConv, global_add_pool
from torch_geometric.transforms import Compose

from basis_store import CrystalTable, open_crystals
from runtime import PairKernel, SiteEncoding, load_store
from runtime.features.pyg import SgbasisEncoding, SgbasisPairKernel, record_to_data

CUTOFF = 5.0  # Angstrom
DISTANCES = torch.arange(0, 8.2, 0.2)  # CGCNN's 41 Gaussians


def graphs(table: CrystalTable, target: str) -> dict[str, list[Data]]:
    """Graphs of the crystals with a positive target, by split; ``y`` is its decimal logarithm."""
    store = load_store()
    transform = Compose(
        [
            SgbasisEncoding(SiteEncoding(store=store), attr_name="site_features"),
            SgbasisPairKernel(PairKernel(cutoff=CUTOFF, store=store), attr_name="pair_features"),
        ]
    )
    parts: dict[str, list[Data]] = {"train": [], "val": []}
    for record in table:
        value = float(record.targets[target])
        if record.split in parts and value > 0:
            data = transform(record_to_data(record, store, CUTOFF, nodes="sites"))
            data.y = torch.tensor([np.log10(value)], dtype=torch.float32)
            del data.crystal  # batches need no records
            parts[record.split].append(data)
    return parts


class Standardize(nn.Module):
    """Columns with mean 0 and variance 1 over the nodes, or edges, of the training graphs."""

    def __init__(self, columns: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", columns.mean(0))
        self.register_buffer("scale", columns.std(0) + 1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """(..., columns) to the same."""
        return (x - self.mean) / self.scale


class CGCNN(nn.Module):
    """Embedding, three crystal graph convolutions, pooling over atoms, one hidden layer."""

    def __init__(self, train: Sequence[Data], width: int, *, encoding: bool, pairs: bool) -> None:
        super().__init__()
        y = torch.cat([data.y for data in train])
        self.register_buffer("offset", y.mean())
        self.register_buffer("scale", y.std())
        self.embedding = nn.Embedding(119, width)
        n_pairs = train[0].pair_features.shape[1] if pairs else 0
        self.convolutions = nn.ModuleList(
            CGConv(width, dim=len(DISTANCES) + n_pairs, batch_norm=True) for _ in range(3)
        )
        self.head = nn.Sequential(nn.Softplus(), nn.Linear(width, 128), nn.Softplus(), nn.Linear(128, 1))
        self.from_sites = self.from_pairs = None
        if encoding:  # columns of the encoding are standardised and mapped onto the embedding of the element
            columns = torch.cat([data.site_features for data in train])
            self.from_sites = nn.Sequential(Standardize(columns), nn.Linear(columns.shape[1], width))
        if pairs:  # pair kernels are concatenated to the distances
            self.from_pairs = Standardize(torch.cat([data.pair_features for data in train]))

    def forward(self, batch: Data) -> Tensor:
        """(crystals,) decimal logarithms."""
        x = self.embedding(batch.z)
        edges = torch.exp(-(((batch.edge_attr - DISTANCES) / 0.2) ** 2))
        if self.from_sites is not None:
            x = x + self.from_sites(batch.site_features)
        if self.from_pairs is not None:
            edges = torch.cat([edges, self.from_pairs(batch.pair_features)], dim=1)
        for convolution in self.convolutions:
            x = convolution(x, batch.edge_index, edges)
        pooled = global_add_pool(x * batch.weight[:, None], batch.batch)
        return self.offset + self.scale * self.head(pooled).squeeze(1)


def validation_error(parts: dict[str, list[Data]], model: CGCNN, *, epochs: int, seed: int) -> float:
    """Train a network; returns its mean absolute error on the val split."""
    torch.manual_seed(seed)  # the order of the crystals
    loader = DataLoader(parts["train"], batch_size=64, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=epochs * len(loader))
    for _ in range(epochs):
        model.train()
        for batch in loader:
            optimizer.zero_grad()
            (model(batch) - batch.y).abs().mean().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        errors = [(model(batch) - batch.y).abs() for batch in DataLoader(parts["val"], batch_size=256)]
    return float(torch.cat(errors).mean())


def main() -> None:
    """Compare the networks."""
    parser = argparse.ArgumentParser(description="A CGCNN without and with the features of sgbasis.")
    parser.add_argument("dataset", help="compiled with `sgbasis crystals`")
    parser.add_argument("--target", default="shear_modulus_vrh")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    parts = graphs(open_crystals(arguments.dataset), arguments.target)
    print(f"log10 {arguments.target}: {len(parts['train'])} crystals to train on, {len(parts['val'])} to validate")
    networks = {
        "CGCNN": {"width": 64, "encoding": False, "pairs": False},
        "CGCNN + sgbasis": {"width": 64, "encoding": True, "pairs": True},
        "CGCNN, wider": {"width": 74, "encoding": False, "pairs": False},
    }
    for name, options in networks.items():
        errors = []
        for seed in range(arguments.seeds):
            torch.manual_seed(seed)
            model = CGCNN(parts["train"], **options)
            start = time.perf_counter()
            errors.append(validation_error(parts, model, epochs=arguments.epochs, seed=seed))
            print(f"  {name}, seed {seed}: {errors[-1]:.4f} in {time.perf_counter() - start:.0f} s", flush=True)
        spread = stdev(errors) if len(errors) > 1 else float("nan")
        parameters = sum(parameter.numel() for parameter in model.parameters())
        print(f"{name} ({parameters:,} parameters): val MAE {mean(errors):.4f} +- {spread:.4f}", flush=True)


if __name__ == "__main__":
    main()

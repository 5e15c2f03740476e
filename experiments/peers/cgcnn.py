"""CGCNN: T. Xie and J. C. Grossman, Phys. Rev. Lett. 120, 145301 (2018), on asymmetric units.

Twelve neighbours within 8 Angstrom, distances in Gaussians 0.2 Angstrom apart, and convolutions

    z_IJ = BN(W [v_I, v_J, u_IJ]),   v_I <- softplus(v_I + BN(sum over J of sigmoid(z') * softplus(z'')))

with batch normalisation, then a mean over atoms and a hidden layer. The sizes are those of the models that the
authors released (``pre-trained`` of their repository): 64 wide, 4 convolutions, 32 hidden.

Differences from the paper, of which only the last two change a number:

- Atoms that symmetry makes equal have equal features, so that sites of the asymmetric unit suffice. Statistics of
  batch normalisation count a site as often as it has atoms in the primitive cell.
- Each atom has as many neighbours, so that tables replace sums over lists of edges; the product with
  [v_I, v_J, u_IJ] is a sum of three, of which two are made once for each site; a bias before a normalisation is
  left out.
- Among equally distant neighbours of which not all are taken, those of lighter elements come first; the authors'
  choice depends on the order in a file. Where there are fewer than twelve, the rest is the site itself at 9
  Angstrom.
- Properties of elements are those of our table, in the authors' bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from basis_store import CrystalArrays
from basis_store.array_types import IntArray
from experiments.peers.element_bins import element_bins
from experiments.peers.images import images_of_sites, nearest, site_fields
from runtime.arrays import constant
from runtime.bases.store import Store
from runtime.models.base import CrystalModel, Crystals
from runtime.models.batch import Batch, per
from runtime.models.sizes import MAX_LAYERS, check_sizes, quantity, size
from runtime.site_kernels.images.site_mean import SiteMean
from runtime.targets.target import Target

_LATTICE_POINTS = {"P": 1, "A": 2, "B": 2, "C": 2, "I": 2, "R": 3, "F": 4}
"""Of a conventional cell, by its centring."""

_MOMENTUM, _EPSILON = 0.1, 1e-5
"""Of batch normalisation, as PyTorch's defaults."""

_BEYOND = 1.0
"""Angstrom beyond the cutoff, where missing neighbours are."""


@dataclass(frozen=True)
class CGCNNConfig:
    """Sizes of a :class:`CGCNN`; the defaults are those of the released models.

    Attributes:
        width: of atoms.
        layers: convolutions.
        hidden: width of the layer after pooling.
        cutoff: of neighbours, in Angstrom.
        neighbours: of each atom.
        spacing: of the Gaussians and their width, in Angstrom.
    """

    width: int = size(64)
    layers: int = size(4, most=MAX_LAYERS)
    hidden: int = size(32)
    cutoff: float = quantity(8.0, 1.0, 30.0)
    neighbours: int = size(12)
    spacing: float = quantity(0.2, 0.01, 10.0)

    def __post_init__(self) -> None:
        check_sizes(self)


@dataclass(frozen=True, eq=False)
class NearestBatch(Batch):
    """p crystals with S sites, each with N neighbours.

    Attributes:
        numbers: (S,) atomic numbers.
        crystals: (S,) number of the crystal.
        weights: (S,) share of each site in the atoms of its crystal.
        atoms: (S,) atoms of each site in the primitive cell.
        senders: (S N,) sites whose images the neighbours are.
        distances: (S N,) Angstrom.
    """

    numbers: Tensor = per("sites")
    crystals: Tensor = per("sites", numbers_of="crystals")
    weights: Tensor = per("sites")
    atoms: Tensor = per("sites")
    senders: Tensor = per("edges", numbers_of="sites")
    distances: Tensor = per("edges")

    @property
    def costs(self) -> IntArray:
        """(p,) neighbours."""
        return self.counts["edges"]


class WeightedBatchNorm(nn.Module):
    """Batch normalisation over rows, each of which counts several times.

    Args:
        width: of rows.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.ones(width))

    def forward(self, rows: Tensor, shares: Tensor, count: Tensor) -> Tensor:
        """Normalise.

        Args:
            rows: (..., width).
            shares: (rows,) how much each row counts, of sum 1, for the rows in their order.
            count: () how many rows there are if each counts one.

        Returns:
            As ``rows``.
        """
        if not self.training:
            scale = self.gain * torch.rsqrt(self.variance + _EPSILON)
            return rows * scale + (self.shift - self.mean * scale)
        flat = rows.flatten(0, -2)
        mean = shares @ flat
        centred = flat - mean
        variance = shares @ centred.square()
        with torch.no_grad():
            self.mean.lerp_(mean, _MOMENTUM)
            self.variance.lerp_(variance * (count / (count - 1).clamp(min=1)), _MOMENTUM)
        scaled = centred * (self.gain * torch.rsqrt(variance + _EPSILON))
        return (scaled + self.shift).view_as(rows)


class Convolution(nn.Module):
    """One gated convolution of CGCNN.

    Args:
        width: of atoms.
        gaussians: of distances.
    """

    def __init__(self, width: int, gaussians: int) -> None:
        super().__init__()
        self.width = width
        self.full = nn.Linear(2 * width + gaussians, 2 * width, bias=False)
        self.edge_norm, self.site_norm = WeightedBatchNorm(2 * width), WeightedBatchNorm(width)

    def forward(self, tokens: Tensor, senders: Tensor, gaussians: Tensor, atoms: Tensor) -> Tensor:
        """The features of the next layer.

        Args:
            tokens: (S, width).
            senders: (S, N).
            gaussians: (S, N, gaussians) of the distances.
            atoms: (S,) how often each site counts.

        Returns:
            (S, width).
        """
        n_sites, n = senders.shape
        own, other, edge = self.full.weight.split_with_sizes([self.width, self.width, gaussians.shape[-1]], dim=1)
        sent = functional.linear(tokens, other).index_select(0, senders.flatten()).view(n_sites, n, -1)
        z = torch.addmm(sent.flatten(0, 1), gaussians.flatten(0, 1), edge.T).view_as(sent)
        z = z + functional.linear(tokens, own)[:, None]
        count = atoms.sum()
        shares = atoms / count
        z = self.edge_norm(z, (shares / n)[:, None].expand(-1, n).reshape(-1), count * n)
        gate, core = z.chunk(2, dim=-1)
        summed = (torch.sigmoid(gate) * functional.softplus(core)).sum(dim=1)
        return functional.softplus(tokens + self.site_norm(summed, shares, count))


class CGCNN(CrystalModel):
    """The crystal graph network of Xie and Grossman; see the head of this file.

    Args:
        config: sizes.
        targets: what to predict.
        store: where the operations come from.
    """

    config_class = CGCNNConfig
    config: CGCNNConfig
    store: Store
    properties: Tensor
    centres: Tensor

    def __init__(self, config: CGCNNConfig, targets: Sequence[Target], store: Store | None = None) -> None:
        super().__init__(config, targets, store)
        dtype = torch.get_default_dtype()
        self.register_buffer("properties", constant(element_bins(), dtype), persistent=False)
        centres = np.arange(0, config.cutoff + config.spacing / 2, config.spacing)
        self.register_buffer("centres", constant(centres, dtype), persistent=False)
        self.embedding = nn.Linear(self.properties.shape[1], config.width)
        self.layers = nn.ModuleList(Convolution(config.width, len(centres)) for _ in range(config.layers))
        self.hidden = nn.Linear(config.width, config.hidden)
        self.head = nn.Linear(config.hidden, len(targets))

    def prepare(self, crystals: Crystals) -> NearestBatch:
        """Find the nearest neighbours of every site."""
        arrays, device = CrystalArrays.of(crystals), self.target_mean.device
        count = self.config.neighbours
        fields = site_fields(arrays, device, self.precision)
        numbers = fields["numbers"]
        found = images_of_sites(arrays, self.store, self.config.cutoff, device)
        near, lengths, places = nearest(found, numbers, count)
        senders = torch.arange(len(numbers), device=device).repeat_interleave(count)
        distances = torch.full((len(senders),), self.config.cutoff + _BEYOND, dtype=torch.float64, device=device)
        settings, which = arrays.settings()
        points = np.array([_LATTICE_POINTS[setting.centring] for setting in settings])[which]
        atoms = arrays.multiplicities / np.repeat(points, arrays.site_counts)
        return NearestBatch(
            counts={"sites": arrays.site_counts, "edges": count * arrays.site_counts},
            **fields,
            atoms=torch.from_numpy(atoms).to(device, self.precision),
            senders=senders.index_copy(0, places, near),
            distances=distances.index_copy(0, places, lengths).to(self.precision),
        )

    def network(self, batch: NearestBatch) -> Tensor:
        """(crystals, targets) of order one."""
        senders = batch.senders.view(-1, self.config.neighbours)
        offsets = (batch.distances[:, None] - self.centres) / self.config.spacing
        gaussians = torch.exp(-offsets.square()).view(*senders.shape, -1)
        tokens = self.embedding(self.properties).index_select(0, batch.numbers)
        for layer in self.layers:
            tokens = layer(tokens, senders, gaussians, batch.atoms)
        pooled = SiteMean(batch.weights, batch.crystals, len(batch))(tokens)
        values: Tensor = self.head(functional.softplus(self.hidden(functional.softplus(pooled))))
        return values

"""The encoder network: invariant waves and a lattice -> position encoding of a site.

A position branch (waves) and a lattice branch meet in a product. There is one encoder per lattice family, since
the families share different waves. Source: arXiv 2512.13989 and the authors' release.

The release adds a one-hot vector of the space group to the inputs of both branches. Its columns of the first
layers are the embeddings here. They start at zero: a group without training data keeps zero columns and
is treated as a group without an embedding, not as one with a random embedding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from runtime.models.crystal_fourier_transformer.transformer import EPSILON

_ANGSTROM = 10.0  # unit of the lattice entries: a usual length of a cell


class PositionEncoder(nn.Module):
    """Position encodings of sites; see the head of this file.

    Args:
        n_waves: K, the waves of the lattice family.
        width: of the encoding.
        hidden: width of both branches.
        blocks: residual blocks per branch.
    """

    def __init__(self, n_waves: int, width: int, hidden: int = 256, blocks: int = 3) -> None:
        super().__init__()
        self.position = nn.Linear(2 * n_waves, 2 * hidden)
        self.position_group = nn.Embedding(231, 2 * hidden)
        self.position_branch = nn.Sequential(
            nn.ReLU(), nn.Linear(2 * hidden, hidden), nn.ReLU(), *(ResidualBlock(hidden) for _ in range(blocks))
        )
        self.lattice = nn.Linear(6, hidden)
        self.lattice_group = nn.Embedding(231, hidden)
        self.lattice_branch = nn.Sequential(nn.ReLU(), *(ResidualBlock(hidden) for _ in range(blocks)))
        self.output = nn.Sequential(nn.Linear(hidden, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))

    def forward(self, waves: Tensor, crystals: Tensor, lattices: Tensor, groups: Tensor) -> Tensor:
        """Encode s sites of p crystals.

        Args:
            waves: (s, 2 K) Re P_k and Im P_k at the sites.
            crystals: (s,) the crystal of each site.
            lattices: (p, 6) from :func:`lattice_features`.
            groups: (p,) space-group numbers.

        Returns:
            (s, width).
        """
        position = self.position_branch(self.position(waves) + self.position_group(groups)[crystals])
        lattice = self.lattice_branch(self.lattice(lattices) + self.lattice_group(groups))
        encoding: Tensor = self.output(position * lattice[crystals])
        return encoding


class ResidualBlock(nn.Module):
    """Two linear layers, each followed by LayerNorm and ReLU, added to their input.

    Args:
        width: of input and output; twice that in between.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, 2 * width),
            nn.LayerNorm(2 * width, eps=EPSILON),
            nn.ReLU(),
            nn.Linear(2 * width, width),
            nn.LayerNorm(width, eps=EPSILON),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
        changed: Tensor = x + self.layers(x)
        return changed


def lattice_features(lattices: Tensor) -> Tensor:
    """The cell rotated so that a lies along x and b in the xy plane: (n, 3, 3) rows in Angstrom -> (n, 6).

    The six entries of the lower triangle, in units of 10 Angstrom, are invariant under rotation and reflection of
    the crystal. The release uses all nine entries in the orientation of the file.
    """
    triangle = torch.linalg.cholesky(lattices @ lattices.mT) / _ANGSTROM
    rows, columns = torch.tril_indices(3, 3, device=lattices.device)
    entries: Tensor = triangle[:, rows, columns]
    return entries

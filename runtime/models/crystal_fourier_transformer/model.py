"""The Crystal Fourier Transformer of arXiv 2512.13989: invariant waves and elements, a Transformer, a head.

Source: C. Zhang, E. Ertekin, P. Orbanz, R. P. Adams, arXiv 2512.13989, and the hyper-parameters of the authors'
release. Their position encoding is M_G e(x): plane waves e_k(x) = exp(2 pi i k.x), made invariant by the group's
*routing matrix* M_G. Here :class:`runtime.encoding.wave_encoder.WaveEncoder` computes its entries row by row,

    P_k(x) = sum_k' M_G[k, k'] e_k'(x) = (1 / |G|) sum_g e_k(g x),

without forming the matrix; :meth:`runtime.basis.Basis.routing_matrix` returns it as a dense one. The default model
of this package is another: :class:`runtime.models.orbit_transformer.OrbitTransformer`.

Differences from the release, each of which repairs it or changes no number:

- Crystals come in the standard setting of their group; the release applies a group number to any cell
  (tests/regressions/test_06).
- Attention and pooling run over the asymmetric unit, which is exact (:mod:`runtime.models.attention`).
- The lattice is given as its rotated lower triangle and groups without data keep zero columns
  (position_encoder.py); distances in pretraining are exact (tests/regressions/test_08).
- The density counts every atom once; the release counts an atom once per operation that leaves it in place.

Predictions depend on the choice among the allowed origins (T5): where two of them exchange the atoms, as in rock
salt, swapped crystals get different values (tests/regressions/test_07). This is a property of the model and the
reason why it is a baseline here and not the default.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from basis_store import CrystalRecord, ModelError, Setting, ball_norm, wave_norm
from basis_store.groups.setting import LatticeFamily
from basis_store.groups.wave_shells import LATTICE_FAMILIES
from runtime.encoding.wave_encoder import WaveEncoder
from runtime.models.attention import weighted_mean
from runtime.models.base import Batch, CrystalModel, PreparedCrystal
from runtime.models.crystal_fourier_transformer.position_encoder import PositionEncoder, lattice_features
from runtime.models.crystal_fourier_transformer.transformer import EPSILON, TransformerBlock
from runtime.models.elements import N_ELEMENTS
from runtime.models.sizes import MAX_LAYERS, check_sizes, dropout, quantity, size
from runtime.store import Store
from runtime.targets.target import Target

_RADIUS = 5  # 514 orthogonal or 418 hexagonal shared waves, also from a larger store
_DENSITY_RADIUS = math.sqrt(6)  # 80 orthogonal waves, as in the release


@dataclass(frozen=True)
class CrystalFourierTransformerConfig:
    """Sizes of a :class:`CrystalFourierTransformer`; the defaults are within the paper's ranges.

    Attributes:
        width: of tokens, 128 to 256.
        blocks: Transformer blocks, 2 to 6.
        heads: attention heads.
        feed_forward: hidden width of the blocks.
        encoder_hidden: width of both branches of the position encoders.
        encoder_blocks: residual blocks per branch.
        head_hidden: width of the head's first layer; the second has an eighth of it.
        dropout: in the blocks; the release uses 0.1 for moduli.
        density_sigma: width in Angstrom of the optional Gaussian density encoding (the release: 2); 0: without.

    Raises:
        ModelError: a size that makes no sense.
    """

    width: int = size(128)
    blocks: int = size(4, most=MAX_LAYERS)
    heads: int = size(8)
    feed_forward: int = size(512)
    encoder_hidden: int = size(256)
    encoder_blocks: int = size(3, most=MAX_LAYERS)
    head_hidden: int = size(2048, least=8)
    dropout: float = dropout()
    density_sigma: float = quantity(0.0, 0.0, 10.0)

    def __post_init__(self) -> None:
        check_sizes(self)
        if self.width % self.heads:
            name = type(self).__name__
            raise ModelError(f"width of {name} is a multiple of heads, not {self.width} for {self.heads}")


@dataclass(frozen=True)
class PreparedWaves(PreparedCrystal):
    """One crystal of n sites.

    Attributes:
        setting: of the record.
        coordinates: (n, 3) float64, fractional.
        lattice: (6,) see :func:`lattice_features`.
        numbers: (n,) atomic numbers.
        multiplicities: (n,) atoms per cell.
        decays: (D,) transforms of the Gaussian at the first D shared waves; D = 0 without densities.
    """

    setting: Setting
    coordinates: NDArray[np.float64]
    lattice: NDArray[np.floating]
    numbers: NDArray[np.uint8]
    multiplicities: NDArray[np.int32]
    decays: NDArray[np.floating]

    @property
    def n_tokens(self) -> int:
        """Sites of the asymmetric unit."""
        return len(self.numbers)


@dataclass(frozen=True)
class WaveBatch(Batch):
    """p crystals padded to n sites; per lattice family, the s sites of its crystals without padding.

    Attributes:
        numbers: (p, n) atomic numbers, 0 for padding.
        multiplicities: (p, n) atoms per cell, 0 for padding.
        lattices: (p, 6).
        groups: (p,) space-group numbers.
        orthogonal_sites: (s,) rows of the flattened (p n) tokens.
        orthogonal_waves: (s, 2 K) Re P_k and Im P_k.
        orthogonal_densities: (s, 2 D) transforms of the Gaussian density of each site's atoms.
        hexagonal_sites, hexagonal_waves, hexagonal_densities: the same.
    """

    numbers: Tensor
    multiplicities: Tensor
    lattices: Tensor
    groups: Tensor
    orthogonal_sites: Tensor
    orthogonal_waves: Tensor
    orthogonal_densities: Tensor
    hexagonal_sites: Tensor
    hexagonal_waves: Tensor
    hexagonal_densities: Tensor


class CrystalFourierTransformer(CrystalModel):
    """The model of arXiv 2512.13989, a baseline; see the head of this file.

    Args:
        config: sizes.
        targets: what to predict.
        store: where waves and operations come from; default: the store that ships with the package.

    Attributes:
        encoders: position encoders by lattice family; :func:`runtime.pretrain` trains them.
    """

    config_class = CrystalFourierTransformerConfig
    config: CrystalFourierTransformerConfig
    store: Store

    def __init__(
        self, config: CrystalFourierTransformerConfig, targets: Sequence[Target], store: Store | None = None
    ) -> None:
        super().__init__(config, targets, store)
        # 1. Position encodings from invariant waves, an encoder for each lattice family.
        self.waves = WaveEncoder(self.store, radius=_RADIUS)
        self.encoders = nn.ModuleDict(
            {
                family: PositionEncoder(
                    len(self.waves.waves(family)), config.width, config.encoder_hidden, config.encoder_blocks
                )
                for family in LATTICE_FAMILIES
            }
        )
        # 2. Optionally, the Gaussian density of each site's atoms at the longest waves.
        self._density_waves = {
            family: self._density_shells(family) if config.density_sigma else 0 for family in LATTICE_FAMILIES
        }
        self.density_projections = nn.ModuleDict(
            {
                family: nn.Linear(config.width + 2 * n, config.width) if n else nn.Identity()
                for family, n in self._density_waves.items()
            }
        )
        # 3. Elements, blocks and head.
        self.element = nn.Embedding(N_ELEMENTS, config.width)
        self.input_norm = nn.LayerNorm(config.width, eps=EPSILON)
        self.blocks = nn.ModuleList(
            TransformerBlock(config.width, config.heads, config.feed_forward, config.dropout)
            for _ in range(config.blocks)
        )
        self.head = _head(config.width, config.head_hidden, len(targets))
        self._initialize()

    def prepare(self, record: CrystalRecord) -> PreparedWaves:
        """Copy the sites; compute the features of the lattice and the transforms of the Gaussian."""
        dtype = self.precision
        lattice = torch.from_numpy(record.lattice.copy())
        return PreparedWaves(
            setting=record.setting,
            coordinates=record.coordinates.copy(),
            lattice=lattice_features(lattice[None])[0].to(dtype).numpy(),
            numbers=record.numbers.copy(),
            multiplicities=record.multiplicities.copy(),
            decays=self._decays(lattice, record.setting.lattice_family).to(dtype).numpy(),
        )

    def collate(self, crystals: Sequence[PreparedWaves]) -> WaveBatch:  # type: ignore[override]
        """Pad the tokens; evaluate the waves at the sites, in float64, and keep them in the model's type."""
        n = max(crystal.n_tokens for crystal in crystals)
        numbers = torch.zeros(len(crystals), n, dtype=torch.long, device="cpu")
        multiplicities = torch.zeros(len(crystals), n, dtype=self.precision, device="cpu")
        for row, crystal in enumerate(crystals):
            numbers[row, : crystal.n_tokens] = torch.from_numpy(crystal.numbers)
            multiplicities[row, : crystal.n_tokens] = torch.from_numpy(crystal.multiplicities)
        parts: dict[str, Tensor] = {}
        for family in LATTICE_FAMILIES:
            rows = [row for row, crystal in enumerate(crystals) if crystal.setting.lattice_family == family]
            parts |= self._sites_of(family, [crystals[row] for row in rows], [row * n for row in rows])
        return WaveBatch(
            numbers=numbers,
            multiplicities=multiplicities,
            lattices=torch.from_numpy(np.stack([crystal.lattice for crystal in crystals])),
            groups=torch.tensor([crystal.setting.number for crystal in crystals], device="cpu"),
            **parts,
        )

    def network(self, batch: WaveBatch) -> Tensor:
        """(crystals, targets) of order one."""
        tokens = self.input_norm(self.element(batch.numbers) + self.encode_positions(batch))
        for block in self.blocks:
            tokens = block(tokens, batch.multiplicities)
        values: Tensor = self.head(weighted_mean(tokens, batch.multiplicities))
        return values

    def encode_positions(self, batch: WaveBatch) -> Tensor:
        """Position encodings, from the rows of M_G e(x) and the lattice.

        Args:
            batch: p crystals padded to n sites.

        Returns:
            (p, n, width), 0 for padding.
        """
        p, n = batch.numbers.shape
        encodings, sites = [], []
        for family in LATTICE_FAMILIES:
            some: Tensor = getattr(batch, f"{family}_sites")
            waves = getattr(batch, f"{family}_waves")
            encoding: Tensor = self.encoders[family](waves, some // n, batch.lattices, batch.groups)
            if self._density_waves[family]:
                encoding = torch.cat([encoding, getattr(batch, f"{family}_densities").to(encoding)], dim=1)
            encodings.append(self.density_projections[family](encoding))
            sites.append(some)
        found = torch.cat(encodings)
        return found.new_zeros(p * n, found.shape[1]).index_copy(0, torch.cat(sites), found).view(p, n, -1)

    def _sites_of(
        self, family: LatticeFamily, crystals: Sequence[PreparedWaves], starts: Sequence[int]
    ) -> dict[str, Tensor]:
        """The fields of a batch that belong to one lattice family, from its crystals and their first rows."""
        dtype, n_density = self.precision, self._density_waves[family]
        sites = [np.arange(start, start + one.n_tokens) for one, start in zip(crystals, starts, strict=True)]
        values = torch.zeros(0, len(self.waves.waves(family)), dtype=torch.complex128, device="cpu")
        weights = torch.zeros(0, n_density, dtype=torch.float64, device="cpu")
        if crystals:
            rows = torch.from_numpy(np.repeat(np.arange(len(crystals)), [one.n_tokens for one in crystals]))
            x = torch.from_numpy(np.concatenate([one.coordinates for one in crystals]))
            values = self.waves(x, [one.setting for one in crystals], rows)[:, : values.shape[1]]
            # T7: F_I = m_I P_k(x_I), times the transform of a Gaussian.
            weights = torch.from_numpy(
                np.concatenate([one.multiplicities[:, None] * one.decays for one in crystals]).astype(np.float64)
            )
        densities = values[:, :n_density] * weights
        return {
            f"{family}_sites": torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *sites])),
            f"{family}_waves": torch.cat([values.real, values.imag], dim=1).to(dtype),
            f"{family}_densities": torch.cat([densities.real, densities.imag], dim=1).to(dtype),
        }

    def _density_shells(self, family: LatticeFamily) -> int:
        """D: the shared waves, whole shells of them, at which densities are given."""
        norms = wave_norm(self.waves.waves(family).numpy(), family)
        return int((norms <= ball_norm(_DENSITY_RADIUS)).sum())

    def _decays(self, lattice: Tensor, family: LatticeFamily) -> Tensor:
        """(D,) exp(-2 pi^2 sigma^2 |G|^2) at the leading shared waves."""
        if not self.config.density_sigma:
            return torch.zeros(0, device="cpu")
        k = self.waves.waves(family)[: self._density_waves[family]].to(lattice)
        squares = (k @ torch.linalg.inv(lattice).T).square().sum(-1)
        return torch.exp(-2 * (math.pi * self.config.density_sigma) ** 2 * squares)

    @torch.no_grad()
    def _initialize(self) -> None:
        """The release's initial values (flax): variance 1 / inputs; biases and embeddings of groups are zero."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)
        for encoder in self.encoders.values():
            assert isinstance(encoder, PositionEncoder)
            nn.init.zeros_(encoder.position_group.weight)
            nn.init.zeros_(encoder.lattice_group.weight)


def _head(width: int, hidden: int, n_targets: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width, hidden),
        nn.SiLU(),
        nn.LayerNorm(hidden, eps=EPSILON),
        nn.Linear(hidden, hidden // 8),
        nn.SiLU(),
        nn.LayerNorm(hidden // 8, eps=EPSILON),
        nn.Linear(hidden // 8, n_targets),
    )

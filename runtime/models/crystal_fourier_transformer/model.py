"""The Crystal Fourier Transformer of arXiv 2512.13989: invariant waves and elements, a Transformer, a head.

Source: C. Zhang, E. Ertekin, P. Orbanz, R. P. Adams, arXiv 2512.13989, and the hyper-parameters of the authors'
release. Their position encoding is M_G e(x): plane waves e_k(x) = exp(2 pi i k.x), made invariant by the group's
*routing matrix* M_G. Here :class:`runtime.encoding.wave_encoder.WaveEncoder` computes its entries row by row,

    P_k(x) = sum_k' M_G[k, k'] e_k'(x) = (1 / |G|) sum_g e_k(g x),

without forming the matrix; :meth:`runtime.Basis.routing_matrix` returns it as a dense one. The default model
of this package is another: :class:`runtime.models.orbit_transformer.OrbitTransformer`.

Differences from the release, each of which repairs it or changes no number:

- Crystals come in the standard setting of their group; the release applies a group number to any cell
  (tests/regressions/test_06).
- Attention and pooling run over the asymmetric unit, which is exact (`attention.py`).
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
from torch import Tensor, nn

from basis_store import CrystalArrays, ModelError, Setting, all_settings, ball_norm, wave_norm
from basis_store.array_types import Int16Array, IntArray
from basis_store.groups.group import LatticeFamily
from basis_store.groups.wave_shells import LATTICE_FAMILIES
from runtime.bases.store import Store
from runtime.encoding.wave_encoder import WaveEncoder
from runtime.models.base import CrystalModel, Crystals
from runtime.models.batch import Batch, per
from runtime.models.crystal_fourier_transformer.attention import weighted_mean
from runtime.models.crystal_fourier_transformer.position_encoder import PositionEncoder, lattice_features
from runtime.models.crystal_fourier_transformer.transformer import EPSILON, TransformerBlock
from runtime.models.elements import N_ELEMENTS
from runtime.models.sizes import MAX_LAYERS, check_sizes, dropout, quantity, size
from runtime.targets.target import Target

_RADIUS = 5  # 514 orthogonal or 418 hexagonal shared waves, also from a larger store
_DENSITY_RADIUS = math.sqrt(6)  # 80 orthogonal waves, as in the release
_SITE = 64  # about as many pairs of attention as the rest of the work for a site costs


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


@dataclass(frozen=True, eq=False, repr=False)
class WaveBatch(Batch):
    """p crystals with S sites.

    Attributes:
        numbers: (S,) atomic numbers.
        crystals: (S,) number of the crystal.
        multiplicities: (S,) atoms per cell.
        coordinates: (S, 3) fractional, float64.
        lattices: (p, 6) see :func:`lattice_features`.
        groups: (p,) space-group numbers.
        decays: (p, D) transforms of the Gaussian at the first shared waves; D = 0 without densities.
        hall_numbers: (p,) of the settings.
    """

    numbers: Tensor = per("sites")
    crystals: Tensor = per("sites", numbers_of="crystals")
    multiplicities: Tensor = per("sites")
    coordinates: Tensor = per("sites")
    lattices: Tensor = per("crystals")
    groups: Tensor = per("crystals")
    decays: Tensor = per("crystals")
    hall_numbers: Int16Array = per("crystals")

    @property
    def costs(self) -> IntArray:
        """(p,) pairs of sites, and a site as much as many of them."""
        sites = self.counts["sites"]
        return sites * (sites + _SITE)

    def settings(self) -> list[Setting]:
        """Of each crystal."""
        return [all_settings()[number - 1] for number in self.hall_numbers.tolist()]


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

    def prepare(self, crystals: Crystals) -> WaveBatch:
        """Compute the features of the lattices and the transforms of the Gaussian."""
        arrays = CrystalArrays.of(crystals)
        settings, places = arrays.settings()
        lattices = torch.from_numpy(arrays.lattices)
        return WaveBatch(
            counts={"sites": arrays.site_counts},
            numbers=torch.from_numpy(arrays.numbers.astype(np.int64)),
            crystals=torch.from_numpy(np.repeat(np.arange(len(arrays)), arrays.site_counts)),
            multiplicities=torch.from_numpy(arrays.multiplicities).to(self.precision),
            coordinates=torch.from_numpy(arrays.coordinates),
            lattices=lattice_features(lattices).to(self.precision),
            groups=torch.from_numpy(np.array([setting.number for setting in settings], np.int64)[places]),
            decays=self._decays(lattices, [setting.lattice_family for setting in settings], places),
            hall_numbers=arrays.hall_numbers,
        ).to(self.target_mean.device)

    def network(self, batch: WaveBatch) -> Tensor:
        """(crystals, targets) of order one."""
        padded = batch.padding("sites")
        multiplicities = padded(batch.multiplicities)
        tokens = padded(self.input_norm(self.element(batch.numbers) + self.encode_positions(batch)))
        for block in self.blocks:
            tokens = block(tokens, multiplicities)
        values: Tensor = self.head(weighted_mean(tokens, multiplicities))
        return values

    def encode_positions(self, batch: WaveBatch) -> Tensor:
        """Position encodings, from the rows of M_G e(x) and the lattice.

        Args:
            batch: crystals with S sites.

        Returns:
            (S, width).
        """
        encodings, sites = [], []
        for family in LATTICE_FAMILIES:
            some = self.sites_of(batch, family)
            waves, densities = self.waves_of(batch, family, some)
            crystals = batch.crystals.index_select(0, some)
            encoding: Tensor = self.encoders[family](waves, crystals, batch.lattices, batch.groups)
            if self._density_waves[family]:
                encoding = torch.cat([encoding, densities.to(encoding)], dim=1)
            encodings.append(self.density_projections[family](encoding))
            sites.append(some)
        found = torch.cat(encodings)
        return torch.empty_like(found).index_copy(0, torch.cat(sites), found)

    def sites_of(self, batch: WaveBatch, family: LatticeFamily) -> Tensor:
        """The sites of the crystals of a lattice family.

        Args:
            batch: crystals with S sites.
            family: orthogonal or hexagonal.

        Returns:
            (s,) numbers of sites.
        """
        own = [setting.lattice_family == family for setting in batch.settings()]
        return torch.from_numpy(np.flatnonzero(np.repeat(np.array(own, bool), batch.counts["sites"]))).to(
            batch.device
        )

    @torch.no_grad()
    def waves_of(self, batch: WaveBatch, family: LatticeFamily, sites: Tensor) -> tuple[Tensor, Tensor]:
        """Waves and densities of sites of one lattice family, evaluated in the type of the coordinates.

        Args:
            batch: crystals with S sites.
            family: orthogonal or hexagonal.
            sites: (s,) from :meth:`sites_of`.

        Returns:
            (s, 2 K) Re P_k and Im P_k, and (s, 2 D) transforms of the Gaussian density of each site's atoms; in
            the type of the lattices.
        """
        n_waves, n_density = len(self.waves.waves(family)), self._density_waves[family]
        values = torch.zeros(0, n_waves, dtype=batch.coordinates.dtype.to_complex(), device=batch.device)
        crystals = batch.crystals.index_select(0, sites)
        if len(sites):
            values = self.waves(batch.coordinates.index_select(0, sites), batch.settings(), crystals)[:, :n_waves]
        # T7: F_I = m_I P_k(x_I), times the transform of a Gaussian.
        multiplicities = batch.multiplicities.index_select(0, sites)[:, None]
        densities = values[:, :n_density] * (
            multiplicities * batch.decays[:, :n_density].index_select(0, crystals)
        )
        parts = (torch.cat([some.real, some.imag], dim=1).to(batch.lattices) for some in (values, densities))
        return next(parts), next(parts)

    def _density_shells(self, family: LatticeFamily) -> int:
        """D: the shared waves, whole shells of them, at which densities are given."""
        norms = wave_norm(self.waves.waves(family).numpy(), family)
        return int((norms <= ball_norm(_DENSITY_RADIUS)).sum())

    def _decays(self, lattices: Tensor, families: Sequence[LatticeFamily], places: IntArray) -> Tensor:
        """(p, D) exp(-2 pi^2 sigma^2 |G|^2) at the leading shared waves of the family of each lattice."""
        decays = torch.zeros(len(lattices), max(self._density_waves.values()), dtype=torch.float64, device="cpu")
        for family, n_density in self._density_waves.items():
            own = torch.from_numpy(np.flatnonzero(np.array([one == family for one in families], bool)[places]))
            k = self.waves.waves(family)[:n_density].to(lattices)
            squares = (k @ torch.linalg.inv(lattices[own]).mT).square().sum(-1)
            decays[own, :n_density] = torch.exp(-2 * (math.pi * self.config.density_sigma) ** 2 * squares)
        return decays

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

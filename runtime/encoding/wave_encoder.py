"""Symmetrised plane waves of atoms of many crystals in many groups: the input of models with shared waves (T4)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from basis_store import CutoffError, Representation, SettingError
from basis_store.groups.group import LatticeFamily
from basis_store.groups.representation import RepresentationName
from basis_store.groups.wave_shells import LATTICE_FAMILIES, ball_norm, wave_norm
from runtime.arrays import integers, points
from runtime.bases.store import Store, load_store
from runtime.encoding.half_orbits import HalfOrbits, half_orbits
from runtime.encoding.packed_tables import PackedTables, TableCache
from runtime.encoding.plan import Composition, EncodingPlan
from runtime.encoding.recomputed import Route, recomputed, uses_triton
from runtime.encoding.torch_path import TorchPath
from runtime.encoding.wave_sums import WaveSums, symmetrised_waves


class WaveEncoder(nn.Module):
    """P_k(x) = (1/|G|) sum_g e_k(g x) of all shared waves k, each point in the group of its crystal.

    With another character than the trivial one (T9), P_k(x) = (1/|G|) sum_g conj(chi(g)) e_k(g x).

    >>> import torch
    >>> from runtime import Setting, WaveEncoder
    >>> encoder = WaveEncoder()
    >>> spinel, quartz = Setting.standard(227), Setting.standard(152)
    >>> encoder(torch.rand(3, 3), [spinel, quartz], torch.tensor([0, 0, 1])).shape
    torch.Size([3, 514])

    Column j belongs to wave j of the lattice family of a point's setting, see :meth:`waves`. Systematic absences
    are 0, and so are, in the family with fewer waves, the columns beyond them. Values equal those of
    :meth:`runtime.Basis.project`, and every one of them is invariant under the group, or has the character.

    All P_k of a point are computed from one exponential per axis and index and one number per orbit, at a cost
    that grows with the number of waves alone. No intermediate values are kept: derivatives, of any order, are
    recomputed from the coordinates. On a GPU where Triton is installed, one kernel computes everything
    (:mod:`runtime.encoding.triton_path`), elsewhere PyTorch does (:mod:`runtime.encoding.torch_path`).

    Args:
        store: has the settings; default: the store that ships with the package.
        radius: of the ball of shared waves; default: that of the store.

    Raises:
        basis_store.CutoffError: the radius is larger than that of the waves that all settings share.
        basis_store.SettingError: the store holds plane groups.
    """

    def __init__(self, store: Store | None = None, *, radius: float | None = None) -> None:
        super().__init__()
        self.store = load_store() if store is None else store
        if self.store.recipe.dimension != 3:
            raise SettingError(
                f"{self.store.path.name} holds {self.store.recipe.groups} groups: a WaveEncoder needs a store of "
                "space groups; Store.basis evaluates those of any kind"
            )
        max_radius = self.store.recipe.radius
        if radius is not None and radius > max_radius:
            raise CutoffError(
                f"the waves that all settings of {self.store.path} share have radius {max_radius}, not {radius}"
            )
        self._waves = {}
        for family in LATTICE_FAMILIES:
            shared = self.store.shared_waves(family).numpy()
            self._waves[family] = shared[
                wave_norm(shared, family) <= ball_norm(max_radius if radius is None else radius)
            ]
        self._orbits: dict[Representation, HalfOrbits] = {}
        self._torch_path = TorchPath(self._waves, self._orbits_of)
        self._table_caches: dict[torch.device, TableCache] = {}
        self._last_composition: Composition | None = None

    @property
    def n_waves(self) -> int:
        """K: the number of shared waves of the lattice family that has more of them."""
        return max(map(len, self._waves.values()))

    def waves(self, family: LatticeFamily) -> Tensor:
        """(K, 3) int64: the waves of the columns, in the order of the store, for settings of a lattice family."""
        return torch.from_numpy(self._waves[family])

    def plan(self, settings: Sequence[RepresentationName], crystals: Tensor) -> EncodingPlan:
        """Sort the atoms of a batch by setting, to encode them again and again as they move.

        A plan holds what it needs of its arguments: it stays as it is when they change later. In CUDA graphs,
        encode with a plan that was made before: its memory stays in place.

        Args:
            settings: of p crystals, or their names as :meth:`Setting.parse` reads them. With another character,
                representations or their names, such as ``"136:B1g"``, if the store has them.
            crystals: (n,) which of them each point belongs to, 0 to p - 1 (PyTorch Geometric's ``batch``), on the
                device of the coordinates.

        Raises:
            basis_store.SettingError: the store does not hold a setting, or it is a bare number.
            TypeError: crystals that are not integers, or no settings.
            ValueError: crystals of another shape.
            IndexError: a crystal has no setting.
        """
        crystals = integers(crystals, "crystals").long()
        if crystals.ndim != 1:
            raise ValueError(f"crystals have shape (n,), not {tuple(crystals.shape)}")
        if not settings:
            raise TypeError("at least one setting is needed")
        if (
            not crystals.is_cuda
            and len(crystals)
            and not 0 <= int(crystals.min()) <= int(crystals.max()) < len(settings)
        ):
            raise IndexError(f"crystals are 0 to {len(settings) - 1}, one for each setting")
        return self._composition(list(settings), crystals.device).plan(crystals)

    def forward(
        self, x: Tensor, settings: Sequence[RepresentationName] | EncodingPlan, crystals: Tensor | None = None
    ) -> Tensor:
        """Encode.

        Args:
            x: (n, 3) fractional coordinates in the conventional cells of the settings, float32 or float64.
            settings: as for :meth:`plan`; or its result, without ``crystals``.
            crystals: as for :meth:`plan`.

        Returns:
            (n, K) complex64 or complex128.

        Raises:
            basis_store.SettingError: the store does not hold a setting, or it is a bare number.
            TypeError: coordinates of another dtype, crystals that are not integers, or no settings.
            ValueError: other shapes, or a plan on another device.
            IndexError: a crystal has no setting.
        """
        if torch.compiler.is_compiling():  # not a decorator, which would import the compiler in every process
            return torch.compiler.disable(self._encode)(x, settings, crystals)  # type: ignore[no-any-return, no-untyped-call]
        return self._encode(x, settings, crystals)

    def _encode(
        self, x: Tensor, settings: Sequence[RepresentationName] | EncodingPlan, crystals: Tensor | None
    ) -> Tensor:
        x = points(x)
        if not isinstance(settings, EncodingPlan):
            crystals = integers(crystals, "crystals", x.device).to(x.device)
            if crystals.ndim != 1 or x.shape != (len(crystals), 3):
                shapes = f"{tuple(x.shape)} and {tuple(crystals.shape)}"
                raise ValueError(f"coordinates have shape (n, 3) and crystals (n,), not {shapes}")
            settings = self.plan(settings, crystals)
        elif x.shape != (len(settings.order), 3) or x.device != settings.order.device:
            raise ValueError(
                f"coordinates have shape {tuple(x.shape)} and are on {x.device}, "
                f"the plan is for {len(settings.order)} points on {settings.order.device}"
            )
        return recomputed(x, self._route(settings, triton=uses_triton(x)))

    def _route(self, plan: EncodingPlan, *, triton: bool) -> Route:
        by_torch = Route(
            self.n_waves,
            True,
            partial(self._torch_path.write, plan=plan),
            partial(self._torch_path.slopes, plan=plan),
            partial(self._torch_path.differentiable_slopes, plan=plan),
        )
        if not triton:
            return by_torch
        from runtime.encoding import triton_path  # noqa: PLC0415 - Triton is installed on GPUs only

        tables, places = self._tables(plan.order.device, plan.settings)
        work = triton_path.Work(tables, plan, places)
        return by_torch._replace(
            write=partial(triton_path.write, work=work), slopes=partial(triton_path.slopes, work=work)
        )

    def _composition(self, settings: list[RepresentationName], device: torch.device) -> Composition:
        """The last one is kept: it often comes again, with other atoms."""
        last = self._last_composition
        if last is None or last.ranks.device != device or last.given != settings:
            last = Composition.of(settings, device)
            for named in last.settings:
                self._orbits_of(named)  # raises SettingError here rather than inside of autograd
            self._last_composition = last
        return last

    def _tables(self, device: torch.device, settings: tuple[Representation, ...]) -> tuple[PackedTables, Tensor]:
        if device not in self._table_caches:
            self._table_caches[device] = TableCache(self._sums_of, device)
        return self._table_caches[device](settings)

    def _sums_of(self, named: Representation) -> WaveSums:
        return symmetrised_waves(self._orbits_of(named), self.n_waves)

    def _orbits_of(self, named: Representation) -> HalfOrbits:
        if named not in self._orbits:
            waves = self._waves[named.setting.lattice_family]
            self._orbits[named] = half_orbits(self.store.compiled(named), waves)
        return self._orbits[named]

"""Symmetrised plane waves of atoms of many crystals in many groups: the input of models with shared waves (T4)."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from basis_store import CutoffError, Setting
from basis_store.groups.setting import LatticeFamily, SettingName, as_setting
from basis_store.groups.wave_shells import LATTICE_FAMILIES, ball_norm, wave_norm
from runtime.arrays import integers, points
from runtime.encoding.half_orbits import HalfOrbits, half_orbits
from runtime.encoding.torch_path import TorchPath
from runtime.store import Store, load_store

if TYPE_CHECKING:
    from runtime.encoding.triton_path import TableCache


class WaveEncoder(nn.Module):
    """P_k(x) = (1/|G|) sum_g e_k(g x) of all shared waves k, each point in the group of its crystal.

    >>> import torch
    >>> from runtime import Setting, WaveEncoder
    >>> encoder = WaveEncoder()
    >>> spinel, quartz = Setting.standard(227), Setting.standard(152)
    >>> encoder(torch.rand(3, 3), [spinel, quartz], torch.tensor([0, 0, 1])).shape
    torch.Size([3, 514])

    Column j belongs to wave j of the lattice family of a point's setting, see :meth:`waves`. Systematic absences
    are 0, and so are, in the family with fewer waves, the columns beyond them. Values equal those of
    :meth:`runtime.Basis.project`, and every one of them is invariant under the group.

    All P_k of a point are computed from one exponential per axis and index and one number per orbit, at a cost
    that grows with the number of waves alone. No intermediate values are kept: derivatives, of any order, are
    recomputed from the coordinates. On a GPU where Triton is installed, one kernel computes everything
    (:mod:`runtime.encoding.triton_path`), elsewhere PyTorch does (:mod:`runtime.encoding.torch_path`).

    Args:
        store: has the settings; default: the store that ships with the package.
        radius: of the ball of shared waves; default: that of the store.

    Raises:
        basis_store.CutoffError: the radius is larger than that of the waves that all settings share.
    """

    def __init__(self, store: Store | None = None, *, radius: float | None = None) -> None:
        super().__init__()
        self.store = load_store() if store is None else store
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
        self._orbits: dict[Setting, HalfOrbits] = {}
        self._torch_path = TorchPath(self._waves, self._orbits_of)
        self._triton_tables: dict[torch.device, TableCache] = {}

    @property
    def n_waves(self) -> int:
        """K: the number of shared waves of the lattice family that has more of them."""
        return max(map(len, self._waves.values()))

    def waves(self, family: LatticeFamily) -> Tensor:
        """(K, 3) int64: the waves of the columns, in the order of the store, for settings of a lattice family."""
        return torch.from_numpy(self._waves[family])

    def forward(self, x: Tensor, settings: Sequence[SettingName], crystals: Tensor) -> Tensor:
        """Encode.

        Args:
            x: (n, 3) fractional coordinates in the conventional cells of the settings, float32 or float64.
            settings: of p crystals, or their names as :meth:`Setting.parse` reads them.
            crystals: (n,) which of them each point belongs to, 0 to p - 1 (PyTorch Geometric's ``batch``).

        Returns:
            (n, K) complex64 or complex128.

        Raises:
            basis_store.SettingError: the store does not hold a setting, or it is a bare number.
            TypeError: coordinates of another dtype, crystals that are not integers, or no settings.
            ValueError: other shapes.
            IndexError: a crystal has no setting.
        """
        x = points(x)
        crystals = integers(crystals, "crystals", x.device).to(x.device)
        if x.ndim != 2 or x.shape[1] != 3 or crystals.shape != x.shape[:1]:
            shapes = f"{tuple(x.shape)} and {tuple(crystals.shape)}"
            raise ValueError(f"coordinates have shape (n, 3) and crystals (n,), not {shapes}")
        if not settings:
            raise TypeError("at least one setting is needed")
        if not x.is_cuda and len(x) and not 0 <= int(crystals.min()) <= int(crystals.max()) < len(settings):
            raise IndexError(f"crystals are 0 to {len(settings) - 1}, one for each setting")
        named = [as_setting(setting) for setting in settings]
        if torch.compiler.is_compiling():  # not a decorator, which would import the compiler in every process
            return torch.compiler.disable(self._encode)(x, named, crystals)  # type: ignore[no-any-return, no-untyped-call]
        return self._encode(x, named, crystals)

    def _encode(self, x: Tensor, settings: Sequence[Setting], crystals: Tensor) -> Tensor:
        for setting in set(settings):
            self._orbits_of(setting)  # raises SettingError here rather than inside of autograd
        encoded: Tensor = _Encoding.apply(x, self, settings, crystals)  # type: ignore[no-untyped-call]
        return encoded

    def _orbits_of(self, setting: Setting) -> HalfOrbits:
        if setting not in self._orbits:
            self._orbits[setting] = half_orbits(self.store.compiled(setting), self._waves[setting.lattice_family])
        return self._orbits[setting]


def uses_triton(x: Tensor) -> bool:
    """Whether a batch on the device of ``x`` is encoded by the Triton kernel."""
    return x.is_cuda and importlib.util.find_spec("triton") is not None


class _Encoding(torch.autograd.Function):
    """Values and first derivatives by Triton where possible; further derivatives always by PyTorch."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, encoder: WaveEncoder, settings: Sequence[Setting], crystals: Tensor
    ) -> Tensor:
        ctx.save_for_backward(x, crystals)
        ctx.encoder, ctx.settings = encoder, settings
        values = torch.empty(len(x), encoder.n_waves, dtype=x.dtype.to_complex(), device=x.device)
        parts = torch.view_as_real(values).flatten(1)
        if uses_triton(x):
            from runtime.encoding import triton_path  # noqa: PLC0415 - Triton is installed on GPUs only

            tables = triton_path.TableCache(encoder._orbits_of, encoder.n_waves, x.device)
            tables = encoder._triton_tables.setdefault(x.device, tables)
            ctx.work = triton_path.divide(tables, settings, crystals)
            triton_path.encode(x, ctx.work, parts)
        else:
            ctx.work = encoder._torch_path.divide(settings, crystals)
            encoder._torch_path.encode(x, ctx.work, parts)
        return values

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        x, crystals = ctx.saved_tensors
        gradient = torch.view_as_real(gradients[0]).flatten(1)
        torch_path, by_triton = ctx.encoder._torch_path, uses_triton(x)
        if torch.is_grad_enabled():  # the gradient will itself be differentiated
            blocks = torch_path.divide(ctx.settings, crystals) if by_triton else ctx.work
            slopes = torch_path.differentiable_gradient(x, gradient, blocks)
        elif by_triton:
            from runtime.encoding import triton_path  # noqa: PLC0415

            slopes = triton_path.encode_gradient(x, gradient, ctx.work)
        else:
            slopes = torch_path.encode_gradient(x, gradient, ctx.work)
        return slopes, None, None, None

"""Helpers to test your own models: an invariance check, and hypothesis strategies (extra ``testing``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from basis_store import TURN, Setting, all_settings, standard_settings
from basis_store.extras import needed_for

with needed_for("runtime.testing", "runtime"):
    import torch
    from torch import Tensor

    from runtime.bases.basis import Basis

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


_IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def assert_invariant(
    function: Callable[[Tensor], Tensor],
    basis: Basis,
    *,
    points: int = 8,
    cells: float = 2.0,
    dtype: torch.dtype = torch.float64,
    atol: float | None = None,
    seed: int = 0,
) -> None:
    """Assert that ``function(g x) = function(x)`` for every operation of a setting, lattice translations included.

    Args:
        function: maps fractional coordinates (n, 3) in the cell of the setting to values (n, ...).
        basis: any basis of the setting; only its operations and device are used.
        points: number of random points.
        cells: largest absolute fractional coordinate of the points.
        dtype: of the coordinates.
        atol: largest difference allowed; default 1e-9 in float64, 1e-4 in float32.
        seed: of the random points.

    Raises:
        AssertionError: naming the setting, the operation and the difference.
    """
    atol = (1e-9 if dtype == torch.float64 else 1e-4) if atol is None else atol
    generator = torch.Generator("cpu").manual_seed(seed)
    x = (torch.rand(points, 3, generator=generator, dtype=torch.float64, device="cpu") * 2 - 1) * cells
    steps = torch.randint(-2, 3, (points, len(basis.rotations), 3), generator=generator, device="cpu")
    images = basis.images(x.to(basis.rotations.device)) + steps.to(basis.rotations.device)
    expected = function(x.to(images.device, dtype))
    for operation in range(images.shape[1]):
        found = function(images[:, operation].to(dtype))
        worst = float((found - expected).abs().max())
        if not worst <= atol:
            rotation = basis.rotations[operation].tolist()
            translation = basis.translations24[operation].tolist()
            if rotation == _IDENTITY and not any(translation) and worst > atol:
                raise AssertionError(
                    f"not invariant under {basis.setting.label}: a lattice translation, which adds integers to "
                    f"the coordinates, changes it by {worst:.3g} (allowed {atol:g}); it needs the period 1 in "
                    "each of the three coordinates"
                )
            raise AssertionError(
                f"not invariant under {basis.setting.label}: operation {operation}, R = {rotation}, "
                f"t = {translation}/{TURN}, changes it by {worst:.3g} (allowed {atol:g})"
            )


def settings(*, standard_only: bool = False) -> SearchStrategy[Setting]:
    """Hypothesis strategy: any of the 530 settings, or of the 230 standard ones."""
    with needed_for("a strategy"):
        from hypothesis import strategies  # noqa: PLC0415

    return strategies.sampled_from(standard_settings() if standard_only else all_settings())


def coordinates(points: int = 1, *, cells: float = 10.0) -> SearchStrategy[Tensor]:
    """Hypothesis strategy: float64 fractional coordinates (points, 3), including special positions in 24ths."""
    with needed_for("a strategy"):
        from hypothesis import strategies  # noqa: PLC0415

    # No subnormal numbers: code that torch.compile makes switches them off for the whole process.
    entry = strategies.one_of(
        strategies.floats(-cells, cells, allow_subnormal=False),
        strategies.integers(-TURN, 2 * TURN).map(lambda units: units / TURN),
    )
    rows = strategies.lists(entry, min_size=3 * points, max_size=3 * points)
    return rows.map(lambda values: torch.tensor(values, dtype=torch.float64, device="cpu").reshape(points, 3))

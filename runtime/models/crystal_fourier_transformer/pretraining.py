"""Pretraining of the position encoders: |encoding(x) - encoding(y)| learns the distance of the orbits of x and y.

Cells and points are random; no crystal is used. Source: arXiv 2512.13989 and the authors' release, whose loss,
optimizer, schedule and cells these are. Its distances round fractional coordinates; here they are exact.

Lengths of random cells are uniform from 0.8 to 16 Angstrom, and so are the angles: beta, gamma and the dihedral
angle at a of a triclinic cell (every choice of them makes a cell) from 22.5 to 157.5 degrees, a monoclinic beta
from 30 to 150 degrees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from basis_store import Setting, standard_settings
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.crystal_fourier_transformer.orbit_distance import orbit_distance
from runtime.models.crystal_fourier_transformer.position_encoder import lattice_features

_LENGTHS = (0.8, 16.0)  # Angstrom
_GROUPS_PER_STEP = 8
_WARM_UP, _CONSTANT = 0.01, 0.2  # fractions of the schedule
_L2 = 5e-5  # times the sum of squares of all parameters


class _Pairs(NamedTuple):
    """n pairs of points under one setting: (n, 2 K) waves at x and at y, (n, 6) lattices, (n,) distances."""

    setting: Setting
    x: Tensor
    y: Tensor
    lattices: Tensor
    distances: Tensor


def pretrain(
    model: CrystalFourierTransformer,
    *,
    steps: int,
    seed: int,
    excluded_groups: Iterable[int] = (),
    pairs: int = 256,
    learning_rate: float = 3e-4,
    on_step: Callable[[int, float], None] | None = None,
) -> list[float]:
    """Train ``model.encoders`` on orbit distances, in place; everything else stays as it is.

    The same arguments give the same parameters on the same machine, whatever random numbers were drawn before.

    Args:
        model: its encoders are trained, on its device.
        steps: optimizer steps.
        seed: of cells, points and the order of groups.
        excluded_groups: numbers of space groups of which no pair is drawn.
        pairs: pairs of points per step, a multiple of 8; they share 8 groups, drawn in each step.
        learning_rate: the maximum; warm-up, a constant part, then a cosine.
        on_step: called with the step (from 1) and its loss.

    Returns:
        The loss of each step: mean squared error of distances in square Angstrom.

    Raises:
        ValueError: no group is left.
    """
    # 1. Groups, optimizer and schedule.
    excluded = frozenset(excluded_groups)
    settings = [setting for setting in standard_settings() if setting.number not in excluded]
    if not settings:
        raise ValueError("every space group is excluded from pretraining")
    generator = Generator("cpu").manual_seed(seed)
    parameters = list(model.encoders.parameters())
    optimizer = torch.optim.Adam(parameters, lr=learning_rate, weight_decay=2 * _L2)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _schedule(step / steps))
    losses = []

    # 2. Steps: pairs of a few groups, the error of all distances.
    for step in range(1, steps + 1):
        groups = torch.randint(len(settings), (_GROUPS_PER_STEP,), generator=generator, device="cpu").tolist()
        batches = [sample_pairs(model, settings[i], pairs // _GROUPS_PER_STEP, generator) for i in groups]
        optimizer.zero_grad()
        loss = torch.cat(list(_errors(model, batches))).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if on_step is not None:
            on_step(step, losses[-1])
    return losses


def sample_pairs(model: CrystalFourierTransformer, setting: Setting, n: int, generator: Generator) -> _Pairs:
    """Random pairs of points in random cells of one setting."""
    lattices = random_lattices(setting.crystal_system, n, generator)
    x, y = torch.rand(2, n, 3, generator=generator, dtype=torch.float64, device="cpu")
    compiled = model.store.compiled(setting)
    operations = (torch.from_numpy(part) for part in (compiled.rotations, compiled.translations24))
    distances = orbit_distance(x, y, lattices, *operations)
    values = model.waves(torch.cat([x, y]), [setting], torch.zeros(2 * n, dtype=torch.long, device="cpu"))
    values = values[:, : len(model.waves.waves(setting.lattice_family))]
    at_x, at_y = torch.cat([values.real, values.imag], dim=1).chunk(2)
    return _Pairs(setting, at_x, at_y, lattice_features(lattices), distances)


def random_lattices(crystal_system: str, n: int, generator: Generator) -> Tensor:
    """Random cells of a crystal system, in its standard setting: (n, 3, 3) float64 rows in Angstrom, on the CPU.

    a lies along x and b in the xy plane.

    Args:
        crystal_system: as :attr:`Setting.crystal_system`; trigonal groups are on hexagonal axes.
        n: how many.
        generator: of random numbers.
    """

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator, dtype=torch.float64, device="cpu")

    a, b, c = (uniform(*_LENGTHS) for _ in range(3))
    right = torch.full_like(a, math.pi / 2)
    beta = gamma = dihedral = right
    match crystal_system:
        case "triclinic":
            beta, gamma, dihedral = (uniform(math.pi / 8, math.pi * 7 / 8) for _ in range(3))
        case "monoclinic":
            beta = uniform(math.pi / 6, math.pi * 5 / 6)
        case "orthorhombic":
            pass
        case "tetragonal":
            b = a
        case "trigonal" | "hexagonal":
            b, gamma = a, right * 4 / 3
        case "cubic":
            b = c = a
        case _:
            raise ValueError(f"unknown crystal system {crystal_system!r}")
    zero = torch.zeros_like(a)
    c_y = torch.sin(beta) * torch.cos(dihedral)
    rows = [
        torch.stack([a, zero, zero], dim=-1),
        b[:, None] * torch.stack([torch.cos(gamma), torch.sin(gamma), zero], dim=-1),
        c[:, None] * torch.stack([torch.cos(beta), c_y, torch.sin(beta) * torch.sin(dihedral)], dim=-1),
    ]
    return torch.stack(rows, dim=1)


def _errors(model: CrystalFourierTransformer, batches: list[_Pairs]) -> Iterator[Tensor]:
    """Errors of the distances of all pairs, lattice family by lattice family."""
    like = next(model.encoders.parameters())
    for family, encoder in model.encoders.items():
        some = [batch for batch in batches if batch.setting.lattice_family == family]
        if not some:
            continue
        waves = torch.cat([batch.x for batch in some] + [batch.y for batch in some]).to(like)
        lattices = torch.cat([batch.lattices for batch in some]).to(like)
        numbers = [torch.full((len(batch.x),), batch.setting.number, device=like.device) for batch in some]
        rows = torch.arange(len(lattices), device=like.device).repeat(2)
        at_x, at_y = encoder(waves, rows, lattices, torch.cat(numbers)).chunk(2)
        distances = torch.cat([batch.distances for batch in some]).to(like)
        yield ((at_x - at_y).square().sum(-1) + 1e-6).sqrt() - distances


def _schedule(fraction: float) -> float:
    """Learning rate after a fraction of all steps, as a fraction of the maximum."""
    if fraction < _WARM_UP:
        return 0.01 + 0.99 * fraction / _WARM_UP
    decayed = max(0.0, fraction - _WARM_UP - _CONSTANT) / (1 - _WARM_UP - _CONSTANT)
    return 1e-4 + (1 - 1e-4) * (1 + math.cos(math.pi * min(1.0, decayed))) / 2

"""Run by test_triton_path.py: the Triton kernels against PyTorch, on a GPU or in Triton's interpreter.

    python -m tests.support.triton_encoding groups FIRST STEP
    python -m tests.support.triton_encoding functions FIRST STEP batches characters

In a separate process: Triton reads TRITON_INTERPRET when it is imported, and its kernels cannot be wrapped by the
shape checker.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.autograd import forward_ad

from basis_compiler import compile_recipe, compile_tensors
from basis_store import Recipe, Representation, Setting, all_settings, standard_settings, write_store
from basis_store.groups.representation import RepresentationName
from runtime import Basis, WaveEncoder, load_store
from runtime.encoding import fused_functions, wave_encoder
from runtime.encoding.packed_tables import TableCache

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
PRECISIONS = ((torch.float32, 1e-5), (torch.float64, 1e-12))
MIXED = [Setting.standard(number) for number in (1, 2, 19, 43, 167, 194, 205, 227)]


def use_triton(use: bool) -> None:
    """Compute with the kernels from now on, or with PyTorch."""
    for module in (wave_encoder, fused_functions):
        module.uses_triton = lambda x: use


def compare(compute: Callable[..., list[Tensor]], bar: float, what: object, *arguments: object) -> list[Tensor]:
    """The results of both ways, which must be equal, relative to the largest number where that is above 1."""
    use_triton(True)
    by_triton = compute(*arguments)
    use_triton(False)
    for number, (one, other) in enumerate(zip(by_triton, compute(*arguments), strict=True)):
        scale = max(1.0, float(other.abs().max())) if len(other) else 1.0
        message = f"number {number} of {what}"
        torch.testing.assert_close(one / scale, other / scale, atol=bar, rtol=0, msg=message)
    return by_triton


def parts(values: Tensor) -> Tensor:
    """Complex columns as twice as many real ones."""
    return torch.view_as_real(values).flatten(1)


def coordinates(n: int, dtype: torch.dtype, seed: int, *, spread: float = 20) -> Tensor:
    """(n, 3) in many cells."""
    generator = torch.Generator().manual_seed(seed)
    return ((torch.rand(n, 3, generator=generator, dtype=torch.float64) - 0.5) * spread).to(DEVICE, dtype)


def random_like(values: Tensor) -> Tensor:
    """The same numbers for both ways."""
    generator = torch.Generator().manual_seed(values.numel())
    return torch.randn(values.shape, generator=generator, dtype=torch.float64).to(values)


def derivatives(function: Callable[[Tensor], Tensor], x: Tensor) -> list[Tensor]:
    """Real columns; first and second derivatives by autograd, weighted at random."""
    x = x.detach().requires_grad_()
    values = function(x)
    (slopes,) = torch.autograd.grad((values * random_like(values)).sum(), x)
    # The second are always computed by PyTorch; this checks that they are reached.
    few = x.detach()[:4].requires_grad_()
    some = function(few)
    (steep,) = torch.autograd.grad((some * random_like(some)).square().sum(), few, create_graph=True)
    (curved,) = torch.autograd.grad(steep.square().sum(), few)
    return [values.detach(), slopes, curved]


def encoded(
    encoder: WaveEncoder, x: Tensor, settings: Sequence[RepresentationName], crystals: Tensor
) -> list[Tensor]:
    """Values and derivatives."""

    def some(points: Tensor) -> Tensor:
        return parts(encoder(points, settings, crystals[: len(points)]))

    return derivatives(some, x)


def steep_where_zero(encoder: WaveEncoder, x: Tensor) -> list[Tensor]:
    """Slopes where the gradient by columns that are always 0 is infinite: as without them."""
    x = x.detach().requires_grad_()
    values = encoder(x, MIXED[-1:], torch.zeros(len(x), dtype=torch.long, device=x.device))
    absent = (values == 0).all(dim=0)
    assert 0 < int(absent.sum()) < encoder.n_waves
    (slopes,) = torch.autograd.grad(values, x, torch.where(absent, math.inf, 1.0).expand_as(values).to(values))
    assert slopes.isfinite().all()
    return [slopes]


def groups(first: int, step: int) -> None:
    """The encoding in some of the 230 groups: equal, and in a tenth of them deterministic and invariant."""
    encoder = WaveEncoder()
    for dtype, bar, part in ((*PRECISIONS[0], 1), (*PRECISIONS[1], 10)):
        settings = standard_settings()[first :: step * part]
        n = 2 * len(settings)
        crystals = torch.randperm(n, generator=torch.Generator().manual_seed(first)).to(DEVICE) % len(settings)
        x = coordinates(n, dtype, first)
        values, slopes, _ = compare(encoded, bar, "the encoding", encoder, x, settings, crystals)
        if part == 1:
            continue
        use_triton(True)
        again = encoded(encoder, x, settings, crystals)
        assert torch.equal(values, again[0]), "equal calls give equal bits"
        assert torch.equal(slopes, again[1]), "equal calls give equal bits"
        images = [
            encoder.store.basis(settings[crystal]).to(DEVICE).images(point.double())[-1].to(dtype)
            for point, crystal in zip(x, crystals.tolist(), strict=True)
        ]
        at_images = parts(encoder(torch.stack(images), settings, crystals))
        torch.testing.assert_close(values, at_images, atol=10 * bar, rtol=0, msg="not invariant")


def evaluated(basis: Basis, x: Tensor) -> list[Tensor]:
    """Everything that is made of the real functions, and derivatives."""
    lattice = torch.tensor(
        [[4.0, 0.0, 0.0], [0.3, 5.0, 0.0], [0.1, 0.2, 6.0]], dtype=torch.float64, device=x.device
    )
    values = basis(x[None])
    assert values.shape == (1, len(x), basis.n_functions)
    assert (values[..., 0] == 1).all()
    return [
        values[0],
        parts(basis.evaluate_complex(x)),
        parts(basis.project(x, basis.waves)),
        basis.gradient(x),
        basis.gradient(x, lattice=lattice),
        *derivatives(basis, x),
        *derivatives(lambda x: basis.gradient(x, lattice=lattice).flatten(1), x),
    ]


def functions(first: int, step: int) -> None:
    """Real functions of some of the 530 settings, all or a few of them, and what is made of them."""
    store = load_store()
    for number, setting in enumerate(all_settings()[first::step]):
        dtype, bar = PRECISIONS[number % 2]
        # A truncation may end between the two functions of a pair of orbits.
        basis = store.basis(setting, count=(None, 1, 2, 7, 12)[number // 2 % 5]).to(DEVICE)
        compare(evaluated, bar, setting, basis, coordinates(5, dtype, number))
    for n in (0, 1, 15, 16, 17, 120):
        compare(evaluated, bar, n, basis, coordinates(n, dtype, n))


def batches() -> None:
    """Unusual batches and coordinates, plans, tables that grow, transformations of functions."""
    encoder = WaveEncoder()
    for dtype, bar in PRECISIONS:
        # 1. Numbers of points around those that a program takes; unsorted; settings without points, one setting.
        for n in (0, 1, 8, 33) if dtype == torch.float32 else (0, 9):
            crystals = torch.randint(6, (n,), generator=torch.Generator().manual_seed(n)).to(DEVICE)
            for settings in (MIXED, MIXED[:1] * 6):
                compare(encoded, bar, n, encoder, coordinates(n, dtype, n), settings, crystals)
        crystals = torch.arange(20, device=DEVICE) % 8
        # 2. Far from the origin: as exact as the coordinates. A little below 0. Not finite: NaN.
        far = coordinates(20, dtype, 1, spread=2e5)
        compare(encoded, bar, "far", encoder, far, MIXED, crystals)
        compare(encoded, bar, "below 0", encoder, far[:2] * 0 - torch.finfo(dtype).tiny, MIXED, crystals[5:7])
        use_triton(True)
        for bad in (math.nan, math.inf):
            x = torch.tensor([[0.1, bad, 0.2], [0.1, 0.2, 0.3]], dtype=dtype, device=DEVICE)
            values = encoder(x, MIXED, crystals[:2])
            assert values[0].isnan().all()
            assert not values[1].isnan().any()
        compare(steep_where_zero, bar, "infinite gradients", encoder, far[:3])
        # 3. A plan stays as it is, whatever happens to what it was made of and to the tables.
        settings, expected = list(MIXED), encoder(far, MIXED, crystals)
        made = encoder.plan(settings, crystals)
        crystals.zero_()
        settings.reverse()
        encoder(far, standard_settings()[60:70], crystals)
        assert torch.equal(encoder(far, made), expected)
        assert torch.equal(encoder(far, MIXED, torch.arange(20, device=DEVICE) % 8), expected)
        # 4. A ball in which a setting has no orbit, and as many columns as half a program takes.
        small = WaveEncoder(encoder.store, radius=1)
        for settings in (MIXED, MIXED[-1:]):
            compare(
                encoded, bar, "small", small, far[:3], settings, torch.arange(3, device=DEVICE) % len(settings)
            )
    # 5. Tables grow by what is new; those of the same composition are the same.
    cache = TableCache(encoder._sums_of, DEVICE)
    for some, expected_places in ((MIXED[:2], [0, 1]), (MIXED[4:6], [2, 3]), (MIXED[:2], [0, 1])):
        tables, places = cache(tuple(map(Representation, some)))
        assert places.tolist() == expected_places
        assert cache(tuple(map(Representation, some)))[0] is tables
    # 6. Transformations that take no custom functions get plain operations; precision is that of x.
    basis, x = load_store().basis(Setting.standard(194), count=12).to(DEVICE), coordinates(3, torch.float64, 0)
    by_func = torch.func.vmap(torch.func.jacrev(lambda one: basis(one[None])[0]))(x)
    torch.testing.assert_close(by_func, basis.gradient(x), atol=1e-10, rtol=0)
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(basis(forward_ad.make_dual(x, torch.ones_like(x)))).tangent
    torch.testing.assert_close(tangent, basis.gradient(x).sum(-1), atol=1e-10, rtol=0)
    plain = basis(x)
    with torch.autocast(DEVICE.type, torch.bfloat16), torch.no_grad():
        assert torch.equal(basis(x), plain)
    assert torch.autograd.gradcheck(basis, x.requires_grad_())
    assert torch.autograd.gradgradcheck(basis, x[:1])


def character_recipe() -> Recipe:
    """Every character of a setting of each point group."""
    first = {one.point_group: one.hall_number for one in reversed(standard_settings())}
    return Recipe(settings=tuple(sorted(first.values())), characters="all", min_functions=4)


def characters() -> None:
    """Real and complex characters in one batch."""
    recipe = character_recipe()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "characters.h5")
        write_store(path, compile_recipe(recipe), recipe, tensors=compile_tensors(recipe.representation_list))
        store = load_store(path)
    encoder, named = WaveEncoder(store), list(store.representations)[::5]
    assert not all(one.is_real for one in named)
    for dtype, bar in PRECISIONS:
        places = torch.arange(2 * len(named), device=DEVICE) % len(named)
        x = coordinates(len(places), dtype, 5)
        compare(encoded, bar, "the encoding with characters", encoder, x, named, places)


def main() -> None:
    """Compare, and print that they are equal."""
    checks = {"groups": groups, "functions": functions, "batches": batches, "characters": characters}
    words = sys.argv[1:]
    while words:
        check = checks[words.pop(0)]
        numbers = []
        while words and words[0].isdigit():
            numbers.append(int(words.pop(0)))
        check(*numbers)
    print("equal on", DEVICE.type)


if __name__ == "__main__":
    main()

"""PyTorch's default type and device, and converted modules: every module runs as usual, or says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from basis_store import CrystalRecord, Setting, SgbasisError
from runtime import (
    ARCHITECTURES,
    DirectKernel,
    GaussianShells,
    OrbitKernel,
    OrbitMoments,
    PairKernel,
    ReciprocalKernel,
    SiteEncoding,
    WaveEncoder,
    from_pretrained,
    gaussian_transforms,
    load_store,
    predict,
    real_harmonics,
    shipped_models,
    structure_factors,
)
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.tensor_target import TensorTarget
from tests.support.crystals.made_records import made_record

SETTINGS = [Setting.standard(number) for number in (62, 166)]
STORE = load_store()
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
CUDA = pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"))
DEVICES = ["cpu", "meta", CUDA]


@cache
def records() -> tuple[CrystalRecord, ...]:
    return tuple(made_record(setting, np.random.default_rng(setting.number)) for setting in SETTINGS)


@contextmanager
def defaults(dtype: torch.dtype, device: str) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(before)


def draw(*shape: int) -> Tensor:
    """The same numbers whatever the defaults are, in float64."""
    return torch.from_numpy(np.random.default_rng(0).random(shape))


def place(module: nn.Module) -> torch.device:
    """Where a module is; the CPU if it has values there although its weights are on "meta"."""
    tensors = [*module.parameters(), *module.buffers()]
    real = [tensor for tensor in tensors if not tensor.is_meta]
    return real[0].device if real else torch.device("cpu")


def model(name: str) -> nn.Module:
    targets: list[Any] = [ScalarTarget("a")]
    if "tensor" in ARCHITECTURES[name].kinds:
        targets.append(TensorTarget("b", symmetry="ij=ji"))
    return ARCHITECTURES[name](ARCHITECTURES[name].config_class(), targets).eval()


def run_model(module: Any) -> Tensor:
    return torch.from_numpy(predict(module, records()))


def factors(device: torch.device) -> Any:
    return structure_factors(records()[0], STORE.compiled(SETTINGS[0]), 0.8, device=device)


MODULES: dict[str, tuple[Callable[[], nn.Module], Callable[[Any], Tensor]]] = {
    "Basis": (lambda: STORE.basis(SETTINGS[1], count=20), lambda m: m(draw(5, 3).to(m.waves.device))),
    "Basis.project": (
        lambda: STORE.basis(SETTINGS[1]), lambda m: torch.view_as_real(m.project(draw(5, 3).to(m.waves.device))),
    ),
    "Basis.gradient": (lambda: STORE.basis(SETTINGS[0], count=9), lambda m: m.gradient(draw(4, 3).to(place(m)))),
    "Basis.images": (lambda: STORE.basis(SETTINGS[0]), lambda m: m.images(draw(4, 3).to(m.waves.device))),
    "WaveEncoder": (
        lambda: WaveEncoder(STORE),
        lambda m: torch.view_as_real(m(draw(4, 3), SETTINGS, torch.from_numpy(np.array([0, 1, 1, 0])))),
    ),
    "SiteEncoding": (lambda: SiteEncoding(store=STORE), lambda m: m(*records())),
    "PairKernel": (lambda: PairKernel(store=STORE, degree=2), lambda m: m(records()[0])),
    "DirectKernel": (
        lambda: DirectKernel(5.0, 8, 3),
        lambda m: m((draw(6, 3) + 1).to(place(m)), torch.from_numpy(np.arange(6) % 3).to(place(m)), 3),
    ),
    "GaussianShells": (lambda: GaussianShells(1.0, 7), lambda m: m(draw(5).to(place(m)))),
    "ReciprocalKernel": (lambda: ReciprocalKernel(0.5, 5, 2), lambda m: m(factors(place(m)))),
    "OrbitKernel": (
        lambda: OrbitKernel(lambda lengths: gaussian_transforms(lengths, [1.0, 2.0])),
        lambda m: m([factors(torch.device("cpu"))])[0],
    ),
    "OrbitMoments": (lambda: OrbitMoments(0.5, 4, 2), lambda m: m(records()[0], STORE.compiled(SETTINGS[0]))),
    "real_harmonics": (nn.Identity, lambda _: real_harmonics(nn.functional.normalize(draw(5, 3)), 4)),
    **{name: (lambda name=name: model(name), run_model) for name in ARCHITECTURES},
    **{name: (lambda name=name: from_pretrained(name), run_model) for name in shipped_models()},
}  # fmt: skip


@cache
def expected(name: str) -> Tensor:
    make, run = MODULES[name]
    torch.manual_seed(0)
    return run(make()).double()


def found(name: str, module: nn.Module, half: bool, meta: bool) -> None:
    """Compare, unless it is refused for the right reason."""
    run = MODULES[name][1]
    if name in ARCHITECTURES and (half or meta):
        with pytest.raises(SgbasisError, match=r"models are float|has no weights") as caught:
            run(module)
        assert "\n" not in str(caught.value)
        return
    values = run(module).double().cpu()
    if name in ARCHITECTURES:  # of other random weights
        assert values.shape == expected(name).shape and torch.isfinite(values).all()
        return
    digits = 2e-2 if half and values.shape else 2e-5
    torch.testing.assert_close(
        values, expected(name), rtol=digits, atol=digits * float(expected(name).abs().max())
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", MODULES)
def test_default_type_and_device(name: str, dtype: torch.dtype, device: str) -> None:
    expected(name)
    with defaults(dtype, device):
        module = MODULES[name][0]()
        found(name, module, dtype.itemsize < 4, device == "meta")


@pytest.mark.parametrize("device", ["cpu", CUDA])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", MODULES)
def test_converted_modules(name: str, dtype: torch.dtype, device: str) -> None:
    expected(name)
    module = MODULES[name][0]().to(device, dtype)
    if name in shipped_models() and dtype.itemsize < 4:
        with pytest.raises(SgbasisError, match=r"models are float32 or float64, not .*float16"):
            MODULES[name][1](module)
        return
    found(name, module, dtype.itemsize < 4, False)


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_do_not_depend_on_the_default_type(name: str) -> None:
    with defaults(torch.float64, "cpu"):
        values = run_model(from_pretrained(name))
    assert torch.equal(values, expected(name))
    torch.testing.assert_close(run_model(from_pretrained(name).double()), expected(name), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("device", ["cpu", CUDA])
@pytest.mark.parametrize("name", [*ARCHITECTURES, *shipped_models()])
def test_autocast(name: str, device: str) -> None:
    """In mixed precision, values remain those of the model to a few digits."""
    torch.manual_seed(0)
    module = MODULES[name][0]().to(device)
    exact = run_model(module)
    with torch.autocast(device, dtype=torch.bfloat16):
        rough = run_model(module)
    assert float((rough - exact).abs().max()) < 0.1 * float(exact.abs().max()) + 0.1


def test_models_are_copied_in_their_own_type() -> None:
    whole = ARCHITECTURES["OrbitTransformer"](
        ARCHITECTURES["OrbitTransformer"].config_class(), [ScalarTarget("a"), ScalarTarget("b")]
    ).eval()
    exact = run_model(whole)
    with defaults(torch.float64, "meta"):
        part = whole.with_only(1)
    assert part.precision == torch.float32
    torch.testing.assert_close(run_model(part)[:, 0], exact[:, 1], rtol=1e-5, atol=1e-5)


MANY: Sequence[tuple[str, Callable[[Any], Any], Any]] = [
    ("evaluate", STORE.basis(SETTINGS[0], count=5), (4, 3)),
    ("evaluate_complex", lambda x: STORE.basis(SETTINGS[0], count=5).evaluate_complex(x), (4, 3)),
    ("gradient", lambda x: STORE.basis(SETTINGS[0], count=5).gradient(x), (4, 3)),
    ("gradient lattice", lambda x: STORE.basis(SETTINGS[0], count=5).gradient(draw(2, 3), lattice=x), (3, 3)),
    ("hessian", lambda x: STORE.basis(SETTINGS[0], count=5).hessian(x), (4, 3)),
    ("images", lambda x: STORE.basis(SETTINGS[0], count=5).images(x), (4, 3)),
    ("project", lambda x: STORE.basis(SETTINGS[0]).project(x), (4, 3)),
    ("encoder", lambda x: WaveEncoder(STORE)(x, SETTINGS, np.zeros(len(x), np.int64)), (4, 3)),
    ("harmonics", lambda x: real_harmonics(x, 3), (4, 3)),
    ("transforms", lambda x: gaussian_transforms(x, [1.0]), (4,)),
    ("shells", GaussianShells(1.0, 4), (4,)),
    ("direct", lambda x: DirectKernel(5.0, 4, 1)(x, np.zeros(len(x), np.int64), 1), (4, 3)),
    (
        "factors",
        lambda x: structure_factors(records()[0], STORE.compiled(SETTINGS[0]), 0.5, x).points,
        (len(made_record(SETTINGS[0], np.random.default_rng(62))), 3),
    ),
    (
        "factors lattice",
        lambda x: structure_factors(records()[0], STORE.compiled(SETTINGS[0]), 0.5, None, x).maps,
        (3, 3),
    ),
]


@pytest.mark.parametrize(("name", "function", "shape"), MANY, ids=[name for name, *_ in MANY])
def test_arrays_where_tensors_are(name: str, function: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    """NumPy arrays and lists give what tensors give; everything else is refused with what is wrong."""
    x = draw(*shape)
    if shape == (3, 3):
        x = x + torch.eye(3, dtype=torch.float64)  # not flat
    array, right = x.numpy(), function(x)
    tracked = x.clone().requires_grad_()
    columns = torch.stack([x, x], dim=-1)[..., 0]
    for other in (
        array,
        array.tolist(),
        array[::-1][::-1],
        np.asfortranarray(array),
        array.astype(">f8"),
        columns,
        tracked,
    ):
        torch.testing.assert_close(function(other), right)
    read_only = array.copy()
    read_only.flags.writeable = False
    torch.testing.assert_close(function(read_only), right)
    if "lattice" not in name:  # it is taken in the type of the coordinates
        assert function(x.float()).dtype in (torch.float32, torch.complex64)
    for wrong, said in (
        (torch.int64, "int64"),
        (torch.complex128, "complex128"),
        (torch.float16, "float16"),
        (torch.bool, "bool"),
    ):
        with pytest.raises(TypeError, match=f"must be float32 or float64, not {said}"):
            function(x.to(wrong))
        if wrong != torch.float16:
            with pytest.raises(TypeError, match=f"must be float32 or float64, not {said}"):
                function(x.to(wrong).numpy())
    for odd in ("text", None, object(), [["a"] * 3], [[1.0, 2.0], [3.0]], {"a": 1}):
        if (odd is None and "lattice" in name) or (odd is None and name == "factors"):
            continue
        with pytest.raises(TypeError, match=r"are a tensor or an array of numbers, not |has no len"):
            function(odd)
    with pytest.raises(ValueError, match='device "meta"'):
        function(torch.empty(shape, device="meta"))
    if len(shape) == 2:
        for bad in (x[:, :2], x[:, :1], x[:, 0], torch.cat([x, x], dim=1)):
            with pytest.raises(ValueError, match=r"shape"):
                function(bad)
    if "factors" not in name and "lattice" not in name:
        assert function(x[:0]).numel() == 0 or name == "direct"


def test_waves_and_crystals_are_integers() -> None:
    basis, encoder = STORE.basis(SETTINGS[0]), WaveEncoder(STORE)
    right = basis.routing(torch.tensor([[1, 0, 0], [0, 2, 0]]))
    for waves in ([[1, 0, 0], [0, 2, 0]], np.array([[1, 0, 0], [0, 2, 0]], np.int8)):
        assert torch.equal(basis.routing(waves).orbits, right.orbits)  # type: ignore[arg-type]
    for wrong in (np.zeros((2, 3)), torch.zeros(2, 3), np.zeros((2, 3), bool), np.zeros((2, 3), complex)):
        with pytest.raises(TypeError, match="waves are integers, not "):
            basis.routing(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"waves have shape \(K, 3\), not \(3,\)"):
        basis.routing(np.array([1, 0, 0]))  # type: ignore[arg-type]
    with pytest.raises(IndexError, match="crystals are 0 to 1, one for each setting"):
        encoder(draw(2, 3), SETTINGS, np.array([0, -1]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"coordinates have shape \(n, 3\) and crystals \(n,\)"):
        encoder(draw(2, 3), SETTINGS, [0])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="crystals are integers, not float64"):
        encoder(draw(2, 3), SETTINGS, [0.0, 1.0])  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_coordinates_on_another_device() -> None:
    with pytest.raises(ValueError, match="coordinates are on cpu, the basis is on cuda:0: move one of them"):
        STORE.basis(SETTINGS[0]).to("cuda")(draw(2, 3))

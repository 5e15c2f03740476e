"""The parts of ``python -m benchmarks gpu``, on the CPU: their checks find what is wrong."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.encoding import DenseRouting
from benchmarks.gpu import neighbours, predict, setup as common, train
from benchmarks.gpu.run import PARTS
from benchmarks.gpu.setup import Setup, without_triton
from benchmarks.row import Row
from runtime import Basis, WaveEncoder
from runtime.encoding import fused_functions, wave_encoder
from runtime.site_kernels.neighbours import Neighbours
from tests.benchmarks.gpu.tiny_setup import tiny_setup
from tests.support.crystals.made_datasets import made_dataset

MODULES = {part: importlib.import_module(f"benchmarks.gpu.{part}") for part in PARTS}
CHECKS = {f"{part}.{check.__name__}": check for part, module in MODULES.items() for check in module.CHECKS}


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return tiny_setup(tmp_path_factory.mktemp("gpu"))


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_right_passes(name: str, setup: Setup) -> None:
    CHECKS[name](setup)


def more(values: torch.Tensor) -> torch.Tensor:
    return values + 1e-3


def first_wrong(slopes: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    return 1.001 * slopes[0], slopes[1]


def second_wrong(slopes: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    return slopes[0], -slopes[1]


def one_less(found: Neighbours) -> Neighbours:
    return Neighbours(*(part[:-1] for part in found))


def one_other_sender(found: Neighbours) -> Neighbours:
    return found._replace(senders=found.senders.roll(1))


def tripled(data: Any) -> Any:
    return type(data)(data.crystals, data.values, 3 * data.labels, data.groups)


WRONG: list[tuple[str, Any, str, Callable[[Any], Any], str]] = [
    ("encode.check_encodings", WaveEncoder, "forward", more, "encodings in float32: differ by 0.001"),
    ("encode.check_derivatives", WaveEncoder, "forward", lambda values: 1.001 * values, "gradients of encodings"),
    (
        "encode.check_derivatives",
        common,
        "derivatives",
        first_wrong,
        "differentiable",
    ),
    (
        "encode.check_derivatives",
        common,
        "derivatives",
        second_wrong,
        "second derivatives of",
    ),
    ("encode.check_routing", DenseRouting, "__call__", more, "dense routing: differ"),
    ("basis.check_functions", Basis, "forward", more, "functions of group 1 in float32"),
    ("basis.check_functions", Basis, "gradient", more, "gradient of"),
    ("neighbours.check_neighbours", neighbours, "site_neighbours", one_less, "neighbours, not"),
    ("neighbours.check_neighbours", neighbours, "site_neighbours", one_other_sender, "senders"),
    ("train.check_gradients", train, "_gradients", lambda found: found * 1.001, "gradients in float32"),
    ("train.check_padding", train, "_gradients", lambda found: found * 1.001, "gradients of a padded batch"),
    ("train.check_captured_steps", train, "_gradients", lambda found: found * 1.1, "gradients of captured step 1"),
    ("train.check_losses", train, "split_data", tripled, "losses of equal seeds"),
    ("predict.check_predictions", predict, "predict", lambda found: found + 0.01, "predictions in float32"),
]


@pytest.mark.parametrize(("name", "owner", "function", "change", "words"), WRONG)
def test_what_is_wrong_fails(
    name: str,
    owner: Any,
    function: str,
    change: Callable[[Any], Any],
    words: str,
    setup: Setup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first of the results that are compared is wrong, in every check."""
    right, calls = getattr(owner, function), []

    def wrong_once(*arguments: Any, **options: Any) -> Any:
        calls.append(function)
        result = right(*arguments, **options)
        return change(result) if len(calls) == 1 else result

    monkeypatch.setattr(owner, function, wrong_once)
    with pytest.raises(AssertionError, match=words):
        CHECKS[name](setup)


def test_every_check_is_seen_to_fail() -> None:
    assert {name for name, *_ in WRONG} == CHECKS.keys()


def test_crystals_of_a_dataset(tmp_path: Path) -> None:
    path = tmp_path / "given.h5"
    records = made_dataset(path, 10)
    setup = tiny_setup(tmp_path, path)
    crystals = setup.crystals(6)
    assert setup.words(crystals).startswith("6 crystals of given.h5, ")
    assert np.array_equal(crystals.lattices, [record.lattice for record in records[:6]])
    assert len(setup.crystals()) == 10, "as many as there are"


def test_triton_is_switched_off_for_peers() -> None:
    on_gpu = torch.zeros(1, device="meta")
    for module in (wave_encoder, fused_functions):
        before = module.uses_triton
        with without_triton():
            assert not module.uses_triton(on_gpu)
        assert module.uses_triton is before


@pytest.mark.parametrize(
    ("intervals", "seconds"),
    [
        ([], 0.0),
        ([(1.0, 3.0)], 2.0),
        ([(4.0, 5.0), (1.0, 3.0)], 3.0),
        ([(1.0, 4.0), (2.0, 3.0), (3.5, 6.0)], 5.0),
    ],
)
def test_time_in_which_a_gpu_is_busy(intervals: list[tuple[float, float]], seconds: float) -> None:
    assert train.busy_seconds(intervals) == seconds


class FakeProfile:
    """Records two kernels that overlap, a step of an optimizer around them, and a call on the host."""

    def __init__(self, **options: Any) -> None:
        self.open = False

    def __enter__(self) -> FakeProfile:
        self.open = True
        return self

    def __exit__(self, *error: object) -> None:
        self.open = False

    def events(self) -> list[SimpleNamespace]:
        assert not self.open
        kernels = [("CUDA", 0, 2e6, False), ("CUDA", 1e6, 3e6, False)]
        spans = [*kernels, ("CUDA", 0, 9e6, True), ("CPU", 0, 9e6, False)]
        return [
            SimpleNamespace(
                device_type=SimpleNamespace(name=device),
                time_range=SimpleNamespace(start=start, end=end),
                is_user_annotation=annotation,
            )
            for device, start, end, annotation in spans
        ]


def test_the_first_steps_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "profile", FakeProfile)
    monkeypatch.setattr(train, "_RECORDED_STEPS", 2)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    steps, busy = [np.arange(4)] * 5, list[float]()
    assert len(list(train._recorded(steps, busy=busy, device=torch.device("cuda")))) == 5
    assert busy == [3.0 / 8]


def test_rows_say_how_busy_a_gpu_is() -> None:
    row = Row(name="a", what="b", ours=1.0, busy=0.815, peak_bytes=2e9, peer_peak_bytes=3e9)
    notes = [line.strip() for line in str(row).splitlines()]
    assert notes[2:] == ["memory: 2.00 GB, the peer 3.00 GB", "the GPU is busy 82% of the time"]

"""Sizes of networks that make no sense: one line each, whoever gives them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from basis_store import ModelError, TrainingError
from runtime.models.architectures import ARCHITECTURES
from runtime.models.ensemble import EnsembleConfig
from runtime.targets.parse import shown
from runtime.training.config import TrainingConfig

FIELDS = [
    (name, field)
    for name, architecture in ARCHITECTURES.items()
    for field in dataclasses.fields(architecture.config_class)
    if isinstance(field.default, int | float)
]
NEVER = [-1, -0.5, float("nan"), float("inf"), -float("inf"), 1e308, 10**30, 10**5000, "12", "", None, True, [],
         [1], {}, {"a": 1}, b"1", 1j]  # fmt: skip


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=lambda value: getattr(value, "name", value))
def test_every_field_has_a_range(name: str, field: dataclasses.Field[Any]) -> None:
    kind = ARCHITECTURES[name].config_class
    least, most = field.metadata["range"]
    wrong = [
        *NEVER,
        most * 2,
        *([0] if least > 0 else []),
        *([2.0, 1.5] if isinstance(field.default, int) else []),
    ]
    for value in wrong:
        with pytest.raises(ModelError) as caught:
            kind(**{field.name: value})
        message = str(caught.value)
        assert (
            message.startswith(f"{field.name} of {kind.__name__} is a")
            and "\n" not in message
            and len(message) < 200
        )
        with pytest.raises(TrainingError, match=field.name) as refused:
            TrainingConfig(("a",), ("b",), "c", architecture=name, model={field.name: value})  # type: ignore[arg-type]
        assert "\n" not in str(refused.value) and len(str(refused.value)) < 200
    assert getattr(kind(), field.name) == field.default
    kind(**{"heads": 1} | {field.name: least} if "heads" in kind.__dataclass_fields__ else {field.name: least})


@pytest.mark.parametrize("value", [*NEVER, "OrbitTransformer ", {"width": 0}], ids=shown)
@pytest.mark.parametrize("name", ["architecture", "model"])
def test_what_an_ensemble_is_not_made_of(name: str, value: Any) -> None:
    if name == "model" and value == {}:  # the default
        return
    with pytest.raises(ModelError) as caught:
        EnsembleConfig(**{name: value})
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


def test_heads_divide_the_width() -> None:
    with pytest.raises(
        ModelError, match="width of CrystalFourierTransformerConfig is a multiple of heads, not 64 for 3"
    ):
        ARCHITECTURES["CrystalFourierTransformer"].config_class(width=64, heads=3)


def test_messages_of_nonsense() -> None:
    with pytest.raises(
        ModelError, match=r"^dropout of OrbitTransformerConfig is a number from 0 to 0.99, not 1.5$"
    ):
        ARCHITECTURES["OrbitTransformer"].config_class(dropout=1.5)
    with pytest.raises(
        ModelError, match=r"^layers of OrbitTransformerConfig is an integer from 1 to 256, not 1000000$"
    ):
        ARCHITECTURES["OrbitTransformer"].config_class(layers=1_000_000)


def test_a_model_that_fills_the_memory_is_not_made() -> None:
    huge = {"width": 16_384, "feed_forward": 16_384, "layers": 256}
    for architecture, model in (("OrbitTransformer", huge), ("CompositionModel", {"hidden": 16_384})):
        values = {"data": "a", "targets": ["b"], "output": "c", "architecture": architecture, "model": model}
        with pytest.raises(
            TrainingError, match=r"the model would have [0-9,]+ parameters, and 50,000,000 are the"
        ):
            TrainingConfig.from_mapping(values).new_model()


@pytest.mark.parametrize(
    "name", ["a.b", "keys", "training", "pop", "%keys", "100 %", "forward", "_modules", "a/b"]
)
def test_a_tensor_may_have_any_name(name: str) -> None:
    target = {"name": name, "symmetry": "ij=ji"}
    values = {"data": "a", "targets": [target, "x"], "output": "c", "model": {"width": 8, "layers": 1}}
    model = TrainingConfig.from_mapping(values).new_model()
    assert list(model.with_only(0).state_dict()) != list(model.with_only(1).state_dict())
    assert model.with_only(0).targets[0].name == name

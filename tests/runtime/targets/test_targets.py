"""Scalar and tensor targets: how they are parsed, their loss, their scale, and their cards."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import torch

import runtime
from basis_store import TargetError
from runtime.targets.parse import parse_target
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import Target, columns
from runtime.targets.tensor_target import TensorTarget, tensor_targets
from tests.support.tiny_models import BULK, DIELECTRIC, ELASTIC, ENERGY, PIEZOELECTRIC

ALL = (ENERGY, BULK, ELASTIC, DIELECTRIC, PIEZOELECTRIC)


@pytest.mark.parametrize("target", ALL, ids=lambda target: target.name)
def test_plain_values_and_back(target: Target) -> None:
    values = {key: value for key, value in vars(target).items() if key != "space"}
    assert parse_target(values) == target
    assert ("symmetry" in values) == isinstance(target, TensorTarget)


def test_a_name_is_a_scalar() -> None:
    assert parse_target("band_gap") == ScalarTarget("band_gap")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "gap", "up_to_normalizer": True}, "unknown key 'up_to_normalizer' in the target; known: name"),
        ({"name": "C", "symmetry": "elastic", "where": "x"}, "unknown key 'where' in the target; known: name"),
        ({"symmetry": "elastic"}, "the target lacks 'name'; it needs name, symmetry"),
        ({"name": "gap", "log10": "yes"}, "log10 in the target is true or false, not 'yes'"),
        ({"name": 3}, "name in the target is text, not 3"),
        (7, "a target is a name or a table, not 7"),
    ],
)
def test_what_is_no_target(values: object, message: str) -> None:
    with pytest.raises(TargetError, match=message) as caught:
        parse_target(values)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_columns_follow_each_other() -> None:
    assert [part.stop - part.start for part in columns(ALL)] == [1, 1, 21, 6, 18]
    assert columns(ALL)[-1].stop == 47
    assert tensor_targets(ALL) == [ELASTIC, DIELECTRIC, PIEZOELECTRIC]


def test_the_loss_is_that_of_the_nearest_label() -> None:
    labels = torch.tensor([[[1.0], [4.0]], [[2.0], [torch.nan]], [[torch.nan], [torch.nan]]])
    found = ENERGY.loss(torch.tensor([[3.5], [2.0], [0.0]]), labels)
    torch.testing.assert_close(found, torch.tensor([0.5, 0.0, torch.nan]), equal_nan=True)


def test_tensors_have_frobenius_norms_and_logarithms_relative_errors() -> None:
    known, predicted = np.diag([3.0, 4.0, 12.0]), np.diag([3.0, 4.0, 25.0])
    plain = TensorTarget("epsilon", symmetry="dielectric")
    for target, expected in ((plain, 13.0), (DIELECTRIC, 1.0)):
        some, other = (target.components(one[None]) for one in (predicted, known))
        if target.log10:
            some, other = target.logarithm(some), target.logarithm(other)
        loss = target.loss(torch.from_numpy(some), torch.from_numpy(other[:, None]))
        assert float(loss) == pytest.approx(expected)
        scale = torch.tensor(7.0)
        assert float(target.loss_scale(scale)) == (1.0 if target.log10 else 7.0)


def test_mean_and_scale() -> None:
    mean, scale = ENERGY.mean_and_scale(np.array([[1.0], [2.0], [np.nan], [6.0]]))
    assert (mean.tolist(), scale) == ([3.0], pytest.approx(5 / 3))
    tensors = np.array([np.diag([1.0, 2.0, 3.0]), np.diag([3.0, 2.0, 1.0])])
    plain = TensorTarget("epsilon", symmetry="dielectric")
    mean, scale = plain.mean_and_scale(plain.components(tensors))
    np.testing.assert_allclose(plain.space.tensors(mean), 2 * np.eye(3), atol=1e-12)
    assert scale == pytest.approx(np.sqrt(2))


def test_units_of_physical_values() -> None:
    assert [target.physical_unit for target in ALL] == ["eV/atom", "GPa", "GPa", "1", "C/m^2"]
    assert [target.error_unit for target in ALL] == ["eV/atom", "log10 GPa", "GPa", "1", "C/m^2"]
    assert ELASTIC.description == "the tensor `elastic_tensor` (ijkl=jikl=klij) in GPa"
    assert BULK.description == "`bulk_modulus_vrh` in GPa"


def test_nothing_else_asks_for_the_kind_of_a_target() -> None:
    """Scalars and tensors differ in :mod:`runtime.targets` only."""
    room = Path(runtime.__file__).parent
    asked = []
    for path in room.rglob("*.py"):
        if path.parent.name == "targets":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                asked += [path.name for name in ("ScalarTarget", "TensorTarget") if name in ast.unparse(node)]
    assert not asked

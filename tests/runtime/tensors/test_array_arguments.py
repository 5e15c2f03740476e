"""What functions of tensors take: arrays, lists and tensors of PyTorch alike; else one line that is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import runtime
from basis_store import TensorError

_STIFF = np.diag([5.0, 5.0, 5.0, 2.0, 2.0, 2.0])
_TENSOR = np.diag([1.0, 2.0, 3.0])
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "stability": (runtime.stability, _STIFF),
    "elastic_moduli": (runtime.elastic_moduli, _STIFF),
    "extreme_youngs_moduli": (runtime.extreme_youngs_moduli, _STIFF),
    "youngs_modulus": (lambda x: runtime.youngs_modulus(x, np.eye(3)), _STIFF),
    "directions": (lambda x: runtime.youngs_modulus(_STIFF, x), np.eye(3)),
    "linear_compressibility": (lambda x: runtime.linear_compressibility(x, np.eye(3)), _STIFF),
    "stiffness_tensor": (runtime.stiffness_tensor, _STIFF),
    "compliance_tensor": (runtime.compliance_tensor, _STIFF),
    "stiffness_matrix": (runtime.stiffness_matrix, runtime.stiffness_tensor(_STIFF)),
    "compliance_matrix": (runtime.compliance_matrix, runtime.compliance_tensor(_STIFF)),
    "to_mandel": (runtime.to_mandel, runtime.stiffness_tensor(_STIFF)),
    "from_mandel": (runtime.from_mandel, _STIFF),
    "from_order": (lambda x: runtime.from_order(x, ["xx", "yy", "zz", "xy", "yz", "xz"]), _STIFF),
    "piezoelectric_tensor": (runtime.piezoelectric_tensor, _STIFF[:3]),
    "piezoelectric_matrix": (runtime.piezoelectric_matrix, runtime.piezoelectric_tensor(_STIFF[:3])),
    "symmetric_tensor": (runtime.symmetric_tensor, _STIFF[0]),
    "symmetric_vector": (runtime.symmetric_vector, _TENSOR),
    "principal": (runtime.principal, _TENSOR),
    "refractive_index": (runtime.refractive_index, _TENSOR),
    "refractive_indices": (runtime.refractive_indices, _TENSOR),
    "directional_value": (lambda x: runtime.directional_value(x, np.eye(3)), _TENSOR),
    "rotate_tensor": (lambda x: runtime.rotate_tensor(x, np.eye(3)), _TENSOR),
    "rotation": (lambda x: runtime.rotate_tensor(_TENSOR, x), np.eye(3)),
}


def flat(result: Any) -> Any:
    if isinstance(result, tuple):
        return np.concatenate([flat(part) for part in result])
    if hasattr(result, "__dataclass_fields__"):
        return np.concatenate([flat(getattr(result, name)) for name in result.__dataclass_fields__])
    return np.ravel(np.asarray(result, np.float64))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments(name: str) -> None:
    function, good = FUNCTIONS[name]
    right = flat(function(good))
    tensor = torch.from_numpy(np.ascontiguousarray(good))
    for same in (good.tolist(), good.astype(">f8"), np.asfortranarray(good), good.astype(object), tensor):
        np.testing.assert_array_equal(flat(function(same)), right)
    odd = (
        good + 1j, good.astype(str), [*good.tolist()[:-1], [1.0]], object(), None, "text", {"a": 1},
        tensor.clone().requires_grad_(), good.tolist()[:-1], good[..., :-1], np.full_like(good, np.nan),
        np.zeros(0),
    )  # fmt: skip
    free = name in ("directions", "from_order", "rotate_tensor")  # in their number, or in what is no number
    for wrong in odd[:8] if free else odd:
        with pytest.raises((TensorError, ValueError)) as caught:
            function(wrong)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 400

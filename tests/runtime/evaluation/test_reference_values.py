"""Labels of a dataset: layouts of tensors, logarithms, and which values are left out for which reason."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from basis_store import CrystalTable, Setting, TargetError, TensorError, open_crystals, write_crystals
from runtime.evaluation.reference_values import read_labels, reference_values
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import Target
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.projection import project_tensor
from runtime.tensors.voigt import piezoelectric_tensor, stiffness_matrix, stiffness_tensor
from tests.support.crystals.made_records import made_record

RECORD = made_record(Setting.standard(1), np.random.default_rng(0), n_sites=1)
ELASTIC = TensorTarget("C", "GPa", log10=True, symmetry="elastic")
DIELECTRIC = TensorTarget("epsilon", log10=True, symmetry="dielectric")


def table(folder: Path, *, units: dict[str, str] | None = None, **columns: object) -> CrystalTable:
    """One crystal per row of the columns; their structures are equal."""
    rows = len(next(iter(columns.values())))  # type: ignore[arg-type]
    records = [
        dataclasses.replace(
            RECORD,
            identifier=str(i),
            targets={name: np.array(column[i], float) for name, column in columns.items()},  # type: ignore[index]
            split="val",
        )
        for i in range(rows)
    ]
    write_crystals(folder / "data.h5", records, units=units or {})
    return open_crystals(folder / "data.h5")


def cubic(c11: float, c12: float, c44: float) -> np.ndarray:
    matrix = np.diag([c11 - c12] * 3 + [c44] * 3)
    matrix[:3, :3] += c12
    return matrix


def test_numbers(tmp_path: Path) -> None:
    data = table(tmp_path, K=[1.0, 100.0, -5.0, 0.0, np.nan])
    assert read_labels(data, ScalarTarget("K")).values.shape == (5, 1)
    found = read_labels(data, ScalarTarget("K", log10=True))
    np.testing.assert_array_equal(found.values[:, 0], [0, 2, np.nan, np.nan, np.nan])
    assert found.not_positive.tolist() == [False, False, True, True, False]
    assert not found.invalid.any()


@pytest.mark.parametrize("log10", [False, True])
def test_full_and_voigt_layouts_hold_the_same(tmp_path: Path, log10: bool) -> None:
    rng = np.random.default_rng(0)
    some = rng.normal(size=(4, 6, 6))
    stiffness = some @ some.transpose(0, 2, 1)
    symmetric = some[:, :3, :3] @ some[:, :3, :3].transpose(0, 2, 1)
    data = table(
        tmp_path,
        C=[stiffness_tensor(one) for one in stiffness], C_voigt=stiffness,
        epsilon=symmetric, epsilon_voigt=symmetric[:, [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]],
    )  # fmt: skip
    for name, symmetry in (("C", "elastic"), ("epsilon", "dielectric")):
        targets = [TensorTarget(one, log10=log10, symmetry=symmetry) for one in (name, f"{name}_voigt")]
        full, voigt = (read_labels(data, target).values for target in targets)
        np.testing.assert_allclose(voigt, full, atol=1e-12)
        if not log10:  # orthonormal coordinates
            norms = np.sqrt((data.targets[name] ** 2).reshape(4, -1).sum(axis=1))
            np.testing.assert_allclose(np.linalg.norm(full, axis=1), norms)


def test_piezoelectric_layouts(tmp_path: Path) -> None:
    matrices = np.random.default_rng(0).normal(size=(2, 3, 6))
    data = table(tmp_path, e=matrices, e_full=[piezoelectric_tensor(matrix) for matrix in matrices])
    values = [read_labels(data, TensorTarget(name, symmetry="ijk=ikj")) for name in ("e", "e_full")]
    np.testing.assert_allclose(values[0].values, values[1].values, atol=1e-12)
    space = TensorTarget("e", symmetry="ijk=ikj").space
    # e_iJ is a component: its shears have no factor of 2.
    np.testing.assert_allclose(space.tensors(values[0].values)[1, 0, 1, 2], matrices[1, 0, 3])


def test_logarithms_of_tensors_are_those_of_their_eigenvalues(tmp_path: Path) -> None:
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    data = table(
        tmp_path, epsilon=[rotation @ np.diag([1.0, 10.0, 100.0]) @ rotation.T], C=[cubic(300.0, 100.0, 50.0)]
    )
    logarithm = DIELECTRIC.space.tensors(read_labels(data, DIELECTRIC).values)[0]
    np.testing.assert_allclose(logarithm, rotation @ np.diag([0.0, 1.0, 2.0]) @ rotation.T, atol=1e-12)
    # Eigenvalues of a cubic stiffness: C11 + 2 C12 once, C11 - C12 twice and, in Mandel's form, 2 C44 thrice.
    matrix = stiffness_matrix(ELASTIC.space.tensors(read_labels(data, ELASTIC).values)[0])
    assert matrix[0, 0] + 2 * matrix[0, 1] == pytest.approx(np.log10(500.0))
    assert matrix[0, 0] - matrix[0, 1] == pytest.approx(np.log10(200.0))
    assert 2 * matrix[3, 3] == pytest.approx(np.log10(100.0))


def test_what_is_left_out_and_why(tmp_path: Path) -> None:
    good, unstable, missing = cubic(300, 100, 50), cubic(100, 300, 50), cubic(300, 100, np.nan)
    data = table(
        tmp_path,
        C=[good, unstable, missing, good, unstable, good],
        stable=[1, 1, 1, 0, 0, np.nan],
    )
    found = read_labels(data, dataclasses.replace(ELASTIC, mask_column="stable"))
    assert np.isfinite(found.values).all(axis=1).tolist() == [True, False, False, False, False, False]
    assert np.isnan(found.values[1:]).all()
    assert found.not_positive.tolist() == [False, True, False, False, False, False]
    assert found.invalid.tolist() == [False, False, False, True, True, True]
    known = reference_values(data, dataclasses.replace(ELASTIC, mask_column="stable"))
    assert (known.missing, known.not_positive, known.invalid) == (1, 1, 3)
    assert known.values.shape == (1, 21)
    assert read_labels(data, ELASTIC).not_positive.tolist() == [False, True, False, False, True, False]
    # All values of a dataset without the mask column, such as one to evaluate on, are valid.
    plain = read_labels(data, dataclasses.replace(ELASTIC, mask_column="absent"))
    assert not plain.invalid.any()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (ScalarTarget("gap"), r"data.h5 has no target 'gap'; it has C, K, e, pairs"),
        (ScalarTarget("C"), r"'C' of .*data.h5 is a tensor of shape \(6, 6\): the target is a number"),
        (TensorTarget("K", symmetry="ij=ji"), "'K' of .* is a number: the target is a tensor ij=ji of rank 2"),
        (TensorTarget("C", symmetry="ijk=ikj"), r"of shape \(6, 6\): the target is a tensor ijk=ikj of rank 3"),
        (TensorTarget("e", symmetry="elastic"), r"of shape \(3, 6\): the target is a tensor elastic of rank 4"),
        (TensorTarget("pairs", symmetry="ij=ji"), r"of shape \(2,\): the target is a tensor ij=ji of rank 2"),
        (ScalarTarget("K", "eV"), "data.h5 has 'K' in 'GPa', not in 'eV'$"),
        (
            TensorTarget("C", "MPa", log10=True, symmetry="elastic"),
            "has 'C' in 'GPa', not in 'MPa'",
        ),
        (ScalarTarget("K", mask_column="e"), "'e' of .* is a tensor: it cannot say which values are valid"),
    ],
)
def test_what_a_dataset_does_not_hold(target: Target, message: str, tmp_path: Path) -> None:
    units = {"K": "GPa", "C": "GPa"}
    data = table(tmp_path, units=units, K=[1.0], C=[cubic(3, 1, 1)], e=[np.zeros((3, 6))], pairs=[[1.0, 2.0]])
    with pytest.raises(TargetError, match=message):
        read_labels(data, target)
    assert read_labels(data, ScalarTarget("K", "GPa", log10=True)).values.tolist() == [[0.0]]


def test_no_logarithm_of_a_tensor_that_is_no_matrix(tmp_path: Path) -> None:
    data = table(tmp_path, e=[np.zeros((3, 6))])
    with pytest.raises(TensorError, match="it has no logarithm"):
        read_labels(data, TensorTarget("e", log10=True, symmetry="ijk=ikj"))


def test_a_prediction_is_what_the_dataset_holds(tmp_path: Path) -> None:
    """To the components that models predict and back."""
    some = np.random.default_rng(0).normal(size=(6, 6))
    data = table(tmp_path, C=[some @ some.T])
    record = made_record(Setting.standard(194), np.random.default_rng(0), n_sites=1)
    known = reference_values(data, ELASTIC).values[0]
    np.testing.assert_allclose(ELASTIC.physical(read_labels(data, ELASTIC).values)[0], known)
    back = ELASTIC.physical_value(known, data[0])
    assert isinstance(back, np.ndarray)
    np.testing.assert_allclose(stiffness_matrix(back), some @ some.T, rtol=1e-9, atol=1e-9)
    # Of another crystal, only what its point group allows.
    allowed = ELASTIC.physical_value(known, record)
    assert project_tensor(allowed, record).relative_distance < 1e-12
    assert ScalarTarget("K", "GPa", log10=True).physical(np.array([2.0])).tolist() == [100.0]
    assert ScalarTarget("K", "GPa", log10=True).physical_value(np.array([100.0]), record) == 100.0


def test_values_beyond_single_precision_are_named(tmp_path: Path) -> None:
    """Marks for missing values, as a rule; their logarithms are ordinary numbers."""
    data = table(tmp_path, x=[1.0, 1e300, -1e300], n=[1e17, -1e17, 1e17])
    with pytest.raises(
        TargetError, match=r"has 'x' with the value 1e\+300 in 1: is it a mark for a missing value"
    ):
        read_labels(data, ScalarTarget("x"))
    found = read_labels(data, ScalarTarget("x", log10=True)).values[:, 0]
    np.testing.assert_allclose(found, [0, 300, np.nan])
    assert np.isfinite(read_labels(data, ScalarTarget("n")).values).all()
    tensors = table(tmp_path, x=[np.eye(3), 1e30 * np.eye(3)])
    with pytest.raises(TargetError, match=r"the value 1.*e\+30 in 1"):
        read_labels(tensors, TensorTarget("x", symmetry="ij=ji"))

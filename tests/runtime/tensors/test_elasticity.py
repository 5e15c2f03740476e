"""Moduli, stability and directions against published values and closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_store.errors import TensorError
from runtime.tensors.elasticity import (
    elastic_moduli,
    extreme_youngs_moduli,
    linear_compressibility,
    stability,
    youngs_modulus,
)
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.voigt import stiffness_matrix, stiffness_tensor
from tests.support.crystals.lattices import random_rotation


def cubic(c11: float, c12: float, c44: float) -> np.ndarray:
    matrix = np.diag([c11 - c12] * 3 + [c44] * 3)
    matrix[:3, :3] += c12
    return matrix


def hexagonal(c11: float, c12: float, c13: float, c33: float, c44: float, c14: float = 0.0) -> np.ndarray:
    """Trigonal (32, 3m, -3m) with c14."""
    matrix = np.diag([c11, c11, c33, c44, c44, (c11 - c12) / 2])
    for i, j, value in ((0, 1, c12), (0, 2, c13), (1, 2, c13), (0, 3, c14), (1, 3, -c14), (4, 5, c14)):
        matrix[i, j] = matrix[j, i] = value
    return matrix


COPPER, SILICON = cubic(168.4, 121.4, 75.4), cubic(165.7, 63.9, 79.6)
MAGNESIUM = hexagonal(59.7, 26.2, 21.7, 61.7, 16.4)
QUARTZ = hexagonal(86.8, 7.04, 11.91, 105.75, 58.2, -18.04)


@pytest.mark.parametrize(
    ("matrix", "bulk", "shear"),
    [
        # G. Simmons & H. Wang, Single Crystal Elastic Constants, MIT 1971: means of Voigt and Reuss.
        (COPPER, 137.1, 47.3),
        (SILICON, 97.8, 66.5),
        (MAGNESIUM, 35.6, 17.3),
        (QUARTZ, 37.8, 44.4),  # J. D. Bass, AGU Reference Shelf 2 (1995) 45: 37.8 and 44.3
    ],
)
def test_moduli_of_the_literature(matrix: np.ndarray, bulk: float, shear: float) -> None:
    hill = elastic_moduli(matrix).hill
    assert hill.bulk == pytest.approx(bulk, abs=0.25)
    assert hill.shear == pytest.approx(shear, abs=0.25)


@pytest.mark.parametrize("matrix", [COPPER, SILICON, MAGNESIUM, QUARTZ])
def test_voigt_and_reuss_as_hill_writes_them(matrix: np.ndarray) -> None:
    s = np.linalg.inv(matrix)
    c, moduli = matrix, elastic_moduli(matrix)

    def axes(m: np.ndarray) -> tuple[float, float, float]:
        return np.trace(m[:3, :3]), m[0, 1] + m[1, 2] + m[0, 2], np.trace(m[3:, 3:])

    a, b, shears = axes(c)
    assert moduli.voigt.bulk == pytest.approx((a + 2 * b) / 9)
    assert moduli.voigt.shear == pytest.approx((a - b + 3 * shears) / 15)
    a, b, shears = axes(s)
    assert moduli.reuss.bulk == pytest.approx(1 / (a + 2 * b))
    assert moduli.reuss.shear == pytest.approx(15 / (4 * a - 4 * b + 3 * shears))
    hill = moduli.hill
    assert hill.bulk == pytest.approx((moduli.voigt.bulk + moduli.reuss.bulk) / 2)
    assert hill.young == pytest.approx(2 * hill.shear * (1 + hill.poisson))
    assert hill.young == pytest.approx(3 * hill.bulk * (1 - 2 * hill.poisson))


def test_universal_anisotropy_of_cubic_crystals() -> None:
    # Ranganathan & Ostoja-Starzewski 2008: A^U = (6/5) (sqrt A - 1/sqrt A)^2 with Zener's A, copper 1.82.
    for c11, c12, c44 in ((168.4, 121.4, 75.4), (165.7, 63.9, 79.6), (522.4, 204.4, 160.8), (13.5, 11.44, 8.78)):
        zener = 2 * c44 / (c11 - c12)
        expected = 1.2 * (np.sqrt(zener) - 1 / np.sqrt(zener)) ** 2
        assert elastic_moduli(cubic(c11, c12, c44)).universal_anisotropy == pytest.approx(expected, abs=1e-10)
    assert elastic_moduli(COPPER).universal_anisotropy == pytest.approx(1.82, abs=0.01)


def test_an_isotropic_body() -> None:
    bulk, shear = 100.0, 40.0
    matrix = cubic(bulk + 4 * shear / 3, bulk - 2 * shear / 3, shear)
    moduli = elastic_moduli(matrix)
    for one in (moduli.voigt, moduli.reuss, moduli.hill):
        assert one == pytest.approx((bulk, shear, 9 * bulk * shear / (3 * bulk + shear), 0.3235294), rel=1e-6)
    assert moduli.universal_anisotropy == pytest.approx(0, abs=1e-12)
    smallest, largest = extreme_youngs_moduli(matrix)
    assert smallest.value == pytest.approx(largest.value)
    assert smallest.direction.tolist() == [0, 0, 1]
    np.testing.assert_allclose(stability(matrix).eigenvalues, [2 * shear] * 5 + [3 * bulk])


def test_youngs_modulus_of_silicon() -> None:
    # M. A. Hopcroft, W. D. Nix & T. W. Kenny, J. Microelectromech. Syst. 19 (2010) 229: 130, 169 and 188 GPa.
    values = youngs_modulus(SILICON, [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    np.testing.assert_allclose(values, [130, 169, 188], atol=0.5)
    smallest, largest = extreme_youngs_moduli(SILICON)
    assert (smallest.value, largest.value) == pytest.approx((values[0], values[2]))
    assert smallest.direction.tolist() == [0, 0, 1]
    np.testing.assert_allclose(largest.direction, np.full(3, 3**-0.5))


def test_youngs_modulus_is_the_stretch_of_a_bar() -> None:
    rng = np.random.default_rng(0)
    rotation = random_rotation(rng)
    for matrix in (QUARTZ, MAGNESIUM):
        full = rotate_tensor(stiffness_tensor(matrix), rotation)
        for n in rng.normal(size=(5, 3)):
            # In a frame with n as x, the strain under unit stress xx is the first column of the inverse.
            x = n / np.linalg.norm(n)
            frame = np.linalg.qr(np.column_stack([x, rng.normal(size=(3, 2))]))[0].T
            inverse = np.linalg.inv(stiffness_matrix(rotate_tensor(full, frame)))
            assert youngs_modulus(full, n) == pytest.approx(1 / inverse[0, 0])
            assert linear_compressibility(full, n) == pytest.approx(inverse[0, :3].sum())
        total = linear_compressibility(full, np.linalg.qr(rng.normal(size=(3, 3)))[0]).sum()
        assert total == pytest.approx(1 / elastic_moduli(full).reuss.bulk)


def test_extremes_bound_all_directions_and_rotate_with_the_crystal() -> None:
    rng = np.random.default_rng(1)
    n = rng.normal(size=(20_000, 3))
    for _ in range(8):
        root = rng.normal(size=(6, 6))
        full = stiffness_tensor(root @ root.T + 0.3 * np.eye(6))
        values = youngs_modulus(full, n)
        smallest, largest = extreme_youngs_moduli(full)
        assert values.min() >= smallest.value * (1 - 1e-9)
        assert values.max() <= largest.value * (1 + 1e-9)
        assert values.min() == pytest.approx(smallest.value, rel=0.02)
        assert youngs_modulus(full, largest.direction) == pytest.approx(largest.value)
        rotated = extreme_youngs_moduli(rotate_tensor(full, random_rotation(rng)))
        assert rotated[0].value == pytest.approx(smallest.value)
        assert rotated[1].value == pytest.approx(largest.value)


def test_an_unstable_crystal_has_no_compliance() -> None:
    matrix = cubic(100, 120, 50)
    found = stability(matrix)
    assert not found.is_stable
    assert found.eigenvalues[0] == pytest.approx(-20)
    energy = np.einsum("ij,ijkl,kl", found.softest_strain, stiffness_tensor(matrix), found.softest_strain)
    assert energy == pytest.approx(-20)
    moduli = elastic_moduli(matrix)
    assert np.isfinite(moduli.voigt).all()
    assert np.isnan([*moduli.reuss, *moduli.hill, moduli.universal_anisotropy]).all()
    assert np.isnan(youngs_modulus(matrix, np.eye(3))).all()
    assert np.isnan(linear_compressibility(matrix, np.eye(3))).all()
    assert np.isnan([one.value for one in extreme_youngs_moduli(matrix)]).all()
    assert not stability(np.zeros((6, 6))).is_stable
    assert np.isnan(elastic_moduli(np.zeros((6, 6))).voigt.young)
    assert stability(COPPER).is_stable


def test_invalid_input_raises() -> None:
    with pytest.raises(TensorError, match="a direction of length 0"):
        youngs_modulus(COPPER, [0, 0, 0])
    with pytest.raises(TensorError, match=r"directions have shape \(\.\.\., 3\), not \(2,\)"):
        youngs_modulus(COPPER, [1, 0])
    with pytest.raises(TensorError, match="an elastic tensor"):
        elastic_moduli(np.eye(3))


def test_moduli_of_the_materials_project(shared: Path) -> None:
    import gzip
    import json

    path = shared / "data" / "mp_elastic_tensor.jsonl.gz"
    if not path.is_file():
        pytest.skip("no elastic tensors")
    with gzip.open(path, "rt") as lines:
        for line in lines:
            known = json.loads(line)["targets"]
            voigt = elastic_moduli(known["elastic_tensor_voigt_GPa"], tolerance=0.2).voigt
            assert voigt.bulk == pytest.approx(known["bulk_modulus_voigt"], rel=1e-6)
            assert voigt.shear == pytest.approx(known["shear_modulus_voigt"], rel=1e-6)

"""Sums of waves on nets: spread and transformed, they are the sums of exponentials."""

from __future__ import annotations

import numpy as np
import pytest

from sgbasis.fields import net_sums
from sgbasis.fields.net_sums import NetSum


@pytest.mark.parametrize("points", [(1, 1), (5, 40), (1, 70), (2, 101), (40, 41), (96, 35), (300, 211)])
@pytest.mark.parametrize("reach", [0.0, 0.4, 30.0])
def test_sums_are_those_of_exponentials(points: tuple[int, int], reach: float) -> None:
    """Of waves at and beyond the limit of the steps, of all signs, added in several calls; to 1e-13 of sum |c|."""
    rng = np.random.default_rng(0)
    u, v = np.linspace(-2.3, 5.1, points[0]), np.linspace(0.7, 1.9, points[1])
    a, b = rng.uniform(-reach, reach, (2, 400))
    c = rng.normal(size=400) + 1j * rng.normal(size=400)
    total = NetSum(u, v)
    for part in np.array_split(np.arange(400), 3):
        total.add(a[part], b[part], c[part])
    exact = (np.exp(2j * np.pi * np.outer(u, a)) @ (c[:, None] * np.exp(2j * np.pi * np.outer(b, v)))).real
    found = total.values()
    assert found.shape == points
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-13 * float(np.abs(c).sum()))


def test_waves_on_the_frequencies_of_the_net_itself() -> None:
    """Integers over the number of points, where spreading meets the ends of the finer net."""
    n = 72
    u = np.arange(n, dtype=np.float64)
    k = np.arange(-n, n + 1) / n
    for wave in k.tolist():
        total = NetSum(u, u)
        total.add(np.array([wave]), np.array([-wave]), np.array([2.0 + 1j]))
        exact = (np.exp(2j * np.pi * wave * (u[:, None] - u)) * (2 + 1j)).real
        np.testing.assert_allclose(total.values(), exact, rtol=0, atol=1e-12)


def test_the_direct_way_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 100))
    c = rng.normal(size=100) + 1j * rng.normal(size=100)
    u, v = np.linspace(0, 3, 20), np.linspace(-1, 2, 30)
    found = []
    for block, direct in ((1 << 21, 64), (100, 64), (1 << 21, 0)):
        monkeypatch.setattr(net_sums, "_BLOCK", block)
        monkeypatch.setattr(net_sums, "_DIRECT", direct)
        total = NetSum(u, v)
        total.add(a, b, c)
        found.append(total.values())
    np.testing.assert_allclose(found[1], found[0], atol=1e-12)
    np.testing.assert_allclose(found[2], found[0], atol=1e-12)

"""Reflections as a diffractometer would measure them, of crystals whose group is known.

Structure factors are direct sums over the atoms of the cell, with the form factors of International Tables C
(gemmi). Every reflection of the sphere is measured once: a Poisson number of counts over a background. Of the
reflections that the group forbids, 3 % have an intensity all the same: a random share of that of a random other
reflection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_compiler import operations
from basis_compiler.reflections.extinctions.extinction_classes import ExtinctionClass, extinction_classes
from basis_compiler.reflections.extinctions.groups_for import METRIC_TOLERANCE, fitting_laue_classes
from basis_compiler.reflections.extinctions.laue_classes import laue_classes
from basis_store import CrystalRecord, ReflectionData, Setting
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.reflections.reflection_data import inverse_squares

VIOLATIONS = 0.03
RESOLUTIONS = (0.65, 1.1)
"""Angstrom."""
MEAN_COUNTS = (100.0, 100_000.0)
"""Of all reflections; drawn on a logarithmic scale."""
BACKGROUND = (2.0, 20.0)
"""Counts."""
B_FACTORS = (0.3, 1.0)
"""Angstrom^2."""
MAX_MEASURED = 8_000
"""Of large cells the resolution is lower."""
SIGNIFICANT = 25.0
"""Sum of (I / sigma)^2 from which reflections are there: 5 sigma of one."""

_STRAYS = 400
"""Intensities of violations over which their likelihood is averaged."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Simulated reflections.

    Attributes:
        data: what is measured.
        truth: the extinction class of the crystal.
        expected: (n,) counts without noise, violations and background.
    """

    data: ReflectionData
    truth: ExtinctionClass
    expected: FloatArray


def class_of(setting: Setting) -> ExtinctionClass:
    """The extinction class of a setting."""
    for laue in laue_classes():
        if setting in laue.settings:
            return next(one for one in extinction_classes(laue) if setting in one.settings and not one.is_reverse)
    raise AssertionError("every setting has a Laue class")


def sphere(cell: FloatArray, smallest: float) -> IntArray:
    """(n, 3) all indices up to a spacing in Angstrom, without 0 0 0."""
    bounds = (cell[:3] / smallest).astype(np.int64) + 1
    hkl = np.stack(np.meshgrid(*[np.arange(-bound, bound + 1) for bound in bounds], indexing="ij"), axis=-1)
    hkl = hkl.reshape(-1, 3)
    squares = inverse_squares(hkl, cell)
    return np.asarray(hkl[(squares > 0) & (squares < smallest**-2)])


def atoms(record: CrystalRecord) -> tuple[FloatArray, IntArray]:
    """(n, 3) coordinates and (n,) atomic numbers of the conventional cell."""
    group = operations(record.setting)
    coordinates, start = [], 0
    for site, count in zip(record.coordinates, record.multiplicities.tolist(), strict=True):
        images = record.images[start : start + count]
        coordinates.append(group.rotations[images] @ site + group.translations24[images] / 24)
        start += count
    return np.concatenate(coordinates), np.repeat(record.numbers.astype(np.int64), record.multiplicities)


def squared_factors(hkl: IntArray, squares: FloatArray, record: CrystalRecord, b_factor: float) -> FloatArray:
    """(n,) |F|^2 of X-rays."""
    import gemmi  # noqa: PLC0415 - optional

    coordinates, numbers = atoms(record)
    factors = np.zeros(len(hkl), dtype=np.complex128)
    for number in np.unique(numbers).tolist():
        form = gemmi.Element(number).it92
        size = np.array([form.calculate_sf(value) for value in squares / 4])
        factors += size * np.exp(2j * np.pi * (hkl @ coordinates[numbers == number].T)).sum(axis=1)
    intensities = np.abs(factors) ** 2 * np.exp(-b_factor * squares / 2)
    # Rounding is no intensity.
    intensities[intensities < 1e-9 * intensities.max()] = 0
    return np.asarray(intensities)


def measure(record: CrystalRecord, random: np.random.Generator) -> Measurement:
    """Reflections of a crystal in its standard setting."""
    cell, truth = cell_parameters(record.lattice), class_of(record.setting)
    fewest = (4 / 3 * np.pi * record.volume / MAX_MEASURED) ** (1 / 3)
    hkl = sphere(cell, max(random.uniform(*RESOLUTIONS), fewest))
    waves, orbits = truth.laue.representatives(hkl)
    squared = squared_factors(waves, inverse_squares(waves, cell), record, random.uniform(*B_FACTORS))[orbits]
    expected = squared * np.exp(random.uniform(*np.log(MEAN_COUNTS))) / squared.mean()
    allowed = truth.allows(waves)[orbits]
    assert not expected[~allowed].any(), "the group forbids them"
    violated = ~allowed & (random.random(len(hkl)) < VIOLATIONS)
    received = expected.copy()
    received[violated] = random.choice(expected[allowed], violated.sum()) * random.random(violated.sum())
    background = random.uniform(*BACKGROUND)
    counts = random.poisson(received + background)
    data = ReflectionData(hkl, intensities=counts - background, sigmas=np.sqrt(counts + background), cell=cell)
    return Measurement(data, truth, expected)


def undecided(measured: Measurement) -> str:
    """Why intensities without violations could not decide for the true class; ``""`` if they could.

    - Another class of its Laue class forbids more, or other, reflections, of which none is there: atoms on special
      positions (``"absent by their positions"``), or none significantly (``"too weak"``).
    - The same reflections are forbidden by another class, as far as they were measured (``"not measured"``).
    - A Laue class that is no subgroup of the true one has equivalents that do not differ significantly
      (``"equal equivalents"``).
    """
    data, truth, expected = measured.data, measured.truth, measured.expected
    assert data.sigmas is not None and data.cell is not None
    waves, orbits = truth.laue.representatives(data.hkl)
    allowed = truth.allows(waves)
    significance = np.bincount(orbits, (expected / data.sigmas) ** 2)
    reasons = []
    for other in extinction_classes(truth.laue):
        theirs = other.allows(waves)
        if other is not truth and np.array_equal(theirs, allowed):
            reasons.append("not measured")
        more = allowed & ~theirs
        if more.any() and significance[more].sum() < SIGNIFICANT:
            reasons.append("too weak" if significance[more].any() else "absent by their positions")
    own = {rotation.tobytes() for rotation in truth.laue.rotations}
    for laue in fitting_laue_classes(data.cell, None, None, METRIC_TOLERANCE):
        if {rotation.tobytes() for rotation in laue.rotations} <= own:
            continue
        _, merged = laue.representatives(data.hkl)
        mean = np.bincount(merged, expected) / np.bincount(merged)
        excess = float((((expected - mean[merged]) / data.sigmas) ** 2).sum())
        freedom = len(merged) - int(merged.max()) - 1
        if excess < SIGNIFICANT + 5 * np.sqrt(2 * freedom):
            reasons.append("equal equivalents")
    order = ("absent by their positions", "too weak", "not measured", "equal equivalents")
    return next((reason for reason in order if reason in reasons), "")


def log_likelihood_ratio(measured: Measurement, other: ExtinctionClass, random: np.random.Generator) -> float:
    """How far the counts speak for the true class and against another, by the model that they were drawn from.

    Natural logarithm of the ratio of likelihoods if the intensities of the crystal are known: as they are, and
    with those that the other class forbids at 0 and those that it has as equivalents at their mean. A method that
    has to find the intensities as well knows less.
    """
    data, expected = measured.data, measured.expected
    assert data.intensities is not None and data.sigmas is not None
    counts = (data.sigmas**2 + data.intensities) / 2
    background = counts - data.intensities
    waves, orbits = other.laue.representatives(data.hkl)
    merged = (np.bincount(orbits, expected) / np.bincount(orbits))[orbits]
    own_waves, own_orbits = measured.truth.laue.representatives(data.hkl)
    strays = random.choice(expected, _STRAYS) * random.random(_STRAYS)

    def log_likelihood(intensities: FloatArray, allowed: BoolArray) -> FloatArray:
        clean = counts * np.log(intensities * allowed + background) - intensities * allowed
        far = ~allowed
        rates = background[far, None] + strays
        stray = np.logaddexp.reduce(counts[far, None] * np.log(rates) - strays, axis=1) - np.log(_STRAYS)
        clean[far] = np.logaddexp(clean[far] + np.log1p(-VIOLATIONS), stray + np.log(VIOLATIONS))
        return np.asarray(clean)

    truth = log_likelihood(expected, measured.truth.allows(own_waves)[own_orbits])
    return float((truth - log_likelihood(merged, other.allows(waves)[orbits])).sum())

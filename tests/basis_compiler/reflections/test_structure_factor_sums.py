"""Structure factors against the direct sum of gemmi, in the cell of the file and in the standard setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_compiler import Crystal, StandardCrystal, read_crystals, standardize
from basis_compiler.reflections.absence_reasons import REASONS
from basis_compiler.reflections.own_cell import own_lattice
from basis_compiler.reflections.reflection_list import ReflectionList, reflection_list
from basis_compiler.reflections.scattering_factors import anomalous_factor, scattering_factors
from basis_store import ReflectionError, Setting
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.reflections.radiation import RADIATIONS
from tests.support.crystals.made_crystals import made_crystal, rewritten
from tests.support.crystals.real_crystals import real_crystals

gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")

DATA = Path(__file__).resolve().parents[3] / "data" / "crystals"
EXAMPLES = sorted(DATA.glob("*.cif")) + sorted((DATA / "other_cells").glob("*.cif"))
ROUNDED = {"quartz_rounded", "wurtzite_shifted"}
"""Their coordinates are rounded, so that reading moves atoms onto their special positions."""


def read(name: str) -> Crystal:
    (crystal,) = read_crystals(DATA / f"{name}.cif")
    return crystal


def symmetric_atoms(standard: StandardCrystal, cell: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All atoms of a cell on their symmetric positions: lattice, numbers, coordinates; by the change of basis."""
    if cell == "file":
        change = standard.change_of_basis / standard.denominator
        x = np.linalg.solve(change, (standard.atom_coordinates() - standard.origin_shift).T).T
        return own_lattice(standard), standard.crystal.numbers, x
    points = []
    for site in standard.sites:
        group = gemmi.symops_from_hall(standard.setting.hall_symbol)
        images = np.array([op.apply_to_xyz(site.coordinates.tolist()) for op in group])
        points.append(np.unique(np.rint(images % 1 * 1e9) % 1e9, axis=0, return_index=True)[1])
        points[-1] = images[points[-1]]
        assert len(points[-1]) == site.multiplicity
    numbers = np.repeat([site.number for site in standard.sites], [len(one) for one in points])
    return standard.lattice, numbers, np.concatenate(points)


def small_structure(lattice: np.ndarray, numbers: np.ndarray, coordinates: np.ndarray) -> Any:
    """The atoms as a structure of gemmi in P1."""
    structure = gemmi.SmallStructure()
    structure.cell = gemmi.UnitCell(*cell_parameters(lattice))
    for number, x in zip(numbers.tolist(), coordinates.tolist(), strict=True):
        site = gemmi.SmallStructure.Site()
        site.element, site.fract, site.occ = gemmi.Element(number), gemmi.Fractional(*x), 1.0
        structure.add_site(site)
    return structure


CALCULATORS = {"xray": "X", "neutron": "N", "electron": "E"}


def assert_equals_gemmi(found: ReflectionList, *, rows: int = 40) -> None:
    """Some reflections and absences, the last ones among them: factors to 1e-10 of the atoms' sum, d, 2 theta."""
    lattice, numbers, x = symmetric_atoms(found.standard, found.cell)
    structure = small_structure(lattice, numbers, x)
    calculator = getattr(gemmi, f"StructureFactorCalculator{CALCULATORS[found.radiation]}")(structure.cell)
    picked = np.unique(np.linspace(0, len(found) - 1, rows).astype(int)) if len(found) else []
    for i in picked:
        hkl = found.hkl[i].tolist()
        scale = sum(
            abs(scattering_factors(int(n), np.array([0.5 / found.d[i]]), radiation=found.radiation)[0]) * count
            for n, count in zip(*np.unique(numbers, return_counts=True), strict=True)
        )
        assert abs(calculator.calculate_sf_from_small_structure(structure, hkl) - found.factors[i]) < 1e-10 * scale
        assert found.d[i] == pytest.approx(structure.cell.calculate_d(hkl), rel=1e-10)
        assert found.two_theta[i] == pytest.approx(
            np.rad2deg(2 * np.arcsin(found.wavelength / 2 / structure.cell.calculate_d(hkl))),
            rel=1e-9,
            nan_ok=True,
        )
    for hkl in found.absences.hkl[-rows:].tolist():
        assert abs(calculator.calculate_sf_from_small_structure(structure, hkl)) < 1e-9 * scale


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_examples_equal_gemmi_s_reading_of_the_same_file(file: Path) -> None:
    """Nothing but the file is shared: gemmi reads it, applies its operations and adds up."""
    (crystal,) = read_crystals(file)
    found = reflection_list(crystal, d_min=0.9)
    structure = gemmi.read_small_structure(str(file))
    structure.change_occupancies_to_crystallographic()
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    theirs = [calculator.calculate_sf_from_small_structure(structure, hkl) for hkl in found.hkl.tolist()]
    tolerance = 5e-3 if file.stem in ROUNDED else 1e-10
    assert np.abs(np.array(theirs) - found.factors).max() < tolerance * np.abs(theirs).max()
    absent = [calculator.calculate_sf_from_small_structure(structure, hkl) for hkl in found.absences.hkl.tolist()]
    assert np.abs(absent).max(initial=0) < tolerance * np.abs(theirs).max()
    d = [structure.cell.calculate_d(hkl) for hkl in found.hkl.tolist()]
    assert found.d == pytest.approx(d, rel=1e-10)


@pytest.mark.parametrize("radiation", RADIATIONS)
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_examples_in_both_cells_and_all_radiations(file: Path, radiation: str) -> None:
    (crystal,) = read_crystals(file)
    for cell in ("file", "standard"):
        assert_equals_gemmi(reflection_list(crystal, d_min=0.8, radiation=radiation, cell=cell))


def test_two_hundred_calculated_crystals(shared: Path) -> None:
    crystals = list(real_crystals(shared, 165, 33_000))
    assert len(crystals) == 200
    for crystal, _ in crystals:
        assert_equals_gemmi(reflection_list(crystal, d_min=1.5), rows=10)


@pytest.mark.parametrize("number", [1, 2, 7, 15, 33, 43, 70, 88, 96, 122, 146, 155, 167, 182, 194, 205, 220, 227])
def test_made_crystals_in_skewed_and_doubled_cells(number: int) -> None:
    """General and special positions, polar groups, origins that are no multiples of 1/24, supercells."""
    rng = np.random.default_rng(number)
    crystal, _ = made_crystal(Setting.standard(number), rng)
    standard = standardize(crystal)
    assert standard.setting.number == number
    expected = reflection_list(standard, d_min=2.5, cell="standard")
    assert_equals_gemmi(expected)
    for doubled in (False, True):
        other, _, _ = rewritten(crystal, rng, doubled=doubled)
        found = reflection_list(other, d_min=2.5)
        assert_equals_gemmi(found)
        # One crystal has one powder pattern.
        assert len(found) == len(expected)
        scale = len(other) / sum(site.multiplicity for site in standard.sites)
        for name, factor in (("d", 1.0), ("multiplicities", 1.0), ("amplitudes", scale)):
            ours, theirs = (
                np.sort(np.round(getattr(one, name) / size, 5)) for one, size in ((found, factor), (expected, 1.0))
            )
            assert ours == pytest.approx(theirs, abs=2e-5), name
        assert found.peaks[1] == pytest.approx(expected.peaks[1] * scale**2, rel=1e-6)


@pytest.mark.parametrize(
    "names",
    [("anatase", "anatase_origin_1"), ("calcite", "calcite_rhombohedral"), ("catio3", "catio3_pbnm"),
     ("corundum", "corundum_primitive"), ("diamond", "diamond_origin_1"), ("nacl", "nacl_primitive"),
     ("quartz", "quartz_published_origin"), ("spinel", "spinel_origin_1"), ("spinel", "spinel_primitive")],
    ids="-".join,
)  # fmt: skip
def test_other_settings_of_a_crystal_have_the_same_powder_pattern(names: tuple[str, str]) -> None:
    one, other = (reflection_list(read(n if n == names[0] else f"other_cells/{n}"), d_min=0.8) for n in names)
    # The files round their cells and coordinates in different decimals.
    assert one.peaks[0] == pytest.approx(other.peaks[0], abs=5e-4)
    ours, theirs = (found.peaks[1] / found.peaks[1].max() for found in (one, other))
    assert ours == pytest.approx(theirs, abs=1e-5)
    assert sorted(one.multiplicities.tolist()) == sorted(other.multiplicities.tolist())


def test_opposite_reflections_are_conjugate_and_differ_with_anomalous_terms() -> None:
    quartz = read("quartz")
    merged = reflection_list(quartz, d_min=1.0)
    assert merged.friedel
    with_terms = reflection_list(quartz, d_min=1.0, anomalous=True, wavelength="CrKa1")
    assert not with_terms.friedel
    # 32 is not centrosymmetric: hkl and -h-k-l are two rows, except where the group maps one to the other.
    assert len(with_terms) > len(merged)
    assert with_terms.multiplicities.sum() == merged.multiplicities.sum()
    _, numbers, x = symmetric_atoms(with_terms.standard, "file")
    rows = {tuple(hkl): i for i, hkl in enumerate(with_terms.hkl.tolist())}
    differ = 0
    for hkl, i in rows.items():
        s = np.array([0.5 / with_terms.d[i]])
        f = np.array(
            [
                scattering_factors(int(n), s, radiation="xray")[0]
                + anomalous_factor(int(n), with_terms.wavelength)
                for n in numbers
            ]
        )
        direct = (f * np.exp(2j * np.pi * x @ np.array(hkl))).sum()
        assert abs(direct - with_terms.factors[i]) < 1e-9 * np.abs(f).sum()
        # gemmi's own sum has f' as an addend; f'' it lacks.
        opposite = (f * np.exp(-2j * np.pi * x @ np.array(hkl))).sum()
        differ += abs(abs(opposite) - abs(direct)) > 1e-6
    assert differ > 10


def test_centrosymmetric_crystals_have_no_bijvoet_differences() -> None:
    for name in ("corundum", "catio3"):
        one = reflection_list(read(name), d_min=1.0, anomalous=True)
        other = reflection_list(read(name), d_min=1.0)
        assert one.hkl.tolist() == other.hkl.tolist()
        assert not np.allclose(one.amplitudes, other.amplitudes)


def test_zeros_by_the_positions_of_atoms_are_told_from_those_by_the_group() -> None:
    def reason(found: ReflectionList, *hkl: int) -> str:
        (row,) = np.flatnonzero((found.absences.hkl == hkl).all(axis=1))
        return REASONS[found.absences.reasons[row]]

    diamond = reflection_list(read("diamond"), d_min=0.8)
    assert reason(diamond, 2, 2, 2) == "special position"
    assert reason(diamond, 2, 0, 0) == "glide plane"
    assert reason(diamond, 1, 0, 0) == "centring"
    assert diamond.absences.count("special position") >= 1
    wurtzite = reflection_list(read("wurtzite"), d_min=0.8)
    assert reason(wurtzite, 1, 1, 1) == "glide plane"
    quartz = reflection_list(read("quartz"), d_min=0.8)
    assert reason(quartz, 0, 0, 1) == "screw axis"
    # Two sites of one element that are half a cell apart, in P1: only together they are 0.
    pair = Crystal(
        lattice=[[4, 0, 0], [0.3, 5, 0], [0.2, 0.7, 6]],
        numbers=[14, 14, 8],
        coordinates=[[0, 0, 0], [0.5, 0.5, 0], [0.13, 0.27, 0.41]],
    )
    found = reflection_list(pair, d_min=1.5)
    assert not found.absences.count("cancellation")  # oxygen has no partner
    body = Crystal(lattice=4 * np.eye(3), numbers=[55, 55], coordinates=[[0, 0, 0], [0.5, 0.5, 0.5]])
    assert reflection_list(body, d_min=1.5).absences.count("cancellation") == 0  # it is I-centred


def test_f000_is_the_number_of_electrons() -> None:
    assert reflection_list(read("nacl")).zero_factor == 4 * (11 + 17)
    assert reflection_list(read("other_cells/nacl_primitive")).zero_factor == pytest.approx(11 + 17)
    assert reflection_list(read("nacl"), radiation="neutron").zero_factor == pytest.approx(
        4 * (3.63 + 9.577), rel=1e-6
    )


def test_elements_without_factors_are_named() -> None:
    crystal = Crystal(lattice=4 * np.eye(3), numbers=[100], coordinates=[[0, 0, 0]])
    with pytest.raises(ReflectionError, match="no scattering factors of Fm"):
        reflection_list(crystal)
    crystal = Crystal(lattice=4 * np.eye(3), numbers=[84], coordinates=[[0, 0, 0]])
    reflection_list(crystal)
    with pytest.raises(ReflectionError, match="Po for neutrons"):
        reflection_list(crystal, radiation="neutron")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"d_min": 0.0}, "positive"),
        ({"d_min": float("nan")}, "positive"),
        ({"two_theta_max": 181.0}, "between 0 and 180"),
        ({"wavelength": "CuKx"}, "no wavelength"),
        ({"wavelength": -1.0}, "no wavelength"),
        ({"b_iso": -1.0}, "0 Angstrom"),
        ({"b_iso": float("nan")}, "0 Angstrom"),
        ({"radiation": "neutron", "anomalous": True}, "only X-rays"),
        ({"radiation": "muon"}, "no radiation 'muon'"),
        ({"cell": "primitive"}, "cell 'primitive'"),
        ({"d_min": 0.001}, "at most"),
    ],
)
def test_what_cannot_be_is_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ReflectionError, match=message):
        reflection_list(read("nacl"), **options)


def test_deuterium_and_hydrogen_differ_for_neutrons() -> None:
    s = np.array([0.1])
    assert scattering_factors(1, s, radiation="neutron")[0] == pytest.approx(-3.739, abs=1e-3)
    assert scattering_factors(1, s, radiation="neutron", deuterium=True)[0] == pytest.approx(6.671, abs=1e-3)
    heavy = Crystal(lattice=4 * np.eye(3), numbers=[1], coordinates=[[0, 0, 0]], labels=("D1",))
    assert "deuterium" in " ".join(reflection_list(heavy, radiation="neutron").notes)
    assert not reflection_list(heavy, radiation="neutron", deuterium=True).notes

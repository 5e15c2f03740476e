"""Tensors (T8): whole tables against the literature, sympy, floating point and characters."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings, strategies as st

from basis_compiler import compile_tensors, operations
from basis_compiler.tensors.certificate import cartesian_rotations, reynolds_trace
from basis_store import (
    FormulaError,
    IndexSymmetry,
    Setting,
    StoreReader,
    TensorBasis,
    all_settings,
    cartesian_frame,
)
from basis_store.tensors.voigt_pattern import pattern_text
from tests.support.crystals.lattices import cartesian_operations, random_lattice
from tests.support.nye import CLASSES, ELASTIC, FORMULAS, PIEZOELECTRIC, NyeClass

every_class = pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.symbol)


def words(pattern: str) -> list[list[str]]:
    return [line.split() for line in pattern.splitlines()]


def rotated(tensors: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Every index of (d, 3, ..., 3) rotated."""
    for axis in range(1, tensors.ndim):
        tensors = np.moveaxis(np.tensordot(tensors, rotation, axes=(axis, 1)), -1, axis)
    return tensors


def characters(rotations: np.ndarray, symmetry: IndexSymmetry) -> int:
    """(1/|G||H|) sum over rotations and index permutations of the trace of their product; cycle by cycle."""
    powers = [rotations]
    for _ in range(symmetry.rank):
        powers.append(powers[-1] @ rotations)
    traces = [np.trace(power, axis1=1, axis2=2) for power in powers]
    dets = np.rint(np.linalg.det(rotations)).astype(int) if symmetry.axial else np.ones(len(rotations), int)
    total = 0
    for permutation, sign in symmetry.permutations:
        product, left = dets * sign, set(range(symmetry.rank))
        while left:
            index, length = left.pop(), 1
            while (index := permutation[index]) in left:
                left.remove(index)
                length += 1
            product = product * traces[length - 1]
        total += int(product.sum())
    dimension, rest = divmod(total, len(rotations) * len(symmetry.permutations))
    assert rest == 0
    return dimension


def test_all_classes_are_listed() -> None:
    assert len(CLASSES) == 32
    assert {one.symbol for one in CLASSES} == {setting.point_group for setting in all_settings()} - {
        "-4m2", "-62m", "31m", "3m1", "312", "321",
    }  # fmt: skip
    assert set(ELASTIC) == {one.symbol for one in CLASSES}
    assert set(PIEZOELECTRIC) == {one.symbol for one in CLASSES if one.piezoelectric}


@every_class
def test_dimensions_are_those_of_the_tables(one: NyeClass, reader: StoreReader) -> None:
    for name, (formula, axial) in FORMULAS.items():
        for setting in all_settings():
            if setting.point_group == one.symbol:
                assert reader.tensor_basis(setting, formula, axial=axial).dimension == getattr(one, name)


@every_class
def test_patterns_are_nye_s(one: NyeClass, reader: StoreReader) -> None:
    setting = Setting.standard(one.number)
    assert setting.point_group == one.symbol
    assert words(pattern_text(reader.tensor_basis(setting, "elastic"))) == words(ELASTIC[one.symbol])
    nothing = "\n".join(["0 0 0 0 0 0"] * 3)
    expected = PIEZOELECTRIC.get(one.symbol, nothing)
    assert words(pattern_text(reader.tensor_basis(setting, "piezoelectric"))) == words(expected)


@functools.cache
def sympy_rotations(number: int) -> list[sympy.Matrix]:
    """Exact Cartesian rotations from a lattice with sqrt(3), along a and c."""
    setting = Setting.standard(number)
    lattice = sympy.eye(3)
    if setting.lattice_family == "hexagonal":
        lattice = sympy.Matrix([[1, 0, 0], [-sympy.Rational(1, 2), sympy.sqrt(3) / 2, 0], [0, 0, 1]])
    columns = lattice.T
    return [columns * sympy.Matrix(r.tolist()) * columns.inv() for r in operations(setting).point_group]


@every_class
def test_projectors_are_those_of_sympy(one: NyeClass, reader: StoreReader) -> None:
    """The Reynolds projector of rank 2, times that of the index permutations, as sympy's exact matrices."""
    rotations = sympy_rotations(one.number)
    swap = sympy.Matrix(9, 9, lambda i, j: int((i // 3, i % 3) == (j % 3, j // 3)))
    powers = [(sympy.kronecker_product(r, r), r.det()) for r in rotations]
    for axial in (False, True):
        mean = sum((power * (det if axial else 1) for power, det in powers), sympy.zeros(9)) / len(powers)
        for formula, symmetriser in (("ij", sympy.eye(9)), ("ij=ji", (sympy.eye(9) + swap) / 2)):
            basis = reader.tensor_basis(Setting.standard(one.number), formula, axial=axial)
            numerators, denominator = basis.projector()
            expected = (mean * symmetriser).applyfunc(sympy.nsimplify)
            assert sympy.Matrix(numerators.tolist()) / denominator == expected
            assert expected.trace() == basis.dimension


@every_class
def test_dimensions_are_sympy_s_traces(one: NyeClass, reader: StoreReader) -> None:
    """Ranks 1 to 4: (1/|G|) sum det trace^rank over sympy's exact Cartesian rotations."""
    facts = [(r.det(), sympy.expand(r.trace())) for r in sympy_rotations(one.number)]
    for rank, axial in itertools.product(range(1, 5), (False, True)):
        trace = sum((det if axial else 1) * character**rank for det, character in facts) / len(facts)
        basis = reader.tensor_basis(Setting.standard(one.number), "ijkl"[:rank], axial=axial)
        assert basis.dimension == trace


@pytest.mark.parametrize("formula", ["i", "ij=ji", "ij=-ji", "ijk=ikj", "ijk", "ijkl=jikl=klij", "ijkl=jikl=ijlk"])
def test_projectors_are_exactly_idempotent(formula: str, reader: StoreReader) -> None:
    for orientation in range(len(reader.tensors)):
        setting = reader.settings[reader.tensors.orientations.tolist().index(orientation)]
        for axial in (False, True):
            basis = reader.tensor_basis(setting, formula, axial=axial)
            numerators, denominator = basis.projector()
            assert np.array_equal(numerators @ numerators, denominator * numerators)
            assert np.array_equal(numerators, numerators.T)
            assert np.trace(numerators) == denominator * basis.dimension
            assert np.array_equal(basis.reduced.rows.astype(object) @ numerators, denominator * basis.reduced.rows)


def test_tensors_are_invariant_in_any_lattice(setting: Setting, reader: StoreReader) -> None:
    """All 530 settings: random cells in random orientations, left-handed too; actual Cartesian rotations."""
    draw = np.random.default_rng(setting.hall_number)
    exact = cartesian_rotations(setting)
    matrices = (exact.rational + np.sqrt(3) * exact.irrational) / 2
    order = [one.astype(np.int8).tobytes() for one in operations(setting).point_group]
    matrices = matrices[[operations(setting).distinct_rotations.index(key) for key in order]]
    for left_handed in (False, True):
        lattice = random_lattice(setting, draw, left_handed=left_handed)
        frame = cartesian_frame(setting, lattice)
        true = cartesian_operations(setting, lattice)
        assert np.abs(frame @ true @ frame.T - matrices).max() < 1e-12
        for formula, axial in [*FORMULAS.values(), ("ijk", True), ("ijkl", False)]:
            in_frame = reader.tensor_basis(setting, formula, axial=axial).array()
            tensors = rotated(in_frame, frame.T)
            for rotation in true[1 :: max(1, len(true) // 6)]:
                sign = np.linalg.det(rotation) if axial else 1
                assert np.abs(rotated(tensors, rotation) * sign - tensors).max(initial=0) < 1e-12


def test_orthonormal_bases_span_the_same(reader: StoreReader) -> None:
    for number in (1, 5, 75, 143, 149, 187, 198, 216):
        for formula, axial in FORMULAS.values():
            basis = reader.tensor_basis(Setting.standard(number), formula, axial=axial)
            rows = basis.orthonormal().reshape(basis.dimension, 3**basis.rank)
            assert basis.orthonormal().shape == (basis.dimension, *(3,) * basis.rank)
            assert np.abs(rows @ rows.T - np.eye(len(rows))).max(initial=0) < 1e-14
            numerators, denominator = basis.projector()
            assert np.abs(rows.T @ rows - numerators.astype(float) / denominator).max() < 1e-14


def test_other_axes_are_the_same_tensors_rotated(reader: StoreReader) -> None:
    """Settings of one group with other axes: some permutation of the axes maps all spaces to each other."""
    turns = [
        np.diag(signs)[list(order)]
        for order in itertools.permutations(range(3))
        for signs in itertools.product((1, -1), repeat=3)
    ]
    turns = [turn for turn in turns if round(np.linalg.det(turn)) == 1]
    compared = 0
    for setting in all_settings():
        standard = Setting.standard(setting.number)
        numbers = [reader.tensors.orientations[one.hall_number - 1] for one in (setting, standard)]
        if numbers[0] == numbers[1]:
            continue
        groups = [{r.tobytes() for r in operations(one).point_group} for one in (setting, standard)]
        group = operations(setting).point_group
        turn = next(t for t in turns if {(t @ r @ t.T).tobytes() for r in group} == groups[1])
        for formula, axial in FORMULAS.values():
            here, there = (reader.tensor_basis(s, formula, axial=axial) for s in (setting, standard))
            power = functools.reduce(np.kron, [turn] * here.rank).astype(object)
            (numerators, below), (expected, expected_below) = here.projector(), there.projector()
            assert below == expected_below
            assert np.array_equal(power @ numerators @ power.T, expected)
        compared += 1
    assert compared > 100


def test_rhombohedral_axes_are_the_hexagonal_frame(reader: StoreReader) -> None:
    """The same crystal in both cells: the same frame, and so the same numbers."""
    draw = np.random.default_rng(0)
    for number in (146, 148, 155, 160, 161, 166, 167):
        rhombohedral, hexagonal = Setting.parse(f"{number}:R"), Setting.parse(f"{number}:H")
        cell = random_lattice(hexagonal, draw)
        # Obverse: a_R = (2a + b + c)/3, b_R = (-a + b + c)/3, c_R = (-a - 2b + c)/3.
        primitive = np.array([[2, 1, 1], [-1, 1, 1], [-1, -2, 1]]) @ cell / 3
        frames = [cartesian_frame(hexagonal, cell), cartesian_frame(rhombohedral, primitive)]
        assert np.abs(frames[0] - frames[1]).max() < 1e-12
        bases = [reader.tensor_basis(one, "ijkl") for one in (hexagonal, rhombohedral)]
        assert np.array_equal(bases[0].numerators, bases[1].numerators)


@st.composite
def formulas(draw: st.DrawFn) -> str:
    rank = draw(st.integers(2, 4))
    letters = "ijkl"[:rank]
    others = draw(st.lists(st.tuples(st.sampled_from(["", "-"]), st.permutations(letters)), max_size=3))
    return "=".join([letters, *(sign + "".join(term) for sign, term in others)])


@given(formula=formulas(), axial=st.booleans(), hall_number=st.integers(1, 530))
@settings(max_examples=150, deadline=None)
def test_any_formula(formula: str, axial: bool, hall_number: int, reader: StoreReader) -> None:
    """The space of a formula is the part of the invariant space that has the symmetry: all of it, no more."""
    try:
        symmetry = IndexSymmetry.parse(formula, axial=axial)
    except FormulaError as error:
        assert "leaves nothing" in str(error)
        assume(False)
    assert IndexSymmetry.parse(symmetry.text, axial=axial) == symmetry
    setting = Setting.from_hall(hall_number)
    basis = reader.tensor_basis(setting, symmetry)
    tensors = basis.reduced.rows.reshape(-1, *(3,) * symmetry.rank)
    for permutation, sign in symmetry.permutations:
        moved = tensors.transpose(0, *(index + 1 for index in np.argsort(permutation)))
        assert np.array_equal(moved * sign, tensors)
    numerators, denominator = reader.tensor_basis(setting, "ijkl"[: symmetry.rank], axial=axial).projector()
    rows = basis.reduced.rows.astype(object)
    assert np.array_equal(rows @ numerators, denominator * rows)
    assert basis.dimension == characters(operations(setting).point_group, symmetry)
    names = {tuple(np.unravel_index(pivot, (3,) * symmetry.rank)) for pivot in basis.pivots}
    assert names <= set(symmetry.components)


def test_without_symmetry_the_pivots_are_the_independent_components(reader: StoreReader) -> None:
    for formula in ("i", "ij", "ij=ji", "ij=-ji", "ijk=ikj", "ijkl=jikl=klij", "ijkl=jikl=ijlk"):
        basis = reader.tensor_basis(Setting.standard(1), formula)
        found = [tuple(int(i) for i in np.unravel_index(pivot, (3,) * basis.rank)) for pivot in basis.pivots]
        assert tuple(found) == basis.symmetry.components


def test_reynolds_traces_of_the_store(reader: StoreReader) -> None:
    for setting in all_settings():
        group = operations(setting).point_group
        for rank, axial in itertools.product(range(1, 5), (False, True)):
            basis = reader.tensor_basis(setting, "ijkl"[:rank], axial=axial)
            assert basis.dimension == reynolds_trace(group, rank=rank, axial=axial)


def test_settings_share_orientations(reader: StoreReader) -> None:
    """45 sets of Cartesian rotations in all; the 230 standard settings have 37."""
    table = compile_tensors(all_settings())
    assert len(table) == len(reader.tensors) == 45
    assert table.digest("") == reader.tensors.digest("")
    standard = {int(table.orientations[Setting.standard(n).hall_number - 1]) for n in range(1, 231)}
    assert len(standard) == 37


def test_tensors_of_a_setting_do_not_depend_on_the_other_settings(reader: StoreReader) -> None:
    for hall_number in (1, 18, 115, 461, 462, 530):
        setting = Setting.from_hall(hall_number)
        alone = compile_tensors([setting])
        space = alone.space(0, rank=4, axial=True)
        known = reader.tensors.space(int(reader.tensors.orientations[hall_number - 1]), rank=4, axial=True)
        assert np.array_equal(space.rows, known.rows)


def test_the_description_of_a_basis(reader: StoreReader, store) -> None:  # type: ignore[no-untyped-def]
    basis = reader.tensor_basis(Setting.standard(167), "elastic")
    assert isinstance(basis, TensorBasis)
    assert repr(basis) == "<TensorBasis ijkl=jikl=klij of -3m (167:H R-3c), dimension 6>"
    assert basis.frame_text == "e1 along a, e3 along c*"
    assert (basis.rank, basis.array().shape) == (4, (6, 3, 3, 3, 3))
    again = store.tensor_basis(Setting.standard(166), IndexSymmetry.parse("ijkl=jikl=klij"))
    assert again.setting == Setting.standard(166)
    assert np.array_equal(again.numerators, basis.numerators)
    with pytest.raises(ValueError, match="read-only"):
        basis.numerators[0] = 0

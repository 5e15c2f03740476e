"""Regression 10. A projector on symmetric tensors was multiplied by a mask that kept its positive entries only.

Where the crystal's axes are those of the frame, the projector of a dielectric tensor has no negative entries, so
nothing was noticed. In a rotated crystal it has: the masked one is not a projector, and its result breaks the
symmetry of the crystal. This was noticed in 183 of 230 groups. With exact bases and a generic tensor it is 192:
all except the 2 triclinic groups, which impose nothing, and the 36 cubic ones, whose projector is the same in
every frame.
"""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import CrystalRecord, IndexSymmetry, Setting, StoreReader, standard_settings
from runtime import Store, project_tensor
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.projection import allowed_basis
from tests.support.crystals.lattices import cartesian_operations
from tests.support.crystals.made_records import bare_record, made_lattice


def broken(formula: str, store: Store, reader: StoreReader, *, mask: bool, rotated: bool = True) -> set[int]:
    """Groups in which the projected tensor of a randomly rotated crystal is not invariant."""
    rng = np.random.default_rng(0)
    symmetry = IndexSymmetry.parse(formula)
    groups = set()
    for setting in standard_settings():
        record = random_crystal(setting, reader, rng, rotated=rotated)
        basis = allowed_basis(record, symmetry, store)
        basis = basis.reshape(len(basis), 3**symmetry.rank)
        projector = basis.T @ basis
        if mask:
            # The bug, without the effects of rounded zeros.
            projector = np.where(projector > -1e-12, projector, 0)
        tensor = (projector @ rng.normal(size=3**symmetry.rank)).reshape((3,) * symmetry.rank)
        images = [rotate_tensor(tensor, one) for one in cartesian_operations(record.setting, record.lattice)]
        if np.abs(np.array(images) - tensor).max() > 1e-6:
            groups.add(setting.number)
    return groups


def random_crystal(
    setting: Setting, reader: StoreReader, rng: np.random.Generator, *, rotated: bool
) -> CrystalRecord:
    from basis_store.tensors.cartesian_frame import cartesian_frame

    compiled = reader.read(setting)
    lattice = made_lattice(compiled, rng, volume=100.0)
    return bare_record(compiled, lattice if rotated else lattice @ cartesian_frame(setting, lattice).T)


def test_a_masked_projector_breaks_the_symmetry_of_rotated_crystals(store: Store, reader: StoreReader) -> None:
    found = broken("ij=ji", store, reader, mask=True)
    assert found == set(range(3, 195))
    assert len(found) == 192


def test_in_the_frame_of_the_axes_nothing_is_noticed(store: Store, reader: StoreReader) -> None:
    assert not broken("ij=ji", store, reader, mask=True, rotated=False)


@pytest.mark.parametrize(
    ("formula", "count"),
    # All but the two triclinic groups; all groups that allow piezoelectricity, but P1.
    [("ijkl=jikl=klij", 228), ("ijk=ikj", 129)],
)
def test_for_higher_ranks_nearly_all_groups_are_broken(
    formula: str, count: int, store: Store, reader: StoreReader
) -> None:
    assert len(broken(formula, store, reader, mask=True)) == count


@pytest.mark.parametrize("formula", ["ij=ji", "ijk=ikj", "ijkl=jikl=klij"])
def test_exact_projectors_break_none(formula: str, store: Store, reader: StoreReader) -> None:
    assert not broken(formula, store, reader, mask=False)
    record = random_crystal(Setting.standard(136), reader, np.random.default_rng(1), rotated=True)
    found = project_tensor(np.random.default_rng(2).normal(size=(3, 3)), record, store=store).tensor
    for rotation in cartesian_operations(record.setting, record.lattice):
        np.testing.assert_allclose(rotate_tensor(found, rotation), found, atol=1e-10)

"""What a point group leaves open in a tensor: in which classes, by hand, and that the results are allowed."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import IndexSymmetry, Setting, StoreReader, standard_settings
from runtime import Store
from runtime.tensors.open_operations import open_operations, operations_of
from runtime.tensors.projection import allowed_basis, project_tensor
from tests.support.crystals.made_records import bare_record, made_lattice

FIRST = {one.point_group: one for one in reversed(standard_settings())}
"""A setting of each class."""

ABOUT_A, ABOUT_C, QUARTER, INVERTED = (
    "turned by 180 degrees about a", "turned by 180 degrees about c", "turned by 90 degrees about c", "inverted",
)  # fmt: skip
STIFFNESS = {
    "3": [ABOUT_C, ABOUT_A], "-3": [ABOUT_C, ABOUT_A], "32": [ABOUT_C], "3m": [ABOUT_C], "-3m": [ABOUT_C],
    "4": [ABOUT_A], "-4": [ABOUT_A], "4/m": [ABOUT_A],
}  # fmt: skip
"""The classes with a C14, C15 or C16 that another class of the same lattice does not have."""


@pytest.mark.parametrize("setting", [*FIRST.values(), Setting.parse("R-3m:R")], ids=str)
def test_in_which_classes(setting: Setting, reader: StoreReader, store: Store) -> None:
    rng = np.random.default_rng(setting.hall_number)
    compiled = reader.read(setting)
    record = bare_record(compiled, made_lattice(compiled, rng, volume=100.0))
    for formula in ("ij=ji", "ijkl=jikl=klij", "ijk=ikj"):
        basis = allowed_basis(record, IndexSymmetry.parse(formula), store)
        tensor = np.tensordot(rng.normal(size=len(basis)), basis, axes=1)
        found = open_operations(tensor, record)
        if formula == "ijk=ikj":  # an odd tensor changes its sign
            assert bool(found) == bool(len(basis))
        else:
            assert found == (STIFFNESS.get(setting.point_group, []) if formula != "ij=ji" else [])
        noted = " ".join(project_tensor(tensor, record, formula, store=store).notes)
        assert all(text in noted for text in found) and ("does not decide" in noted) == bool(found)


def test_they_are_of_the_normalizer(reader: StoreReader, store: Store) -> None:
    """In every class, each of them maps allowed tensors to allowed ones: the rotations of the table do."""
    rng = np.random.default_rng(0)
    for setting in FIRST.values():
        compiled = reader.read(setting)
        record = bare_record(compiled, made_lattice(compiled, rng, volume=100.0))
        basis = allowed_basis(record, IndexSymmetry.parse("ijk=ikj"), store)
        for text, operation in operations_of(record).items():
            for one in basis:
                image = np.einsum("ip,jq,kr,pqr->ijk", *[operation] * 3, one)
                inside = np.tensordot(np.tensordot(basis, image, axes=3), basis, axes=1)
                np.testing.assert_allclose(inside, image, atol=1e-9, err_msg=f"{setting}, {text}")

"""Tensors of crystals that are still in files, or objects of ASE and pymatgen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from basis_store import CrystalError, CrystalRecord
from basis_store.counted import counted
from basis_store.extras import needed_for

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from runtime import ProjectedTensor, Store


@needed_for("sgbasis.project_tensor", "structures", "runtime")
def project_tensor(
    tensor: ArrayLike,
    crystal: object,
    formula: str | None = None,
    *,
    axial: bool = False,
    store: Store | None = None,
    tolerance: float = 0.01,
    max_file_size: int | None = None,
) -> ProjectedTensor:
    """Project a property tensor onto those that a crystal's point group allows.

    >>> import sgbasis
    >>> sgbasis.project_tensor(stiffness, "quartz.cif").relative_distance  # doctest: +SKIP
    0.0003

    Args:
        tensor: as for :func:`runtime.project_tensor`, in the Cartesian frame of the crystal's lattice vectors.
        crystal: the path of a file with one crystal, an ``ase.Atoms``, a pymatgen ``Structure``, or a record.
        formula: index symmetry, such as ``"ij=ji"``; default, by the shape.
        axial: whether the tensor changes sign, in addition, under reflections.
        store: where exact bases come from; default, the store that ships with the package.
        tolerance: in Angstrom, at which the symmetry of a file or object is determined.
        max_file_size: in bytes, of a file; default as for :func:`basis_compiler.read_crystals`.

    Raises:
        CrystalError: a file with no crystal, or with more than one.
        TensorError, FormulaError: as for :func:`runtime.project_tensor`.
        MissingDependencyError: a crystal must be compiled and the extra `structures` is not installed.
    """
    from runtime import project_tensor as project

    record = crystal if isinstance(crystal, CrystalRecord) else _record(crystal, tolerance, max_file_size)
    return project(tensor, record, formula, axial=axial, store=store)


def _record(crystal: object, tolerance: float, max_file_size: int | None) -> CrystalRecord:
    from basis_compiler import compile_crystal, read_crystals, standardize

    limit = {} if max_file_size is None else {"max_file_size": max_file_size}
    found = read_crystals(crystal, tolerance=tolerance, **limit)
    if len(found) != 1:
        raise CrystalError(f"{crystal} holds {counted(len(found), 'crystal')}: give one, or its record")
    # Whether the group depends on the tolerance decides which tensors are allowed.
    notes = standardize(found[0], tolerance=tolerance).notes
    return replace(compile_crystal(found[0], tolerance=tolerance), notes=notes)

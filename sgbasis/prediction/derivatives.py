"""Derivatives of properties by the positions of atoms and by strain, from whatever holds the crystals."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_store import CrystalRecord
from basis_store.extras import needed_for
from basis_store.tables.short_repr import ShortRepr
from sgbasis.prediction.given_crystals import found_crystals

if TYPE_CHECKING:
    from runtime.models.base import CrystalModel


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PropertyDerivatives(ShortRepr):
    """One property of one crystal of n sites, and how it changes with the positions of atoms and with strain.

    With N atoms in a cell, each displaced by u_a, and a symmetric strain e (vectors r become r + r e, fractional
    coordinates stay), the property changes by ``(1/N) sum_a positions_a . u_a + sum_ij strain_ij e_ij``. Neither
    depends on the choice of the cell. For an energy per atom, ``-positions`` are forces in eV/Angstrom, and
    ``strain`` divided by the volume per atom is the stress.

    Attributes:
        source: the file it came from; ``""`` for an object.
        identifier: what its source calls the crystal.
        property: what is predicted.
        value: in ``unit``: a number, the probability of a class, or a tensor (3, ..., 3).
        unit: such as ``"eV/atom"``.
        positions: (n, 3) or (n, 3, 3, ..., 3), in ``unit`` per Angstrom: for one atom of each site of the
            asymmetric unit, the one at ``record.coordinates``. Equivalent atoms have equivalent derivatives.
        strain: (3, 3) or (3, 3, 3, ..., 3), in ``unit``; symmetric in the first two indices.
        record: the crystal. All are in the Cartesian frame of ``record.lattice``, which is that of the source.
        axial: whether the property is a tensor that changes sign under reflections in addition.
    """

    source: str
    identifier: str
    property: str
    value: float | NDArray[np.float64]
    unit: str
    positions: NDArray[np.float64]
    strain: NDArray[np.float64]
    record: CrystalRecord = field(repr=False)
    axial: bool = False

    def of_atoms(self, coordinates: ArrayLike) -> NDArray[np.float64]:
        """``positions`` for every atom of the source, in its order.

        >>> found = derivatives(atoms, "formation_energy")[0]  # doctest: +SKIP
        >>> -found.of_atoms(atoms.get_scaled_positions())  # doctest: +SKIP

        Args:
            coordinates: (N, 3) fractional, of atoms in the cell of the source.

        Returns:
            (N, 3) or (N, 3, 3, ..., 3), in ``unit`` per Angstrom.

        Raises:
            CrystalError: an atom is not one of the crystal.
        """
        from runtime.bases.store import load_store
        from runtime.features.atoms import images_of_atoms
        from runtime.tensors.frames import rotate_tensor

        compiled = load_store().compiled(self.record.setting)
        sites, rotations = images_of_atoms(self.record, compiled, np.asarray(coordinates, np.float64))
        images = [
            rotate_tensor(self.positions[site], rotation, axial=self.axial)
            for site, rotation in zip(sites, rotations, strict=True)
        ]
        return np.array(images).reshape(len(sites), *self.positions.shape[1:])


@needed_for("sgbasis.derivatives", "structures", "runtime")
def derivatives(
    structures: object,
    model: str | os.PathLike[str] | CrystalModel | Sequence[str | os.PathLike[str] | CrystalModel],
    *,
    tolerance: float = 0.01,
) -> list[PropertyDerivatives]:
    """Properties of crystals, and their derivatives by the positions of atoms and by strain.

    >>> from sgbasis import derivatives
    >>> derivatives("NaCl.cif", "bulk_modulus")[0].strain.diagonal()  # doctest: +SKIP
    array([-35.12, -35.12, -35.12])

    They are exact derivatives of the network, which has learnt from relaxed crystals only: whether those of the
    property itself are near is not tested by anything in the training data.

    Args:
        structures: as for :func:`predict`: paths, structures of ASE and pymatgen, records, or several of these.
        model: the property of a model that ships, what else :func:`runtime.from_pretrained` takes, or a model;
            or several of these.
        tolerance: in Angstrom; atoms and their images by symmetry this close are the same.

    Returns:
        One for every crystal, model, and target of the model, in this order.

    Raises:
        CrystalError: a file cannot be read, or holds no ordered crystal.
        ModelError: there is no such model, it is damaged, or its architecture has no derivatives.
        OSError: there is no such file.
        TypeError: a model is anything else.
    """
    given: Sequence[object] = model if isinstance(model, Sequence) and not isinstance(model, str) else [model]
    models = [_opened(one) for one in given]
    found = list(found_crystals(structures, tolerance=tolerance))
    of_models = [_of_model(found, one, labels) for one, labels in models]
    return [one for of_crystal in zip(*of_models, strict=True) for parts in of_crystal for one in parts]


def _opened(model: object) -> tuple[CrystalModel, Sequence[str]]:
    """A model, and readable names of its targets."""
    from runtime.models.base import CrystalModel
    from runtime.pretrained.pretrained import open_pretrained

    if isinstance(model, str | os.PathLike):
        opened = open_pretrained(model)
        return opened.load(), opened.labels
    if isinstance(model, CrystalModel):
        return model, [target.name for target in model.targets]
    raise TypeError(f"a model, or the name or folder of one, is needed, not {type(model).__name__}")


def _of_model(
    found: Sequence[tuple[str, CrystalRecord]], model: CrystalModel, labels: Sequence[str]
) -> Iterator[list[PropertyDerivatives]]:
    """For each crystal those of each target."""
    from runtime.features.gradients import derivatives

    for (source, record), parts in zip(found, derivatives(model, (one for _, one in found)), strict=True):
        yield [
            PropertyDerivatives(
                source=source,
                identifier=record.identifier,
                property=label,
                value=part.value if part.value.ndim else float(part.value),
                unit=target.physical_unit,
                positions=part.positions,
                strain=part.strain,
                record=record,
                axial=target.index_symmetry is not None and target.index_symmetry.axial,
            )
            for target, label, part in zip(model.targets, labels, parts, strict=True)
        ]

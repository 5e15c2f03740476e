"""Derivatives of predicted properties by the positions of atoms and by strain.

A property p is a number for each crystal, such as an energy per atom. For a small displacement u_a of each of the
N atoms of a cell, and a small symmetric strain e (every vector r of the crystal becomes r + r e; fractional
coordinates stay as they are),

    dp = (1/N) sum_a  g_a . u_a  +  sum_ij  D_ij e_ij.

g_a and D do not depend on the choice of the cell, and rotate with the crystal. Atoms that are equivalent by
symmetry have equivalent g_a, so that one for each site says all. Where p is the energy per atom, the force on an
atom is -g_a, and the stress D divided by the volume per atom.

g is invariant under the symmetry of its site, and D under the point group. For a number, they follow from changes
that keep all symmetry, to which the asymmetric unit is enough: what autograd finds is projected on the invariant
part. Tensors change also where the symmetry breaks: they are differentiated in a primitive cell without any, and
the projection only makes exact what is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store import TURN, CompiledSetting, CrystalArrays, CrystalRecord, Setting
from basis_store.array_types import FloatArray, IntArray
from runtime.bases.store import load_store
from runtime.features.atoms import cartesian_operations, primitive_cell
from runtime.models.base import CrystalModel
from runtime.models.batch import Batch
from runtime.models.batch_sizes import window
from runtime.prediction import Progress, in_batches
from runtime.site_kernels.lattice_search import SAME_POINT
from runtime.targets.target import columns
from runtime.targets.tensor_target import tensor_targets

_SMALLER = 8
"""Crystals at once are this many times fewer than in predictions, because their graphs are kept."""


class Derivatives(NamedTuple):
    """A property of a crystal of n sites, and its derivatives.

    If each of the N atoms of a cell moves by a small u_a, and the whole crystal is strained by a small symmetric e
    (vectors r become r + r e), the property changes by (1/N) sum_a positions_a . u_a + sum_ij strain_ij e_ij.
    For a tensor, its indices come last: (n, 3, 3, ..., 3) and (3, 3, 3, ..., 3).

    Attributes:
        value: (a number) or (3, ..., 3), in the target's ``physical_unit``.
        positions: (n, 3) for one atom of each site, the one at the record's coordinates: N times the derivative by
            its Cartesian position, for N atoms in the cell, in the unit of the value per Angstrom. For an energy
            per atom, minus the force on the atom.
        strain: (3, 3) symmetric, in the unit of the value: by strain of the whole crystal at fixed fractional
            coordinates.

    All are in the Cartesian frame of ``record.lattice``, which is that of the crystal's source.
    """

    value: FloatArray
    positions: FloatArray
    strain: FloatArray


def derivatives(
    model: CrystalModel, crystals: Iterable[CrystalRecord], *, progress: Progress | None = None
) -> Iterator[tuple[Derivatives, ...]]:
    """Properties and their derivatives by the positions of atoms and by strain.

    Args:
        model: on any device; its mode (training or not) is left as it was.
        crystals: a compiled dataset or records, of which some are read at a time.
        progress: called with the number of crystals finished since the last call.

    Yields:
        For each crystal, the derivatives of each of the model's targets, of values in ``physical_unit``.

    Raises:
        ModelError: the architecture has none, or a GPU has too little memory for a crystal.
    """
    has_tensors = bool(tensor_targets(model.targets))
    stream = iter(crystals)
    while records := list(islice(stream, max(1, window(model.target_mean.device) // _SMALLER))):
        yield from _of_some(model, records, without_symmetry=has_tensors, progress=progress)


def _of_some(
    model: CrystalModel, records: Sequence[CrystalRecord], *, without_symmetry: bool, progress: Progress | None
) -> Iterator[tuple[Derivatives, ...]]:
    store = load_store() if model.store is None else model.store
    used, firsts = list(records), [np.arange(len(record)) for record in records]
    if without_symmetry:
        used, firsts = map(list, zip(*(_in_p1(r, store.compiled(r.setting)) for r in records), strict=True))
    arrays = CrystalArrays.of(used)
    values, by_site, by_strain = _autograd(model, arrays, progress)
    shares = arrays.multiplicities / np.repeat(arrays.atom_counts, arrays.site_counts)
    by_site /= shares[:, None, None]
    start = 0
    for row, (record, described, own) in enumerate(zip(records, used, firsts, strict=True)):
        cartesian = np.linalg.inv(described.lattice) @ by_site[start + own]
        start += len(described)
        compiled = store.compiled(record.setting)
        yield tuple(_of_targets(model, record, compiled, values[row], cartesian, by_strain[row]))


def _autograd(
    model: CrystalModel, arrays: CrystalArrays, progress: Progress | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Physical values (p, c), and derivatives by fractional coordinates (S, 3, c) and by strain (p, 3, 3, c)."""
    with torch.enable_grad():
        # 1. Inputs with a graph, which are cut off from it: the network is differentiated batch by batch.
        coordinates = torch.from_numpy(arrays.coordinates.copy()).requires_grad_()
        strains = torch.zeros(len(arrays), 3, 3, dtype=torch.float64, requires_grad=True)
        lattices = torch.from_numpy(arrays.lattices.copy())
        prepared = model.prepare_at(arrays, coordinates, lattices + lattices @ strains)
        graph = {name: tensor for name, tensor in prepared.tensors().items() if tensor.requires_grad}
        inputs = {name: tensor.detach().requires_grad_() for name, tensor in graph.items()}
        own = columns(model.targets)

        def with_gradients(batch: Batch) -> tuple[Tensor, list[list[Tensor]]]:
            learnt = model(batch).double()
            pairs = zip(model.targets, own, strict=True)
            values = torch.cat([target.differentiable(learnt[:, part]) for target, part in pairs], dim=1)
            sums = values.sum(0)
            found = [torch.autograd.grad(one, [*inputs.values()], retain_graph=True) for one in sums]
            return values.detach().cpu(), [list(one) for one in found]

        n_columns = len(model.target_mean)
        values = torch.empty(len(arrays), n_columns, dtype=torch.float64)
        totals = [[torch.zeros_like(tensor) for tensor in inputs.values()] for _ in range(n_columns)]
        batched = prepared.with_tensors(prepared.tensors() | inputs)
        for rows, (found, gradients) in in_batches(model, batched, with_gradients, progress=progress):
            values[torch.from_numpy(rows)] = found
            for total, one in zip(totals, gradients, strict=True):
                torch._foreach_add_(total, one)
        # 2. From these inputs to positions and strain.
        parts = [
            torch.autograd.grad([*graph.values()], [coordinates, strains], total, retain_graph=True)
            for total in totals
        ]
    by_site, by_strain = (torch.stack(found, dim=-1).numpy() for found in zip(*parts, strict=True))
    return values.numpy(), by_site, by_strain


def _of_targets(
    model: CrystalModel,
    record: CrystalRecord,
    compiled: CompiledSetting,
    values: FloatArray,
    by_site: FloatArray,
    by_strain: FloatArray,
) -> Iterator[Derivatives]:
    """The parts of each target that are invariant under the symmetry of each site and of the crystal.

    Args:
        model: the model.
        record: a crystal of n sites.
        compiled: its setting.
        values: (columns,).
        by_site: (n, 3, columns) by Cartesian positions.
        by_strain: (3, 3, columns).
    """
    # 1. Operations as Cartesian matrices C, and which of them (g, n) fix a site up to the lattice.
    rotations = compiled.rotations.astype(np.float64)
    steps = record.coordinates @ rotations.swapaxes(1, 2) + compiled.translations24[:, None] / TURN
    steps -= record.coordinates
    fixed = np.linalg.norm((steps - np.rint(steps)) @ record.lattice, axis=-1) < SAME_POINT
    cartesian = cartesian_operations(record, compiled)
    spaces = {target.name: target.space for target in tensor_targets(model.targets)}
    for target, own in zip(model.targets, columns(model.targets), strict=True):
        # 2. With D = 1 for a number, p(C u) = D p(u). Both sides have equal derivatives.
        space = spaces.get(target.name)
        of_value = np.ones((len(rotations), 1, 1)) if space is None else space.rotation(cartesian)
        positions = np.einsum(
            "gs,gij,gcd,sic->sjd", fixed / fixed.sum(0), cartesian, of_value, by_site[..., own], optimize=True
        )
        strain = np.einsum(
            "gai,gbj,gcd,abc->ijd", cartesian, cartesian, of_value, by_strain[..., own], optimize=True
        ) / len(rotations)
        strain = 0.5 * (strain + strain.swapaxes(0, 1))
        # 3. All indices of a tensor.
        if space is None:
            positions, strain = positions[..., 0], strain[..., 0]
        else:
            positions, strain = space.tensors(positions), space.tensors(strain)
        value = target.physical_value(values[own], record)
        yield Derivatives(np.asarray(value), np.asarray(positions), np.asarray(strain))


def _in_p1(record: CrystalRecord, compiled: CompiledSetting) -> tuple[CrystalRecord, IntArray]:
    """A primitive cell without symmetry, and the number of the first atom of each site in it: the site itself."""
    cell = primitive_cell(record, compiled)
    n = len(cell.sites)
    p1 = replace(
        record,
        setting=Setting.standard(1),
        lattice=cell.lattice,
        numbers=record.numbers[cell.sites],
        coordinates=cell.coordinates,
        multiplicities=np.ones(n, np.int32),
        wyckoff=np.full(n, b"a", "S1"),
        images=np.zeros(n, np.int16),
    )
    return p1, np.unique(cell.sites, return_index=True)[1]

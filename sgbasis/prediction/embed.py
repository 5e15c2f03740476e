"""Embeddings of crystals and sites, from whatever holds the crystals."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from basis_store import CrystalArrays, CrystalRecord
from basis_store.array_types import FloatArray
from basis_store.extras import needed_for
from basis_store.tables.short_repr import ShortRepr
from sgbasis.prediction.given_crystals import found_crystals

if TYPE_CHECKING:
    from runtime.models.base import CrystalModel


@dataclass(frozen=True, eq=False, repr=False)
class CrystalEmbeddings(ShortRepr):
    """What a network makes of n crystals and their sites before its heads: features for models of your own.

    Attributes:
        crystals: (n, width), means over atoms.
        sites: for each crystal (S, width), a row for each site of its asymmetric unit, in the order of its record.
        records: the crystals: ``numbers`` are the elements of their sites, ``wyckoff`` the Wyckoff letters and
            ``multiplicities`` the numbers of atoms.
        sources: the file that each came from; ``""`` for an object.
    """

    crystals: FloatArray
    sites: tuple[FloatArray, ...]
    records: tuple[CrystalRecord, ...]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.records)


@needed_for("sgbasis.embed", "structures", "runtime")
def embed(
    structures: object, model: str | os.PathLike[str] | CrystalModel, *, tolerance: float = 0.01
) -> CrystalEmbeddings:
    """What a trained model makes of crystals and of their sites.

    >>> from sgbasis import embed
    >>> embed(["NaCl.cif", "spinel.vasp"], "formation_energy").crystals.shape  # doctest: +SKIP
    (2, 128)

    Embeddings do not depend on the cell, the axes, the origin, the orientation or the order of atoms of a file.

    Args:
        structures: as for :func:`predict`: paths, structures of ASE and pymatgen, records, or several of these.
        model: the property of a model that ships, what else :func:`runtime.from_pretrained` takes, or a model.
        tolerance: in Angstrom; atoms and their images by symmetry this close are the same.

    Raises:
        CrystalError: a file cannot be read, or holds no ordered crystal.
        ModelError: there is no such model, it is damaged, or its architecture has no embedding.
        OSError: there is no such file.
    """
    from runtime.features.embedding import embed
    from runtime.pretrained.pretrained import from_pretrained

    loaded = from_pretrained(model) if isinstance(model, str | os.PathLike) else model
    found = list(found_crystals(structures, tolerance=tolerance))
    records = tuple(record for _, record in found)
    crystals = CrystalArrays.of(records)
    whole = embed(loaded, crystals)
    sites = np.split(whole.sites.numpy(), np.cumsum(crystals.site_counts)[:-1]) if records else []
    return CrystalEmbeddings(whole.crystals.numpy(), tuple(sites), records, tuple(source for source, _ in found))

"""Random crystal records, made from the store alone, so that tests of the runtime need no spglib."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from basis_store import CompiledSetting, CrystalRecord, Setting, StoreReader, open_store
from basis_store.array_types import FloatArray, Int16Array, IntArray

_CLOSEST = 1.0  # Angstrom
_THINNEST = 2.0  # Angstrom, between lattice planes; see _too_close


def made_record(setting: Setting, rng: np.random.Generator, n_sites: int = 3) -> CrystalRecord:
    """A random crystal of a setting: every third site (from the second) on a special position, where there is one.

    Atoms are at least 1 Angstrom apart, at 10 to 20 cubic Angstrom per atom; the cell has the metric of the
    crystal system and a random orientation. The elements differ. Wyckoff letters are unknown (``b"?"``), and the
    crystal may happen to have more symmetry than its setting.
    """
    compiled = _compiled(setting)
    for _ in range(200):
        # Site symmetries determine the number of atoms, hence the cell; then sites are placed in it.
        drafts = [_draw(compiled, rng, special=site % 3 == 1) for site in range(n_sites)]
        multiplicities = [len(distinct_images(compiled, point)) for point in drafts]
        lattice = made_lattice(compiled, rng, volume=rng.uniform(10, 20) * sum(multiplicities))
        sites = _placed(compiled, rng, lattice, multiplicities)
        if sites is not None:
            break
    else:
        raise AssertionError(f"no crystal of {n_sites} sites found for {setting.label}")
    return CrystalRecord(
        identifier=f"made-{setting.hall_number}",
        setting=setting,
        lattice=lattice,
        change_of_basis=np.eye(3, dtype=np.int64),
        denominator=1,
        origin_shift=np.zeros(3),
        numbers=rng.choice(np.arange(1, 90), n_sites, replace=False).astype(np.uint8),
        coordinates=sites,
        multiplicities=np.array(multiplicities, np.int32),
        wyckoff=np.full(n_sites, b"?", "S1"),
        images=np.concatenate([distinct_images(compiled, point) for point in sites]),
    )


def made_lattice(compiled: CompiledSetting, rng: np.random.Generator, *, volume: float) -> FloatArray:
    """(3, 3) rows in Angstrom: a random cell that the setting's rotations preserve, in a random orientation."""
    rotations = compiled.rotations.astype(float)
    start = np.diag([1.0, 1.25, 1.5] * np.exp(0.1 * rng.normal(size=3))) + 0.12 * rng.normal(size=(3, 3))
    # The rotations preserve the mean over the group of R^T M R, for any metric M.
    metric = np.einsum("gji,jk,gkl->il", rotations, start @ start.T, rotations) / len(rotations)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    rotation *= np.linalg.det(rotation)
    lattice = np.linalg.cholesky(metric)
    return np.asarray(lattice * np.cbrt(volume / np.linalg.det(lattice)) @ rotation)


def bare_record(compiled: CompiledSetting, lattice: FloatArray) -> CrystalRecord:
    """A record without sites."""
    return CrystalRecord(
        identifier="bare",
        setting=compiled.setting,
        lattice=lattice,
        change_of_basis=np.eye(3, dtype=np.int64),
        denominator=1,
        origin_shift=np.zeros(3),
        numbers=np.zeros(0, np.uint8),
        coordinates=np.zeros((0, 3)),
        multiplicities=np.zeros(0, np.int32),
        wyckoff=np.zeros(0, "S1"),
        images=np.zeros(0, np.int16),
    )


def distinct_images(compiled: CompiledSetting, point: FloatArray) -> Int16Array:
    """Indices of operations that map ``point`` to each atom of its orbit in the cell, once each; 0 first."""
    images = _images(compiled, point)
    steps = images[:, None] - images[None]
    same = np.abs(steps - np.rint(steps)).max(-1) < 1e-6
    return np.unique(same.argmax(axis=1)).astype(np.int16)


def all_atoms(record: CrystalRecord) -> tuple[FloatArray, IntArray]:
    """Fractional coordinates (atoms, 3) of the whole cell, in [0, 1), and the site of each."""
    compiled = _compiled(record.setting)
    site = np.repeat(np.arange(len(record)), record.multiplicities)
    rotated = np.einsum("nij,nj->ni", compiled.rotations[record.images].astype(float), record.coordinates[site])
    return (rotated + compiled.translations24[record.images] / 24) % 1.0 % 1.0, site


@functools.cache
def _store() -> StoreReader:
    return open_store()


@functools.cache
def _compiled(setting: Setting) -> CompiledSetting:
    return _store().read(setting)


def _images(compiled: CompiledSetting, point: FloatArray) -> FloatArray:
    return np.asarray(compiled.rotations @ point + compiled.translations24 / 24)


def _placed(
    compiled: CompiledSetting, rng: np.random.Generator, lattice: FloatArray, multiplicities: list[int]
) -> FloatArray | None:
    """Random sites of these multiplicities, far enough from each other; or None."""
    sites = np.zeros((0, 3))
    for multiplicity in multiplicities:
        for _ in range(50):
            point = _draw(compiled, rng, special=multiplicity < len(compiled.rotations))
            if len(distinct_images(compiled, point)) == multiplicity and not _too_close(
                compiled, lattice, point, sites
            ):
                sites = np.concatenate([sites, point[None]])
                break
        else:
            return None
    return sites


def _too_close(compiled: CompiledSetting, lattice: FloatArray, point: FloatArray, sites: FloatArray) -> bool:
    """Whether an image of ``point`` is too close to it or to one of ``sites``, or the cell is too thin to decide.

    Rounding is exact here (and not in general, regression 8): a step shorter than 1 Angstrom has fractional
    components below 1/2 in a cell whose planes are more than 2 Angstrom apart.
    """
    if np.linalg.norm(np.linalg.inv(lattice), axis=0).max() > 1 / _THINNEST:
        return True
    atoms = _images(compiled, point)
    own = atoms[distinct_images(compiled, point)][1:]
    steps = np.concatenate([own - point, *(atoms - site for site in sites)])
    lengths = np.linalg.norm((steps - np.rint(steps)) @ lattice, axis=-1)
    return bool((lengths < _CLOSEST).any())


def _draw(compiled: CompiledSetting, rng: np.random.Generator, *, special: bool) -> FloatArray:
    """A random point; a special one is fixed, modulo the lattice, by an operation other than the identity."""
    if special:
        for index in rng.permutation(np.arange(1, len(compiled.rotations)))[:20]:
            difference = compiled.rotations[index] - np.eye(3)
            target = rng.integers(-1, 2, 3) - compiled.translations24[index] / 24
            start = rng.random(3)
            point = start + np.linalg.lstsq(difference, target - difference @ start, rcond=None)[0]
            if np.abs(difference @ point - target).max() < 1e-9:
                return np.asarray(point % 1.0 % 1.0)  # -1e-17 % 1.0 is 1.0
    return np.asarray(rng.random(3))


def in_p1(record: CrystalRecord, *, change: IntArray | None = None) -> CrystalRecord:
    """The same crystal in P1: a site for every atom of the cell with rows ``change @ lattice``.

    ``change`` is an integer matrix of determinant 1 or -1 (another cell) or larger (a supercell).
    """
    atoms, owners = all_atoms(record)
    change = np.eye(3, dtype=np.int64) if change is None else change
    size = abs(round(np.linalg.det(change)))
    extent = int(np.abs(change).sum())
    steps = np.stack(np.meshgrid(*[np.arange(-extent, extent + 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cells = np.unique(np.round(steps @ np.linalg.inv(change) % 1.0, 9) % 1.0, axis=0)
    assert len(cells) == size
    coordinates = (atoms @ np.linalg.inv(change) + cells[:, None]).reshape(-1, 3) % 1.0 % 1.0
    n = len(coordinates)
    return dataclasses.replace(
        record,
        setting=Setting.standard(1),
        lattice=change @ record.lattice,
        numbers=np.tile(record.numbers[owners], size),
        coordinates=coordinates,
        multiplicities=np.ones(n, np.int32),
        wyckoff=np.full(n, b"a", "S1"),
        images=np.zeros(n, np.int16),
    )


def moved(record: CrystalRecord, coordinates: FloatArray, order: IntArray | None = None) -> CrystalRecord:
    """The record with its sites moved to ``coordinates``, then put in another ``order``."""
    order = np.arange(len(record)) if order is None else order
    compiled = _compiled(record.setting)
    images = [distinct_images(compiled, point) for point in coordinates[order]]
    return dataclasses.replace(
        record,
        numbers=record.numbers[order],
        coordinates=coordinates[order],
        multiplicities=np.array([len(one) for one in images], np.int32),
        wyckoff=record.wyckoff[order],
        images=np.concatenate(images),
    )

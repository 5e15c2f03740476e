"""The exact proof of a basis of vector fields, from the operations alone (T10).

Nothing here calls the code that finds orbits or vectors. It proves

  1. every function is real: at -k it has the complex conjugate of its vector at k;
  2. every function has the symmetry: m_{kR} = exp(2 pi i k.t) s_g R^-1 m_k for *every* operation and wave;
  3. its waves are images of its root and of minus the root, and no other function but those with the same root
     has any of them;
  4. the functions with one root are linearly independent;
  5. in each shell there are as many as real fields with the symmetry have dimensions,

         (1/|G|) sum_g s_g trace(R^-1) sum_{k: kR = k} exp(2 pi i k.t),

     in exact integers: nothing is missing.
"""

from __future__ import annotations

import numpy as np

from basis_compiler.bases.cyclotomic import CONJUGATE, POWERS_OF_ZETA, TIMES_ZETA, IndependentRows, residues
from basis_compiler.proof import require
from basis_compiler.vector_fields.vector_gains import VectorGains, vector_gains
from basis_store import TURN, VectorBasis, wave_norm, waves_within
from basis_store.array_types import IntArray
from basis_store.groups.representation import RepresentationName
from basis_store.groups.wave_shells import CODE


def vector_dimensions(name: RepresentationName, *, axial: bool, norm_limit: int) -> dict[int, int]:
    """Statement 5: norm -> dimension of the real vector fields on the waves of that norm, 0 included.

    Args:
        name: a group with its character, as for :func:`~.vector_compiler.compile_vector_basis`.
        axial: as there.
        norm_limit: the largest norm.

    Raises:
        SettingError: there is no such group or character.
        CharacterError: the character is complex.
        CertificateError: a sum is not an integer multiple of the group's order.
    """
    return _dimensions(vector_gains(name, axial=axial), norm_limit)


def prove_vector_basis(basis: VectorBasis) -> None:
    """Prove a basis of vector fields, exactly.

    Raises:
        CertificateError: naming the group and the first statement that fails.
    """
    named, family = basis.representation, basis.representation.setting.lattice_family
    gains = vector_gains(named, axial=basis.axial)
    codes = basis.waves @ CODE
    terms = _Terms(basis.functions, codes)
    require(terms.distinct, named, "a function lists a wave twice")
    # 1. Reality.
    opposite = terms.rows(-codes)
    require(
        bool((opposite >= 0).all())
        and np.array_equal(basis.coefficients[opposite], basis.coefficients @ CONJUGATE),
        named,
        "a function is not real",
    )
    # 2. Symmetry.
    phases24 = gains.phases24(basis.waves)
    for number, (rotation, inverse) in enumerate(zip(gains.group.rotations, gains.inverses, strict=True)):
        images = terms.rows(basis.waves @ (rotation @ CODE))
        require(bool((images >= 0).all()), named, "an operation maps a wave out of its function")
        turned = np.einsum("ij,tjp->tip", inverse, basis.coefficients)
        expected = np.einsum("tip,tpq->tiq", turned, TIMES_ZETA[phases24[:, number]])
        require(np.array_equal(basis.coefficients[images], expected), named, "a function lacks the symmetry (T10)")
    # 3. Orbits: the largest image of a wave and its opposite names the orbit and its opposite.
    names = np.abs(basis.waves @ (gains.group.rotations @ CODE).T).max(axis=1, initial=0)
    roots = np.abs(basis.roots @ (gains.group.rotations @ CODE).T).max(axis=1, initial=0)
    require(np.array_equal(names, roots[basis.functions]), named, "a function has waves of two orbits")
    groups, starts = np.unique(roots, return_index=True)
    root_codes = basis.roots @ CODE
    first = dict(zip(groups.tolist(), root_codes[starts].tolist(), strict=True))
    require(
        bool((root_codes == np.array([first[one] for one in roots.tolist()], np.int64)).all()),
        named,
        "two functions of one orbit have different roots",
    )
    # 4. Independence, at the root and its opposite: a map that is injective on the fields of their orbits.
    numbers = np.arange(len(basis))
    rows = np.concatenate([terms.at(numbers, root_codes), terms.at(numbers, -root_codes)])
    require(bool((rows >= 0).all()), named, "a function lacks its root")
    values = residues(basis.coefficients[rows]).reshape(2, len(basis), 3).transpose(1, 0, 2).reshape(-1, 6)
    kept: dict[int, IndependentRows] = {one: IndependentRows() for one in first}
    require(
        all(kept[one].add(row) for one, row in zip(roots.tolist(), values, strict=True)),
        named,
        "two functions of one orbit are not independent",
    )
    # 5. Completeness.
    require(
        np.array_equal(basis.norms, wave_norm(basis.roots, family)) and bool((np.diff(basis.norms) >= 0).all()),
        named,
        "its norms are not those of its waves, in ascending order",
    )
    expected_dimensions = _dimensions(gains, basis.norm_limit)
    shells, counts = np.unique(basis.norms, return_counts=True)
    found = dict.fromkeys(expected_dimensions, 0) | dict(zip(shells.tolist(), counts.tolist(), strict=True))
    require(
        found == expected_dimensions,
        named,
        f"it lists {len(basis)} vector fields, their space has {sum(expected_dimensions.values())} dimensions",
    )


class _Terms:
    """Finds the term of a function with a wave."""

    def __init__(self, functions: IntArray, codes: IntArray) -> None:
        self._functions = functions
        # Codes have at most 2^42 in size, so that those of different functions are apart.
        keys = functions * (1 << 44) + codes
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]

    @property
    def distinct(self) -> bool:
        return bool((np.diff(self._sorted) > 0).all())

    def rows(self, codes: IntArray) -> IntArray:
        """(t,) for each term the term of the same function with another wave, or -1."""
        return self.at(self._functions, codes)

    def at(self, functions: IntArray, codes: IntArray) -> IntArray:
        keys = functions * (1 << 44) + codes
        places = np.searchsorted(self._sorted, keys).clip(max=max(len(self._sorted) - 1, 0))
        if not len(self._sorted):
            return np.full(len(keys), -1)
        return np.where(self._sorted[places] == keys, self._order[places], -1)


def _dimensions(gains: VectorGains, norm_limit: int) -> dict[int, int]:
    family = gains.representation.setting.lattice_family
    waves = np.concatenate([np.zeros((1, 3), np.int64), waves_within(family, norm_limit).astype(np.int64)])
    norms, phases24 = wave_norm(waves, family), gains.phases24(waves)
    traces = np.trace(gains.inverses, axis1=1, axis2=2)
    # weights[s, p]: the sum of the traces of all pairs (g, k) with kR = k, norm(k) = s and phase p/24.
    fixed = waves @ (gains.group.rotations @ CODE).T == (waves @ CODE)[:, None]
    slots = (norms[:, None] * TURN + phases24)[fixed]
    weights = np.zeros((int(norms.max()) + 1) * TURN, np.int64)
    np.add.at(weights, slots, np.broadcast_to(traces, fixed.shape)[fixed])
    sums = weights.reshape(-1, TURN) @ POWERS_OF_ZETA
    order = len(gains.group)
    require(
        not sums[:, 1:].any() and not (sums[:, 0] % order).any(),
        gains.representation,
        "the trace of the projector onto its vector fields is not a whole number (T10)",
    )
    return {shell: int(sums[shell, 0]) // order for shell in np.unique(norms).tolist()}

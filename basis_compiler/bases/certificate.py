"""The exact proof of a compiled setting, from the operations alone.

Nothing here calls the code that enumerates the waves, builds the dual graph or finds the orbits and origin shifts,
and every wave that is looked up is compared with the one found. For one setting it proves

  1. the operations are those of spglib's table and form a group; their c are those of the named character, which
     is a homomorphism, on all pairs of operations, and 1 on lattice translations but for magnetic groups (T9);
  2. balanced and absent waves together are every wave up to the norm limit, each once (closure; in
     :mod:`basis_compiler.bases.wave_listing`);
  3. c_{kR} = c_k exp(2 pi i (k.t - c)) for *every* operation and every balanced wave, with coefficients constant
     in modulus: each listed function has the character (c = 0: is invariant), and none straddles two orbits;
  4. where the character is real, each pair (O, -O) consists of complex conjugates, and the phase of each real form
     makes it real; where it is complex, no real form is listed;
  5. for each absent orbit the stored operation forbids it: kR = k with k.t - c not an integer (T1), and absent
     orbits are closed;
  6. in every shell the number of functions is (1/|G|) sum_g conj(chi(g)) sum_{k: kR = k} exp(2 pi i k.t), the
     dimension of their space (T3), in exact integers: nothing is missing (:mod:`basis_compiler.bases.dimensions`);
  7. order and normal form are those of the format: of orbits, of waves in an orbit, of phases, of absences and
     their witnesses; so equal bases have equal hashes (:mod:`basis_compiler.bases.order_certificate`);
  8. the origin shifts are allowed, have the stated orders, and generate every allowed shift in 24ths (T5; in
     :mod:`basis_compiler.groups.origin_shift_certificate`).

Functions with disjoint supports are orthogonal, so 3 and 6 together say: an orthonormal basis, complete.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from basis_compiler.bases.dimensions import by_rotation, dimensions_of_columns
from basis_compiler.bases.order_certificate import prove_order
from basis_compiler.bases.wave_listing import CompleteShells, OrbitListing
from basis_compiler.groups.origin_shift_certificate import prove_origin_shifts
from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.wyckoff_certificate import prove_wyckoff_positions
from basis_compiler.proof import require
from basis_compiler.tensors.certificate import prove_tensors
from basis_store import TURN, CertificateError, CompiledSetting, Operations, Recipe, StoreReader, ball_norm
from basis_store.groups.wave_index import dot_columns
from basis_store.groups.wave_shells import CODE, in_store_order


def prove(compiled: CompiledSetting) -> None:
    """Prove one compiled setting, exactly.

    Raises:
        CertificateError: naming the setting and the first statement that fails.
    """
    named = compiled.representation
    group = operations(named)
    require(
        np.array_equal(compiled.rotations, group.rotations)
        and np.array_equal(compiled.translations24, group.translations24),
        named,
        "the stored operations are not those of the space-group tables",
    )
    _prove_character(compiled, group)
    listing = OrbitListing(compiled)
    _prove_orbits(compiled, group, listing)
    _prove_real_forms(compiled, listing)
    _prove_witnesses(compiled, group, listing)
    _prove_completeness(compiled, group, listing)
    prove_order(compiled, listing)
    prove_origin_shifts(compiled, group)


def prove_store(store: StoreReader, *, progress: Callable[[int], None] | None = None) -> None:
    """Prove every setting of a store, its tensors and its Wyckoff positions, and that its recipe is fulfilled.

    Args:
        store: as it was opened.
        progress: called with 1 after each setting.

    Raises:
        CertificateError: naming the setting and the first statement that fails.
        StoreCorruptError: the store does not match its checksums.
    """
    if store.representations != store.recipe.representation_list:
        raise CertificateError(f"{store.path} does not hold the settings of its recipe")
    for setting in {setting.lattice_family: setting for setting in store.settings}.values():
        shared = CompleteShells(
            setting, store.shared_waves[setting.lattice_family], ball_norm(store.recipe.radius)
        )
        require(in_store_order(shared.codes, shared.norms), setting, "the shared waves are out of order")
    for compiled in store:
        prove(compiled)
        prove_extent(compiled, store.recipe)
        if progress:
            progress(1)
    if store.recipe.groups == "space":
        prove_tensors(store)
    if store.has_wyckoff_positions:
        prove_wyckoff_positions(store)


def prove_extent(compiled: CompiledSetting, recipe: Recipe) -> None:
    """Prove that the ball and the minimum number of functions are there, and no superfluous shell."""
    limit, ball_limit = compiled.norm_limit, ball_norm(recipe.radius)
    short = int((compiled.norms < limit).sum()) < recipe.min_functions
    require(
        limit >= ball_limit and compiled.n_orbits >= recipe.min_functions and (limit == ball_limit or short),
        compiled.representation,
        "it does not extend as far as the recipe asks",
    )


def _prove_character(compiled: CompiledSetting, group: Operations) -> None:
    """The stored c are the named character's, and a homomorphism that is trivial on lattice translations (T9)."""
    c = compiled.characters24.astype(np.int64)
    require(np.array_equal(c, group.characters24), compiled.representation, "the stored character is another one")
    if c.any():
        require(
            not c[0]
            and (group.setting.kind == "magnetic" or not c[group.are_centrings].any())
            and not ((c[:, None] + c - c[group.product_table]) % TURN).any(),
            compiled.representation,
            "its character is not a homomorphism, 1 on lattice translations but for magnetic groups (T9)",
        )


def _prove_orbits(compiled: CompiledSetting, group: Operations, listing: OrbitListing) -> None:
    """Listed orbits, balanced and absent, are orbits; coefficients of the balanced ones follow D3 (T9)."""
    balanced = slice(len(compiled.waves))
    phases = compiled.phases24.astype(np.int16)
    residues = (listing.columns[:, balanced] % TURN).astype(np.int16)
    from_root = np.zeros(len(listing.codes), dtype=bool)
    for rotation, shifts in by_rotation(group):
        images = listing.images(rotation)
        from_root[images[listing.starts]] = True
        require(
            np.array_equal(listing.orbits[images], listing.orbits),
            compiled.representation,
            "an operation maps a wave out of its orbit",
        )
        steps = phases[images[balanced]] - phases
        for translation, character in shifts:
            require(
                not ((dot_columns(residues, translation) - character - steps) % TURN).any(),
                compiled.representation,
                "a coefficient is not constant along an operation (D3)",
            )
    require(bool(from_root.all()), compiled.representation, "a listed orbit is not one orbit")


def _prove_real_forms(compiled: CompiledSetting, listing: OrbitListing) -> None:
    if not compiled.representation.is_real:
        require(
            not compiled.parts.any() and not compiled.real_phases24.any(),
            compiled.representation,
            "it lists real forms, but the character is complex (T9)",
        )
        return
    balanced = slice(len(compiled.waves))
    opposite = listing.images(-listing.identity)[balanced]
    orbits = listing.orbits[balanced]
    require(
        bool((opposite < len(orbits)).all()) and np.array_equal(orbits[opposite], orbits + compiled.parts[orbits]),
        compiled.representation,
        "the parts do not say which orbit is -O",
    )
    phases = compiled.phases24 + compiled.real_phases24[orbits].astype(np.int16)
    require(
        not ((phases + phases[opposite]) % TURN).any(), compiled.representation, "a real form is not real (T2)"
    )
    require(
        bool((np.abs(compiled.real_phases24 + 0.5) < TURN // 4).all())
        and not compiled.real_phases24[compiled.parts != 0].any(),
        compiled.representation,
        "the sign rule of a real form is broken",
    )


def _prove_witnesses(compiled: CompiledSetting, group: Operations, listing: OrbitListing) -> None:
    roots = listing.starts[compiled.n_orbits :]
    columns, codes = listing.columns[:, roots], listing.codes[roots]
    first = np.full(len(roots), -1)
    for number, (rotation, translation) in enumerate(zip(group.rotations, group.translations24, strict=True)):
        gains = dot_columns(columns, translation) - group.characters24[number]
        proves = (dot_columns(columns, rotation @ CODE[: len(rotation)]) == codes) & (gains % TURN != 0)
        first[proves & (first < 0)] = number
    require(bool((first >= 0).all()), compiled.representation, "an orbit listed as absent is not absent (T1)")
    require(
        np.array_equal(first, compiled.witnesses),
        compiled.representation,
        "a stored operation is not the first that forbids its orbit (T1)",
    )


def _prove_completeness(compiled: CompiledSetting, group: Operations, listing: OrbitListing) -> None:
    expected = dimensions_of_columns(group, listing.columns, listing.norms)
    shells, counts = np.unique(compiled.norms, return_counts=True)
    found = dict.fromkeys(expected, 0) | dict(zip(shells.tolist(), counts.tolist(), strict=True))
    require(
        found == expected,
        compiled.representation,
        f"it lists {sum(found.values())} functions, their space has {sum(expected.values())} dimensions (T3)",
    )

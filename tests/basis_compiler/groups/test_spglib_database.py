from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.bases.dual_graph import lifted_generators
from basis_store import CertificateError, Operations, Setting, all_settings, check_group, standard_settings
from basis_store.groups.operations import rotation_generators, rotation_of_key


def as_set(rotations: np.ndarray, translations: np.ndarray) -> set[bytes]:
    return {
        np.concatenate([r.ravel(), t % 24]).astype(np.int8).tobytes()
        for r, t in zip(rotations, translations, strict=True)
    }


def test_operations_form_a_group_by_plain_multiplication(setting: Setting) -> None:
    group = operations(setting)
    known = as_set(group.rotations, group.translations24)
    assert len(known) == len(group)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        products = rotation @ group.rotations
        shifts = group.translations24 @ rotation.T + translation
        assert as_set(products, shifts) == known


def test_denominators(setting: Setting) -> None:
    """D1: denominators in {1, 2, 3, 4, 6}: every translation is an even number of 24ths."""
    translations = operations(setting).translations24
    assert set((24 // np.gcd(translations, 24)).ravel().tolist()) <= {1, 2, 3, 4, 6}


def test_generators_generate(setting: Setting) -> None:
    group = operations(setting)
    generators = lifted_generators(group)
    rotations, translations = generators.rotations, generators.translations24
    found = {np.concatenate([np.eye(3, dtype=int).ravel(), [0, 0, 0]]).astype(np.int8).tobytes()}
    frontier = [(np.eye(3, dtype=int), np.zeros(3, int))]
    while frontier:
        r, t = frontier.pop()
        for s, u in zip(rotations, translations, strict=True):
            product = (r @ s, (r @ u + t) % 24)
            (code,) = as_set(product[0][None], product[1][None])
            if code not in found:
                found.add(code)
                frontier.append(product)
    assert found == as_set(group.rotations, group.translations24)


def test_few_distinct_rotation_sets() -> None:
    """The 230 standard settings share 37 sets of rotations, and as many dual graphs."""
    assert len({operations(setting).distinct_rotations for setting in standard_settings()}) == 37
    for setting in all_settings():
        keys = operations(setting).distinct_rotations
        assert len(rotation_generators(keys)) <= 4
        assert all(abs(round(np.linalg.det(rotation_of_key(key)))) == 1 for key in keys)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda r, t: (r[:-1], t[:-1]), "not closed"),
        (lambda r, t: (r[[0, *range(len(r))]], t[[0, *range(len(t))]]), "twice"),
        (lambda r, t: (r[::-1], t[::-1]), "not the identity"),
        (lambda r, t: (r, np.where(np.arange(len(t))[:, None] == 5, (t + 1) % 24, t)), "not closed"),
        (lambda r, t: (np.where(np.arange(len(r))[:, None, None] == 3, r * 2, r), t), "not closed"),
    ],
)
def test_what_is_not_a_group_is_refused(damage, message: str) -> None:  # type: ignore[no-untyped-def]
    group = operations(Setting.standard(227))
    rotations, translations = damage(group.rotations, group.translations24)
    with pytest.raises(CertificateError, match=f"227:2 Fd-3m.*{message}|{message}"):
        check_group(Operations(group.setting, rotations, translations))

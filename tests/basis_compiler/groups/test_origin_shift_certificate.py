"""The certificate of origin shifts fails for every list that is not the normal form of the allowed ones."""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import operations, prove
from basis_compiler.groups.origin_shift_certificate import prove_origin_shifts
from basis_store import CertificateError, CompiledSetting, Setting, StoreReader
from tests.support.compiled import changed

NOT_ALLOWED = "the origin shifts are not the allowed ones"
NOT_NORMAL = "the directions of origin shifts are not in normal form"


def shifts(
    compiled: CompiledSetting, rows: list[list[int]], orders: list[int], directions: list[list[int]]
) -> CompiledSetting:
    return changed(
        compiled,
        shifts24=np.array(rows, np.int8).reshape(-1, 3),
        shift_orders=np.array(orders, np.int8),
        shift_directions=np.array(directions, np.int8).reshape(-1, 3),
    )


@pytest.mark.parametrize(
    ("number", "rows", "orders", "directions", "statement"),
    [
        (225, [[1, 2, 3]], [12], [], NOT_ALLOWED),
        (225, [[0, 0, 12]], [4], [], NOT_ALLOWED),
        (225, [], [], [], NOT_ALLOWED),
        (225, [[0, 0, 12]], [2], [[1, 0, 0]], "a continuous origin shift is not along fixed directions"),
        (75, [[12, 12, 0]], [2], [], NOT_ALLOWED),
        (
            16,
            [[0, 12, 0], [0, 0, 12], [12, 0, 0]],
            [2, 2, 2],
            [],
            NOT_ALLOWED,
        ),
        (
            16,
            [[0, 0, 12], [0, 12, 0], [12, 12, 0]],
            [2, 2, 2],
            [],
            NOT_ALLOWED,
        ),
        (75, [[12, 12, 6]], [2], [[0, 0, 1]], NOT_ALLOWED),
        (75, [[12, 12, 0]], [2], [[0, 0, 2]], NOT_NORMAL),
        (75, [[12, 12, 0]], [2], [[0, 0, -1]], NOT_NORMAL),
        (
            75,
            [[12, 12, 0]],
            [2],
            [[0, 0, 1]] * 2,
            NOT_NORMAL,
        ),
        (
            1,
            [],
            [],
            [[1, 0, 1], [0, 1, 0], [0, 0, 1]],
            NOT_NORMAL,
        ),
        (
            1,
            [],
            [],
            [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
            NOT_NORMAL,
        ),
    ],
)
def test_another_list_of_shifts_fails_its_proof(
    number: int,
    rows: list[list[int]],
    orders: list[int],
    directions: list[list[int]],
    statement: str,
    reader: StoreReader,
) -> None:
    compiled = shifts(reader.read(Setting.standard(number)), rows, orders, directions)
    with pytest.raises(CertificateError, match=rf"^{number}.* fails its proof: {statement}"):
        prove(compiled)


def test_shifts_in_another_order_fail_in_every_setting(setting: Setting, reader: StoreReader) -> None:
    """The order is part of the content hash."""
    compiled = reader.read(setting)
    group = operations(setting)
    prove_origin_shifts(compiled, group)
    for name in ("shifts24", "shift_directions"):
        rows = getattr(compiled, name)
        if len(rows) > 1:
            with pytest.raises(CertificateError):
                prove_origin_shifts(changed(compiled, **{name: rows[::-1]}), group)

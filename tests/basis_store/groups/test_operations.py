"""Operations of stored settings: tables of products, and one operation for each rotation."""

from __future__ import annotations

import numpy as np

from basis_compiler import operations
from basis_store import CompiledSetting, Setting, StoreReader, check_group, point_group_operations
from basis_store.groups.generated_group import generated_group


def test_a_compiled_setting_has_the_operations_of_the_tables(every_compiled: list[CompiledSetting]) -> None:
    for compiled in every_compiled:
        group, expected = compiled.operations, operations(compiled.setting)
        assert np.array_equal(group.rotations, expected.rotations)
        assert np.array_equal(group.translations24, expected.translations24)
        assert group.distinct_rotations == expected.distinct_rotations


def test_one_operation_for_each_rotation(every_compiled: list[CompiledSetting]) -> None:
    for compiled in every_compiled:
        group, point = compiled.operations, point_group_operations(compiled.operations)
        assert len(point.rotations) * len(point.centrings24) == len(group)
        assert len(np.unique(point.rotations, axis=0)) == len(point.rotations)
        assert np.array_equal(point.rotations[0], np.eye(3))
        assert np.array_equal(point.rotations[point.products], point.rotations[:, None] @ point.rotations)
        for rotation, translation in zip(point.rotations[:4], point.translations24[:4], strict=True):
            assert np.array_equal(group.translation_of(rotation), translation)
        signed = np.concatenate([point.rotations[point.half], -point.rotations[point.half]])
        if point.inversion is None:
            assert len(point.half) == len(point.rotations)
        else:
            assert np.array_equal(np.unique(signed, axis=0), np.unique(point.rotations, axis=0))


def test_tables_of_products_are_latin_squares(reader: StoreReader) -> None:
    for number in (1, 62, 167, 230):
        group = reader.read(Setting.standard(number)).operations
        check_group(group)
        table = group.product_table
        assert np.array_equal(np.sort(table, axis=0), np.tile(np.arange(len(group))[:, None], len(group)))
        assert np.array_equal(table[0], np.arange(len(group)))


def test_generated_groups() -> None:
    assert generated_group(0, [4, 6], lambda one, other: (one + other) % 24) == set(range(0, 24, 2))
    assert generated_group(0, [], lambda one, other: one + other) == {0}

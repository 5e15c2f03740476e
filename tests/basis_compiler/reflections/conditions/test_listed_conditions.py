"""General reflection conditions as International Tables A list them, those that follow from others included."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_compiler import reflection_conditions
from basis_store import CompiledSetting

CUBE = np.array(list(itertools.product(range(-6, 7), repeat=3)))


def test_listed_conditions_say_the_same(every_compiled: list[CompiledSetting]) -> None:
    """As those that do not follow, which are among them; each says all that holds in its class."""
    for compiled in every_compiled:
        found = reflection_conditions(compiled)
        allowed = found.allows(CUBE)
        listed = np.logical_and.reduce([zone.allows(CUBE) for one in found.listed for zone in one.zones])
        assert np.array_equal(np.broadcast_to(listed, len(CUBE)), allowed), compiled.setting.label
        own = {one.zones[0].label for one in found.conditions}
        assert own == {one.zones[0].label for one in found.listed if not one.follows}, compiled.setting.label
        for one in found.listed:
            inside = one.zones[0].contains(CUBE)
            required = one.zones[0].allows(CUBE)
            assert not (allowed & ~required & inside).any() and (~required & inside).any()


@pytest.mark.parametrize(
    ("name", "permutable", "expected"),
    [
        ("1", "", ""),
        ("5", "", "hkl: h+k=2n; h0l: h=2n*; 0kl: k=2n*; hk0: h+k=2n*; 0k0: k=2n*; h00: h=2n*"),
        ("14", "", "h0l: l=2n; 0k0: k=2n; 00l: l=2n*"),
        ("14:c1", "", "hk0: h=2n; 00l: l=2n; h00: h=2n*"),
        ("62", "", "0kl: k+l=2n; hk0: h=2n; h00: h=2n*; 0k0: k=2n*; 00l: l=2n*"),
        ("79", "h, k permutable",
         "hkl: h+k+l=2n; hk0: h+k=2n*; 0kl: k+l=2n*; hhl: l=2n*; 00l: l=2n*; h00: h=2n*"),
        ("136", "h, k permutable", "0kl: k+l=2n; 00l: l=2n*; h00: h=2n*"),
        ("141", "h, k permutable",
         "hkl: h+k+l=2n; hk0: h,k=2n; 0kl: k+l=2n*; hhl: 2h+l=4n; 00l: l=4n*; h00: h=2n*; h-h0: h=2n*"),
        ("152", "", "000l: l=3n"),
        ("167", "h, k, i permutable",
         "hkil: -h+k+l=3n; hki0: h-k=3n*; hh-2hl: l=3n*; h-h0l: h+l=3n, l=2n; 000l: l=6n*; h-h00: h=3n*"),
        ("167:R", "h, k, l permutable", "hhl: l=2n; hhh: h=2n*"),
        ("194", "h, k, i permutable", "hh-2hl: l=2n; 000l: l=2n*"),
        ("205", "h, k, l cyclically permutable", "0kl: k=2n; h00: h=2n*"),
        ("220", "h, k, l permutable", "hkl: h+k+l=2n; 0kl: k+l=2n*; hhl: 2h+l=4n; h00: h=4n*"),
        ("225", "h, k, l permutable", "hkl: h+k,h+l,k+l=2n; 0kl: k,l=2n*; hhl: h+l=2n*; h00: h=2n*"),
        ("227", "h, k, l permutable", "hkl: h+k,h+l,k+l=2n; 0kl: k+l=4n, k,l=2n; hhl: h+l=2n*; h00: h=4n*"),
        ("plane:12", "h, k permutable", "h0: h=2n"),
    ],
)  # fmt: skip
def test_wording(name: str, permutable: str, expected: str) -> None:
    """International Tables A; a star at what follows."""
    found = reflection_conditions(name)
    assert "; ".join(f"{one}{'*' * one.follows}" for one in found.listed) == expected
    assert found.permutable == permutable

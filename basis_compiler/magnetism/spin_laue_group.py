"""The spin Laue group of a collinear magnet: its Laue group with a sign for each operation.

    R_s = [E || H] + [C2 || A H]

H maps every moment to an equal one, A H to opposite ones. Energies of electrons without spin-orbit coupling do
not change when k becomes -k, so the inversion is added to both. Then the difference of the energies of the two
spins is multiplied by chi(R) = 1 on H and -1 on A H: a real character of the Laue group.

Symbols have a number before each letter or digit of the Hermann-Mauguin symbol: 1 where that operation is in H, 2
where it is in A H (L. Smejkal, J. Sinova, T. Jungwirth, Phys. Rev. X 12, 031042 (2022)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spglib

from basis_store import TURN, CertificateError
from basis_store.array_types import IntArray
from basis_store.groups.characters import named_characters
from basis_store.tables.short_repr import ShortRepr

_SUPERSCRIPT = {1: "\u00b9", -1: "\u00b2"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpinLaueGroup(ShortRepr):
    """A Laue group with a sign for each of its operations.

    Attributes:
        rotations: (l, 3, 3) integers R in the standard cell of the crystal, the inversion among them.
        signs: (l,) chi: 1, or -1 where the two spins change places.
        symbol: Hermann-Mauguin symbol of the Laue group, such as ``"4/mmm"``.
        spin_symbol: with the signs as superscripts, such as ``"\u00b24/\u00b9m\u00b2m\u00b9m"``.
        character: Mulliken symbol of chi, such as ``"B2g"``, in the axes of the standard cell where these are
            those of the Laue group as well.
    """

    rotations: IntArray
    signs: IntArray
    symbol: str
    spin_symbol: str
    character: str

    def mirror_normals(self, sign: int) -> IntArray:
        """(n, 3) the normals of the mirrors with this sign, as directions [uvw] of the standard cell."""
        axes = [
            _axis(-rotation)
            for rotation, own in zip(self.rotations, self.signs, strict=True)
            if own == sign and np.trace(rotation) == 1 and round(np.linalg.det(rotation)) == -1
        ]
        return np.array(axes, dtype=np.int64).reshape(-1, 3)


def spin_laue_group(keeping: IntArray, reversing: IntArray) -> SpinLaueGroup:
    """The spin Laue group of the rotations (h, 3, 3) that keep and those (a, 3, 3) that reverse the moments.

    Raises:
        CertificateError: the signs are no character: a rotation and its product with the inversion have different
            ones. (Then the two spins have equal energies everywhere.)
    """
    signs: dict[bytes, int] = {}
    for rotations, sign in ((keeping, 1), (reversing, -1)):
        for rotation in rotations:
            for one in (rotation, -rotation):
                if signs.setdefault(one.astype(np.int8).tobytes(), sign) != sign:
                    raise CertificateError("an inversion or a translation reverses the moments")
    identity = np.eye(3, dtype=np.int8).tobytes()
    keys = sorted(signs, key=lambda key: (key != identity, key))
    matrices = np.array([np.frombuffer(key, np.int8) for key in keys], np.int64).reshape(-1, 3, 3)
    values = np.array([signs[key] for key in keys])
    symbol, _, change = spglib.get_pointgroup(matrices)
    return SpinLaueGroup(
        rotations=matrices,
        signs=values,
        symbol=symbol.strip(),
        spin_symbol=_spin_symbol(symbol.strip(), matrices, values),
        character=_mulliken(matrices, values, np.rint(change)),
    )


def _mulliken(matrices: IntArray, signs: IntArray, change: IntArray) -> str:
    """The symbol in the axes at hand, or else in those of spglib's standard setting of the point group."""
    standard = np.rint(np.linalg.inv(change) @ matrices @ change).astype(np.int64)
    for some in (matrices, standard):
        try:
            named = named_characters(some.astype(np.int8).tobytes())
        except (KeyError, IndexError, ValueError):  # axes that are not those of any standard setting
            continue
        for symbol, values24 in named.items():
            if np.array_equal(np.where(values24 == 0, 1, np.where(values24 == TURN // 2, -1, 0)), signs):
                return symbol
    raise CertificateError("signs that are not a real character of the Laue group")


def _spin_symbol(symbol: str, matrices: IntArray, signs: IntArray) -> str:
    """The Hermann-Mauguin symbol with a superscript for each of its operations."""
    # Since the inversion has the sign 1, mirrors have that of the twofold rotation about their normal.
    turns = {
        (_order(rotation), tuple(_axis(rotation).tolist())): _SUPERSCRIPT[int(sign)]
        for rotation, sign in zip(matrices, signs, strict=True)
        if round(np.linalg.det(rotation)) == 1
    }
    one = _SUPERSCRIPT[1]
    if symbol in ("-1", "-3"):
        return one + symbol
    if symbol in ("m-3", "m-3m"):
        diagonal = [turns[2, axis] for order, axis in turns if order == 2 and sum(map(bool, axis)) == 2]
        return f"{one}m{one}-3" + (f"{diagonal[0]}m" if symbol == "m-3m" else "")
    highest = max(order for order, _ in turns)
    # Axes along vectors of the cell first, then in the order a, b, c.
    axes = sorted(
        (axis for order, axis in turns if order == 2),
        key=lambda axis: (sum(map(bool, axis)), [-abs(i) for i in axis]),
    )
    if symbol == "2/m":
        return f"{turns[2, axes[0]]}2/{turns[2, axes[0]]}m"
    if symbol == "mmm":
        return "".join(f"{turns[2, axis]}m" for axis in axes)
    (main,) = (axis for order, axis in turns if order == highest)
    across = [turns[2, axis] for axis in axes if axis != main]
    if symbol == "-3m":
        return f"{one}-3{across[0]}m"
    head = f"{turns[highest, main]}{highest}/{turns[2, main]}m"
    return head if not across else f"{head}{across[0]}m{across[-1]}m"


def _order(rotation: IntArray) -> int:
    """Of a proper rotation."""
    return {3: 1, -1: 2, 0: 3, 1: 4, 2: 6}[int(np.trace(rotation))]


def _axis(rotation: IntArray) -> IntArray:
    """(3,) the axis of a proper rotation in lowest terms, first entry other than 0 positive; 0 for R = 1."""
    order = _order(rotation)
    if order == 1:
        return np.zeros(3, dtype=np.int64)
    projector = np.sum([np.linalg.matrix_power(rotation, n) for n in range(order)], axis=0)
    axis = projector[:, np.abs(projector).sum(axis=0).argmax()]
    return np.asarray(axis // (np.gcd.reduce(axis) * np.sign(axis[axis.nonzero()[0][0]])))

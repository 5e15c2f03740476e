"""Magnetic CIFs of known structures (MAGNDATA, Bilbao Crystallographic Server), as short texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LAMNO3_OPERATIONS = (
    "x,y,z,+1", "-x,y+1/2,-z,+1", "-x,-y,-z,+1", "x,-y+1/2,z,+1",
    "x+1/2,-y+1/2,-z+1/2,-1", "-x+1/2,-y,z+1/2,-1", "-x+1/2,y+1/2,z+1/2,-1", "x+1/2,y,-z+1/2,-1",
)  # fmt: skip
GDB4_OPERATIONS = (
    "x,y,z,+1", "-y,x,z,+1", "y,-x,z,+1", "x+1/2,-y+1/2,-z,+1", "-x+1/2,y+1/2,-z,+1", "-x,-y,z,+1",
    "y+1/2,x+1/2,-z,+1", "-y+1/2,-x+1/2,-z,+1", "-x,-y,-z,-1", "y,-x,-z,-1", "-y,x,-z,-1", "-x+1/2,y+1/2,z,-1",
    "x+1/2,-y+1/2,z,-1", "x,y,-z,-1", "-y+1/2,-x+1/2,z,-1", "y+1/2,x+1/2,z,-1",
)  # fmt: skip
NIO_OPERATIONS = ("x,y,z,+1", "-y+3/4,-x+3/4,-z,+1", "-x+1/4,-y+3/4,-z,+1", "y,x+1/2,z,+1")


def nio_centrings() -> list[str]:
    """Of NiO in a cell of 2a x 2a x 2a: multiples of 1/4; without time reversal where they add to an integer."""
    quarters = ("", "+1/4", "+1/2", "+3/4")
    return [
        f"x{quarters[i]},y{quarters[j]},z{quarters[k]},{'+1' if (i + j + k) % 4 == 0 else '-1'}"
        for i in range(4) for j in range(4) for k in range(4) if (i + j + k) % 2 == 0
    ]  # fmt: skip


def magnetic_cif(
    cell: Sequence[float],
    operations: Iterable[str],
    atoms: Iterable[str],
    moments: Iterable[str],
    *,
    centrings: Iterable[str] = ("x,y,z,+1",),
    old: bool = False,
    more: str = "",
) -> str:
    """A magnetic CIF.

    Args:
        cell: a, b, c, alpha, beta, gamma.
        operations: such as ``"x,y,z,+1"``.
        atoms: rows ``label element x y z``.
        moments: rows ``label mx my mz``, along the axes of the cell.
        centrings: as operations.
        old: with the tags that were written before the dictionary of 2016.
        more: further lines.
    """
    if old:
        operation, centring = "_space_group_symop.magn_operation_xyz", "_space_group_symop.magn_centering_xyz"
        moment = "_atom_site_moment_"
    else:
        operation, centring = "_space_group_symop_magn_operation.xyz", "_space_group_symop_magn_centering.xyz"
        moment = "_atom_site_moment."
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_test", *(f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True)), more]
    for tag, texts in ((operation, operations), (centring, centrings)):
        lines += ["loop_", f"{tag.rsplit('xyz')[0]}id", tag]
        lines += [f"{i} '{text}'" for i, text in enumerate(texts, 1)]
    lines += ["loop_", "_atom_site_label", "_atom_site_type_symbol"]
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"] + list(atoms)
    lines += ["loop_", f"{moment}label", *(f"{moment}crystalaxis_{axis}" for axis in "xyz"), *moments]
    return "\n".join(lines) + "\n"


LAMNO3 = magnetic_cif(
    (5.7461, 7.6637, 5.5333, 90, 90, 90),
    LAMNO3_OPERATIONS,
    ["La La 0.0513(7) 0.25 -0.0095(5)", "Mn Mn 0 0 0.5", "O1 O 0.48493(80) 0.25 0.0777(7)",
     "O2 O 0.3085(5) 0.0408(4) 0.7227(5)"],
    ["Mn 3.87(3) 0.0 0.0"],
    more="_space_group_magn.number_BNS 62.448",
)  # fmt: skip
"""MAGNDATA 0.1 (F. Moussa et al., Phys. Rev. B 54, 15149 (1996))."""

NIO = magnetic_cif(
    (8.35, 8.35, 8.35, 90, 90, 90),
    NIO_OPERATIONS,
    ["Ni Ni 0 0 0 ", "O O 0.75 0.5 0"],
    ["Ni 1. 1. -2."],
    centrings=nio_centrings(),
    old=True,
    more="_space_group.magn_number_BNS 15.90",
)
"""MAGNDATA 1.6 (E. Ressouche et al., Physica B 385-386, 394 (2006))."""

GDB4 = magnetic_cif(
    (7.1316, 7.1316, 4.0505, 90, 90, 90),
    GDB4_OPERATIONS,
    ["Gd1 Gd 0.31746 0.81746 0", "B1 B 0 0 0.2029", "B2 B 0.1759 0.038 0.5", "B3 B 0.0867 0.5867 0.5"],
    ["Gd1 5.05 5.05 0.0"],
    old=True,
)
"""MAGNDATA 0.9, not collinear (J. A. Blanco et al., Phys. Rev. B 73, 212411 (2006))."""

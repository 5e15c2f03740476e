"""Headers of PSCF's files of fields: format, dimensions, cell, group, numbers of fields.

Each entry is a label on a line and its value on the next. Source: the manual of PSCF, page "Field File Header".
"""

from __future__ import annotations

from dataclasses import dataclass

from basis_compiler.fields.field_text import FieldText
from basis_compiler.fields.pscf_groups import SYSTEMS, cell_of, group_name, setting_of_group, system_of
from basis_store import Setting
from basis_store.array_types import FloatArray
from basis_store.errors import FieldError

_MAX_FIELDS = 1000


@dataclass(frozen=True, eq=False)
class PscfHeader:
    """What a header says.

    Attributes:
        dimension: 1, 2 or 3; a field does not depend on the other coordinates.
        lattice: (3, 3) rows, in the unit of length of the calculation.
        setting: that of the group, or None.
        n_fields: number of monomer types.
        mesh: (N1, N2, N3) of a file on a grid, 1 along the other axes; None in files of coefficients.
        n_basis: number of functions; None in files on a grid.
    """

    dimension: int
    lattice: FloatArray
    setting: Setting | None
    n_fields: int
    mesh: tuple[int, int, int] | None
    n_basis: int | None


def read_header(text: FieldText) -> PscfHeader:
    """The header of a file, up to its last entry, ``mesh`` or ``N_basis``.

    Raises:
        FieldError: it is not complete, or not that of a file of PSCF.
    """
    words = text.line().split()
    if words[:1] != ["format"] or words[1:2] != ["1"]:
        raise text.error("a file of PSCF begins with 'format 1 0'")
    entries: dict[str, str] = {}
    while True:
        line = text.line("the entry mesh or N_basis of its header").strip()
        if not line:
            continue
        label = {"ngrid": "mesh", "N_star": "N_basis"}.get(line, line)
        if label not in _LABELS or label in entries:
            raise text.error(f"{line[:40]!r} is no entry of a header, or is its second")
        entries[label] = text.line(f"the value of {label}").strip()
        if label in ("mesh", "N_basis"):
            break
    missing = [
        one for one in ("dim", "crystal_system", "N_cell_param", "cell_param", "N_monomer") if one not in entries
    ]
    if missing:
        raise FieldError(f"{text.name}: its header lacks {', '.join(missing)}")
    (dimension,) = text.parsed_integers(entries["dim"].split(), 1, "dim")
    if dimension not in SYSTEMS:
        raise text.error(f"dim is {dimension}, not 1, 2 or 3")
    (count,) = text.parsed_integers(entries["N_cell_param"].split(), 1, "N_cell_param")
    parameters = text.parsed(entries["cell_param"].split(), count, "cell_param")
    (n_fields,) = text.parsed_integers(entries["N_monomer"].split(), 1, "N_monomer")
    if not 1 <= n_fields <= _MAX_FIELDS:
        raise text.error(f"N_monomer is {n_fields}")
    mesh = n_basis = None
    if "mesh" in entries:
        points = text.parsed_integers(entries["mesh"].split(), dimension, "mesh")
        first, second, third = [*points, 1, 1][:3]
        mesh = (first, second, third)
    else:
        (n_basis,) = text.parsed_integers(entries["N_basis"].split(), 1, "N_basis")
    setting = None
    if "group_name" in entries:
        setting = setting_of_group(entries["group_name"], dimension, text.name)
    system = entries["crystal_system"].strip("'\" ").lower()
    lattice = cell_of(system, parameters, dimension, text.name)
    return PscfHeader(dimension, lattice, setting, n_fields, mesh, n_basis)


_LABELS = (
    "dim", "crystal_system", "N_cell_param", "cell_param", "group_name", "N_monomer", "mesh", "N_basis",
)  # fmt: skip


def header_lines(name: str, header: PscfHeader) -> str:
    """The text of a header.

    Raises:
        FieldError: PSCF has no name for the setting, or the cell does not fit it.
    """
    system, parameters = system_of(header.lattice, header.setting, header.dimension, name)
    entries = [
        ("dim", f"{header.dimension:19d}"),
        ("crystal_system", f"{system:>19}"),
        ("N_cell_param", f"{len(parameters):19d}"),
        ("cell_param", "".join(f"{one:22.14E}" for one in parameters)),
    ]
    if header.setting is not None:
        entries.append(("group_name", f"{group_name(header.setting, header.dimension, name):>19}"))
    entries.append(("N_monomer", f"{header.n_fields:19d}"))
    if header.mesh is not None:
        entries.append(("mesh", "".join(f"{one:9d}" for one in header.mesh[: header.dimension])))
    else:
        entries.append(("N_basis", f"{header.n_basis:19d}"))
    return "format  1  0\n" + "".join(f"{label}\n{value}\n" for label, value in entries)

"""Texts that attack whoever reads them: each is refused in one line, and takes neither memory nor time."""

from __future__ import annotations

import gzip
import json
from typing import Any

MEGA = 1_000_000
SALT = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3'
GOOD_CIF = """data_good
_cell_length_a 4.1
_cell_length_b 4.1
_cell_length_c 4.1
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Cs1 0 0 0
Cl1 0.5 0.5 0.5
"""


def _cif(old: str, new: str) -> bytes:
    assert old in GOOD_CIF
    return GOOD_CIF.replace(old, new).encode()


def _operations(operations: str) -> bytes:
    return _cif("loop_\n", f"loop_\n_symmetry_equiv_pos_as_xyz\n{operations}\nloop_\n")


def _poscar(counts: str = "1 1", *, scale: str = "1", vector: str = "4 0 0", atom: str = "0 0 0") -> bytes:
    return f"x\n{scale}\n{vector}\n0 4 0\n0 0 4\nCs Cl\n{counts}\nDirect\n{atom}\n0.5 0.5 0.5\n".encode()


def _xyz(header: str = SALT, *, atom: str = "Cs 0 0 0", count: str = "2") -> bytes:
    return f"{count}\n{header}\n{atom}\nCl 2 2 2\n".encode()


def crystal_files() -> dict[str, bytes]:
    """Files of one crystal that do not hold one, by name."""
    ops = "\n".join(f"'x+{i}/24,y+{j}/24,z+{k}/24'" for i in range(24) for j in range(24) for k in range(24))
    shifts = "\n".join(f"'x+{i}/4,y+{j}/4,z+{k}/12'" for i in range(4) for j in range(4) for k in range(12))
    atoms = "".join(f"H{i} 0.{i:05} 0.1 0.2\n" for i in range(200))
    return {
        "angle_1e308.cif": _cif("alpha 90", "alpha 1e308"),
        "angle_nan.cif": _cif("alpha 90", "alpha nan"),
        "angle_long.cif": _cif("alpha 90", f"alpha {'9' * MEGA}"),
        "length_1e999.cif": _cif("a 4.1", "a 1e999"),
        "length_negative.cif": _cif("a 4.1", "a -4.1"),
        "length_zero.cif": _cif("a 4.1", "a 0"),
        "length_1e-320.cif": _cif("a 4.1", "a 1e-320"),
        "far.cif": _cif("Cs1 0 0 0", "Cs1 1e23 0 0"),
        "farther.cif": _cif("Cs1 0 0 0", "Cs1 -1e308 0 0"),
        "infinite.cif": _cif("Cs1 0 0 0", "Cs1 1e999 0 0"),
        "many_operations.cif": _operations(ops),
        "huge_operation.cif": _operations("'x,y,z' '99999999999999999999x,y,z'"),
        "long_operation.cif": _operations(f"'x,y,z' '{'x+' * MEGA}x,y,z'"),
        "expanded.cif": _operations(shifts).replace(b"Cs1 0 0 0\n", atoms.encode()),
        "million_atoms.cif": _cif("Cs1 0 0 0\n", "Cs1 0 0 0\n" * 200_000),
        "million_operations.cif": _operations("'x,y,z'\n" * 200_000),
        "million_tags.cif": b"data_x\n" + b"".join(b"_a%d 1\n" % i for i in range(50_000)),
        "million_blocks.cif": b"data_x\n" * 100_000,
        "long_line.cif": b"x" * 5 * MEGA,
        "nul.cif": _cif("loop_\n", "\0"),
        "utf_16.cif": GOOD_CIF.encode("utf-16"),
        "text_open.cif": GOOD_CIF.encode() + b"_text\n;\n" + b"no end\n" * 100_000,
        "spaces.cif": b" \n" * MEGA,
        "occupancy.cif": _cif("Cs1 0", "Cs1 0").replace(b"fract_z\n", b"fract_z\n_atom_site_occupancy\n")
        .replace(b"Cs1 0 0 0", b"Cs1 0 0 0 1e308").replace(b"0.5 0.5\n", b"0.5 0.5 1\n"),
        "long_label.cif": _cif("Cs1", "Q" * MEGA),
        "long_symbol.cif": _cif("loop_\n", f"_symmetry_space_group_name_H-M '{'P' * MEGA}'\nloop_\n"),
        "huge_number.cif": _cif("loop_\n", f"_symmetry_Int_Tables_number {'9' * 5000}\nloop_\n"),
        "hall.cif": _cif("loop_\n", f"_symmetry_space_group_name_Hall '{'-P 4 ' * 9999}'\nloop_\n"),
        "billion.vasp": _poscar("1000000000 1"),
        "digits.vasp": _poscar(f"{'9' * 9999} 1"),
        "cut_off.vasp": _poscar("4000 1"),
        "negative.vasp": _poscar("-1 1"),
        "superscript.vasp": _poscar("\u00b2 1"),
        "scale_nan.vasp": _poscar(scale="nan"),
        "scale_huge.vasp": _poscar(scale="1e308"),
        "scale_zero.vasp": _poscar(scale="0"),
        "vector_inf.vasp": _poscar(vector="inf 0 0"),
        "vector_huge.vasp": _poscar(vector="1e200 0 0"),
        "far.vasp": _poscar(atom="1e23 0 0"),
        "nan.vasp": _poscar(atom="nan 0 0"),
        "wide.vasp": _poscar("1 " * MEGA),
        "nul.vasp": b"\0" * 1000,
        "columns.xyz": _xyz(f"{SALT}:junk:R:100000000"),
        "columns_twice.xyz": _xyz(f"{SALT} Properties=junk:S:100000000"),
        "columns_long.xyz": _xyz(f"{SALT}:junk:R:{'9' * 5000}"),
        "lattice_nan.xyz": _xyz(SALT.replace('"4', '"nan')),
        "lattice_huge.xyz": _xyz(SALT.replace('"4', '"1e308')),
        "lattice_none.xyz": _xyz("Properties=species:S:1:pos:R:3"),
        "far.xyz": _xyz(atom="Cs 99999999999999999999999 0 0"),
        "inf.xyz": _xyz(atom="Cs inf 0 0"),
        "word.xyz": _xyz(atom="Cs x 0 0"),
        "comment.xyz": _xyz(SALT + " a=1" * MEGA),
        "comment_json.xyz": _xyz(f"{SALT.replace('Lattice', 'Lat')} a={'[' * 90_000}"),
        "species.xyz": _xyz(atom="Q" * MEGA + " 0 0 0"),
        "crowd.xyz": b"6000\n" + SALT.encode() + b"\n" + b"H 0 0 0\n" * 6000,
        "cut_off.xyz": _xyz(count="999999999"),
        "count_long.xyz": _xyz(count="9" * 5000),
    }  # fmt: skip


def json_files() -> dict[str, bytes]:
    """JSON of single crystals and of tables that hold none, by name."""
    sites = [{"species": [{"element": "H", "occu": 1}], "abc": [0, 0, 0]}] * 6000
    matrix = [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
    return {
        "nested.json": b"[" * MEGA,
        "nested_object.json": b'{"a":' * MEGA,
        "nested_cell.json": b'{"lattice": {"matrix": ' + b"[" * 900 + b"]" * 900 + b'}, "sites": []}',
        "digits.json": b'{"columns": [' + b"9" * 5000 + b'], "data": [[1]]}',
        "lists.json": b'{"columns": ["a"], "data": [' + b"[]," * 100_000 + b"[]]}",
        "crowd.json": json.dumps({"lattice": {"matrix": matrix}, "sites": sites}).encode(),
        "sites.json": json.dumps({"lattice": {"matrix": matrix}, "sites": [None, 1, "x"]}).encode(),
        "periodic.json": json.dumps({"lattice": {"matrix": matrix, "pbc": 1}, "sites": sites[:1]}).encode(),
        "jarvis.json": json.dumps({"lattice_mat": 1, "coords": {}, "elements": "H", "cartesian": True}).encode(),
        "surrogate.json": b'{"lattice": {"matrix": "\\ud800"}, "sites": []}',
        "not_utf8.json": b'{"columns": ["\xff\xfe"], "data": []}',
        "cut_off.json": b'{"columns": ["a"], "data": [["',
        "trailing.json": b'{"columns": ["a"], "data": []} x',
        "members.json": b"{" + b",".join(b'"%d": 1' % i for i in range(50_000)) + b"}",
    }


def lines() -> dict[str, bytes]:
    """Lines of JSON, each of which describes no crystal, by what is wrong with them."""
    plain: dict[str, Any] = {
        "lattice": [[4, 0, 0], [0, 4, 0], [0, 0, 4]], "species": ["Cs", "Cl"],
        "frac_coords": [[0, 0, 0], [0.5, 0.5, 0.5]],
    }  # fmt: skip

    def but(**values: Any) -> bytes:
        return json.dumps(plain | values).encode()

    def raw(key: str, value: bytes) -> bytes:
        text = json.dumps({name: one for name, one in plain.items() if name != key})
        return text[:-1].encode() + b', "' + key.encode() + b'": ' + value + b"}"

    deep = b"[" * 400 + b"0" + b"]" * 400
    return {
        "id with half a character": raw("id", b'"\\ud800"'),
        "id with NUL": but(id="a\0b"),
        "long id": but(id="x" * MEGA),
        "long number as id": raw("id", b"9" * 4000),
        "number beyond all digits": raw("id", b"9" * 5000),
        "species beyond 64 bits": but(species=[10**30, 1]),
        "species negative": but(species=[-1, 1]),
        "species true": but(species=[True, 1]),
        "species nested": raw("species", deep),
        "coordinates nested": raw("frac_coords", deep),
        "cell nested": raw("lattice", deep),
        "cell of 1e400": raw("lattice", b"[[1e400,0,0],[0,4,0],[0,0,4]]"),
        "cell of 1e300": raw("lattice", b"[[1e300,0,0],[0,4,0],[0,0,4]]"),
        "cell NaN": raw("lattice", b"[[NaN,0,0],[0,4,0],[0,0,4]]"),
        "cell of long numbers": raw("lattice", b"[[" + b"9" * 4000 + b",0,0],[0,4,0],[0,0,4]]"),
        "coordinate 1e23": but(frac_coords=[[1e23, 0, 0], [0, 0, 0]]),
        "coordinate Infinity": raw("frac_coords", b"[[Infinity,0,0],[0.5,0.5,0.5]]"),
        "coordinates missing": but(frac_coords=[]),
        "coordinates of an object": but(frac_coords={"x": 1}),
        "crowd": but(species=["H"] * 6000, frac_coords=[[0, 0, 0]] * 6000),
        "split of a list": but(split=[1]),
        "split nested": raw("split", deep),
        "long split": but(split="x" * MEGA),
        "targets of a list": but(targets=[1]),
        "target nested": raw("targets", b'{"t": ' + deep + b"}"),
        "properties": but(targets={f"a{i}": 1 for i in range(5000)}),
        "structure nested": b'{"structure": ' + deep.replace(b"[", b'{"a":').replace(b"]", b"}") + b"}",
        "structure of text": json.dumps({"structure": "[" * 5000}).encode(),
        "structure with sites of text": but(structure={"lattice": {"matrix": 1}, "sites": ["x"]}),
        "nested": b"[" * MEGA,
        "no text": b"\xff\xfe\x00",
        "NUL": b"\0" * 100,
        "a number": b"1",
    }  # fmt: skip


def good_line(**values: Any) -> bytes:
    return json.dumps({
        "id": "good", "lattice": [[4, 0, 0], [0, 4, 0], [0, 0, 4]], "species": ["Cs", "Cl"],
        "frac_coords": [[0, 0, 0], [0.5, 0.5, 0.5]],
    } | values).encode()  # fmt: skip


def bombs() -> dict[str, bytes]:
    """Files that inflate, or would, to gigabytes."""
    block = gzip.compress(b"0" * (1 << 26), 9)
    return {
        "one_line.jsonl.gz": block * 30,
        "blank.jsonl.gz": gzip.compress(b"\n" * (1 << 26), 9) * 30,
        "table.json.gz": gzip.compress(b'{"columns": ["', 9) + block * 30,
        "entries.jsonl": b"{}\n" * 100_000,
        "frames.xyz": b"0\n\n" * 100_000,
        "too_long.jsonl": b" " * 11 * MEGA + b"{}",
    }

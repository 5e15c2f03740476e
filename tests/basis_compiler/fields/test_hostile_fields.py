"""Files of strangers: anything but a field is one line, before memory is taken."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from basis_compiler.fields.field_formats import FIELD_FORMATS, read_fields, write_field
from basis_store.errors import FieldError, SgbasisError
from basis_store.fields.grid_field import GridField

LATTICE = np.array([[3.0, 0, 0], [0, 3.5, 0], [0.5, 0, 4.0]])


def refused(path: Path, message: str) -> None:
    with pytest.raises(FieldError, match=message) as caught:
        read_fields(path)
    assert "\n" not in str(caught.value)


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, values=np.ones((2, 2, 2)))
    refused(path, "it has no array 'lattice'")
    np.savez(path, lattice=LATTICE, rho=np.ones(8))
    refused(path, "no array of a field")
    np.savez(path, lattice=LATTICE, rho=np.ones((2, 2, 2)) * 1j)
    refused(path, "real numbers, not complex")
    np.savez(path, lattice=LATTICE, rho=np.full((2, 2, 2), np.nan))
    refused(path, r"the value at grid point \(0, 0, 0\) is nan")
    np.savez(path, lattice=np.zeros((3, 3)), rho=np.ones((2, 2, 2)))
    refused(path, "no field has such a cell")
    np.savez(path, lattice=LATTICE, rho=np.ones((2, 2, 2)), species=np.array([8]))
    refused(path, "'species' and 'frac_coords' of atoms belong together")
    np.savez(path, lattice=LATTICE, rho=np.array([[["text"]]]))
    refused(path, "are numbers, not")
    np.savez(path, lattice=LATTICE, rho=np.array([[[print]]], dtype=object))
    refused(path, "pickled objects, which are not read")
    path.write_bytes(path.read_bytes()[:-50])
    refused(path, r"not a readable \.npz file")


def test_an_array_that_declares_more_than_there_is(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (100000, 100000, 100000)}
    )
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rho.npy", header.getvalue() + b"\0" * 64)
    refused(path, r"rho\.npy is cut off: it declares 1,000,000,000,000,000 values")


def test_archives_and_files_that_inflate(tmp_path: Path) -> None:
    zeros = b"0 " * 35_000_000
    path = tmp_path / "a.cube.gz"
    path.write_bytes(gzip.compress(zeros, 1))
    refused(path, "it inflates to more than 200 times its size")
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rho.npy", zeros)
    refused(path, "it inflates to more than 200 times its size")


@pytest.mark.parametrize(
    ("ending", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_compressed_files_that_are_damaged(tmp_path: Path, ending: str, compress: object) -> None:
    path = tmp_path / f"a.cube{ending}"
    content = compress(os.urandom(3000))  # type: ignore[operator]
    path.write_bytes(content[:-200])
    refused(path, "damaged or cut off")
    path.write_bytes(b"plain text")
    refused(path, "damaged or cut off")


def test_what_is_no_file_of_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("some words\n")
    refused(path, "not a file of fields that is read")
    path.write_text("  \n")
    refused(path, "the file is empty")
    with pytest.raises(FileNotFoundError):
        read_fields(tmp_path / "gone.cube")
    with pytest.raises(IsADirectoryError):
        read_fields(tmp_path)
    os.mkfifo(tmp_path / "pipe.cube")
    with pytest.raises(OSError, match="Not a regular file"):
        read_fields(tmp_path / "pipe.cube")


N_FILES = int(os.environ.get("SGBASIS_DAMAGED_FILES", "60"))

NAMES = ("CHGCAR", "LOCPOT", "a.cube", "a.xsf", "a.ccp4", "a.npz", "a.rf", "a.kf", "a.bf")


def test_every_format_is_damaged_below() -> None:
    for one in FIELD_FORMATS:
        assert any(name.endswith(one.endings) or name in one.words for name in NAMES), one.name


@pytest.mark.parametrize("name", NAMES)
def test_damaged_bytes_never_end_in_a_traceback(tmp_path: Path, name: str) -> None:
    """Files with bytes changed, lines repeated, or an end cut off."""
    rng = np.random.default_rng(NAMES.index(name))
    x, y, z = np.indices((3, 4, 5))
    values = np.cos(2 * np.pi * x / 3) + np.sin(2 * np.pi * y / 4) * np.cos(2 * np.pi * z / 5)
    unit = "eV" if name == "LOCPOT" else "e/Angstrom^3"
    quantity = "potential" if name == "LOCPOT" else "electron density"
    atoms = (np.array([8, 8, 22]), rng.random((3, 3)))
    path = tmp_path / name
    setting = "P1" if name == "a.bf" else None
    write_field(path, GridField(values, LATTICE, quantity, unit, *atoms), setting=setting)
    whole = path.read_bytes()
    for _ in range(N_FILES):
        content = bytearray(whole)
        kind = rng.integers(4)
        at = int(rng.integers(len(content) if rng.random() < 0.5 else min(len(content), 400)))
        if kind == 0:
            content[at : at + int(rng.integers(1, 8))] = rng.bytes(int(rng.integers(0, 8)))
        elif kind == 1:
            del content[at:]
        elif kind == 2:
            content[at : at + 1] = rng.choice([b"9", b"-", b"nan", b"1e999", b"\n", b"(", b"99999999", b" "])
        else:
            content[at:at] = content[max(0, at - 100) : at]
        path.write_bytes(bytes(content))
        try:
            found = read_fields(path)
        except (SgbasisError, OSError) as error:
            assert "\n" not in str(error).strip()
        else:
            assert all(np.isfinite(one.values).all() for one in found.fields.values())

"""Names of uploads: what a file is read as, and that no name leads anywhere."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, strategies

from sgbasis.explorer.uploads.upload_names import kind_of_name, shown_name, stored_name

READ_AS = {
    "quartz.cif": ("crystal", "upload.cif"),
    "QUARTZ.CIF": ("crystal", "upload.cif"),
    "quartz.cif.gz": ("crystal", "upload.cif.gz"),
    "chgnet_relaxed.cif": ("crystal", "upload.cif"),
    "moments.mcif": ("crystal", "upload.mcif"),
    "POSCAR": ("crystal", "POSCAR"),
    "CONTCAR_2": ("crystal", "CONTCAR"),
    "relaxed.vasp": ("crystal", "upload.vasp"),
    "run.extxyz": ("crystal", "upload.extxyz"),
    "CHGCAR": ("field", "CHGCAR"),
    "CHGCAR_sum.gz": ("field", "CHGCAR.gz"),
    "AECCAR0": ("field", "AECCAR"),
    "LOCPOT.vasp": ("field", "LOCPOT"),
    "rho.cube": ("field", "upload.cube"),
    "rho.XSF": ("field", "upload.xsf"),
    "no ending": ("", "upload"),
    "archive.gz": ("", "upload.gz"),
}


@pytest.mark.parametrize("name", READ_AS)
def test_kinds_and_stored_names(name: str) -> None:
    assert (kind_of_name(name), stored_name(name)) == READ_AS[name]


@given(strategies.text() | strategies.from_regex(r"(\.\./|\\|/|C:|\0|\.cif|POSCAR|CHGCAR|\.gz){1,8}"))
def test_stored_names_are_ours_and_shown_names_are_harmless(name: str) -> None:
    stored = stored_name(name)
    for kind in (PurePosixPath, PureWindowsPath):
        assert kind(stored).parts == (stored,)
    assert stored.isascii() and stored.isprintable() and 0 < len(stored) < 30
    shown = shown_name(name)
    assert shown.isprintable() and "/" not in shown and shown

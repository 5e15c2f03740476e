"""Regression 17. Numbers of 1e308 in a file of a field gave the right error, but a warning of Python came first:
values overflowed by the factor of their unit in cube files, and in the sums of waves and stars of PSCF's files.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from basis_compiler.fields.field_formats import read_fields, write_field
from basis_store import FieldError, GridField


@pytest.mark.parametrize("name", ["a.cube", "a.kf", "a.bf"])
def test_an_error_and_no_warning(tmp_path: Path, name: str) -> None:
    x, y, z = 2 * np.pi * np.indices((4, 4, 4)) / 4
    field = GridField(np.cos(x) + np.cos(y) + np.cos(z), 4.1 * np.eye(3), "electron density", "e/Angstrom^3")
    path = tmp_path / name
    write_field(path, field, setting="Pm-3m" if name == "a.bf" else None)
    text = path.read_text()
    place = [*re.finditer(r"-?\d+\.\d+(?:[Ee][-+]\d+)?", text)][-5].start()
    path.write_text(text[:place] + re.sub(r"-?\d+\.\d+(?:[Ee][-+]\d+)?", "1.7e308", text[place:]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FieldError, match="not a"):
            read_fields(path)

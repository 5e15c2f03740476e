"""Pictures that can be turned: pages that hold all that they need; and the section that is chosen."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from basis_store import GridField, open_store, standard_settings
from sgbasis.cli import main
from sgbasis.fields.crystal_plane import CrystalPlane
from sgbasis.fields.fourier_series import FourierSeries
from sgbasis.pictures.section import Section, default_section, shown_share
from sgbasis.pictures.wave_sum import WaveSum
from tests.support.crystals.crystal_inputs import CRYSTALS
from tests.support.tiny_models import ELASTIC, save_tiny

pytest.importorskip("plotly")
pytest.importorskip("skimage")


def check_page(content: bytes) -> str:
    """The page without plotly.js, which is part of it."""
    text = content.decode()
    scripts = re.findall(r"<script[^>]*>", text)
    assert "Plotly.newPlot" in text and "plotly.js v" in text and not any("src=" in one for one in scripts)
    assert not re.search(r"<link|<img|<iframe|@import", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    return re.sub(r"<script[^>]*>/\*\*.*?</script>", "", text, flags=re.DOTALL)


def run(*arguments: object) -> None:
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output


def test_commands_write_pages(tmp_path: Path) -> None:
    run("plot", "227", "--function", 1, "-o", tmp_path / "plot.html")
    page = check_page((tmp_path / "plot.html").read_bytes())
    assert "Fd3\u0305m" in page and "function 1" in page and "section z = 1/8" in page
    run("plot", "227", "--function", 1, "-o", tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "plot.html").read_bytes()
    run("surface", "214", "--points", 16, "-o", tmp_path / "surface.html")
    assert "function 1 of 214" in check_page((tmp_path / "surface.html").read_bytes())
    model = save_tiny(tmp_path / "model", ELASTIC)
    crystals = [CRYSTALS / "nacl.cif", CRYSTALS / "quartz.cif"]
    run("predict", *crystals, "--model", model, "--plot", tmp_path / "tensors.html", "-o", tmp_path / "x.csv")
    page = check_page((tmp_path / "tensors.html").read_bytes())
    assert "all on one scale" in page and '"scene2"' in page and "NaCl" in page


def test_pages_of_fields_escape_names() -> None:
    from sgbasis.pictures.fields.field_pictures import section_scale
    from sgbasis.pictures.rotatable.field_page import isosurface_page, section_page

    x = np.arange(16) / 16
    values = np.cos(2 * np.pi * x)[:, None, None] + np.cos(2 * np.pi * x)[None, :, None] + np.zeros(16)
    field = GridField(values, 4 * np.eye(3), "electron density", "e/Angstrom^3", np.array([11]), np.zeros((1, 3)))
    name = "<script>alert(1)</script>"
    page = check_page(isosurface_page(field, [1.0, -1.0], name=name))
    assert name not in page and "&lt;script&gt;" in page and '"Na"' in page
    plane = CrystalPlane.of_indices(field.lattice, (0, 0, 1))
    section = plane.section(FourierSeries.of(field), 31)
    scale = section_scale(field, section[2], None, None, logarithmic=False)
    assert "electron density (e" in check_page(section_page(field, plane, section, scale, name=name))
    in_ratios = section_scale(field, section[2], None, (0.1, 2.0), logarithmic=True)
    page = section_page(field, plane, section, in_ratios).decode()
    assert (
        '"ticktext":["0.1","0.15","0.2","0.3","0.5","0.7","1","1.5","2"]' in page and '"showlegend":false' in page
    )


def test_the_section_that_shows_most_is_chosen() -> None:
    with open_store() as store:
        for setting in standard_settings()[::6]:
            compiled = store.read(setting)
            function = WaveSum.of(compiled, 1)
            chosen = default_section(function)
            share = shown_share(function, chosen)
            for at in (Fraction(0), Fraction(1, 8), Fraction(1, 4)):
                assert share >= 0.989 * shown_share(function, Section(2, at)), setting
        spinel = WaveSum.of(store.read(standard_settings()[226]), 1)
    assert default_section(spinel) == Section(2, Fraction(1, 8))
    assert shown_share(spinel, Section(2, Fraction(0))) < 0.8

"""The report with pictures: one file that needs no other, with every crystal, in which names are text."""

from __future__ import annotations

import base64
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sgbasis import predict
from tests.support.command_line import run_predict
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS, json_record, write_jsonl
from tests.support.tiny_models import DIELECTRIC, ELASTIC, ENERGY, PIEZOELECTRIC, save_tiny

pytest.importorskip("matplotlib")

EVIL = '<script>alert("1")</script>@rows@'


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on") and value is not None
            if tag == "img" and name == "src":
                self.images.append(value)
            elif name == "href":
                self.links.append(value)
            elif name == "id":
                self.ids.append(value)
            elif name == "src":
                self.outside.append(value)


@pytest.mark.usefixtures("small_chunks")
def test_a_report_has_every_crystal(tmp_path: Path) -> None:
    model = save_tiny(tmp_path / "model", ENERGY, ELASTIC, DIELECTRIC, PIEZOELECTRIC)
    names = ["nacl", "quartz", "rutile", "spinel", "nacl"]
    records = [json_record(name, id=f"{EVIL}{number}") for number, name in enumerate(names)]
    file = write_jsonl(tmp_path / "in.jsonl", [*records, "{"])
    output = tmp_path / "report.html"
    result = run_predict(file, "--model", model, "-o", output, "--workers", 1)
    assert "20 predictions for 5 crystals" in result.stdout and result.exit_code == 1
    text = output.read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("section") == 5 and page.tags.count("script") == 1 and not page.outside
    assert page.links == [f"#crystal-{number}" for number in range(1, 6)]
    assert set(page.ids) == {"summary", *(link[1:] for link in page.links)}
    assert text.count("&lt;script&gt;") == 10 and "in.jsonl:6: not JSON" in text
    # Young's modulus of all, the dielectric constant where it depends on direction, e of quartz.
    assert len(page.images) == 5 + 2 + 1
    for image in page.images:
        assert base64.b64decode(image.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert text.count("in all directions") == 3 and "centre of inversion" in text
    assert not re.search(r"https?://|@[a-z]+@(?!\d)", text)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.jsonl", "model", "report.html"]


def test_the_table_on_top_has_intervals_and_notes(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    files = (CRYSTALS / "quartz.cif", OTHER_CELLS / "quartz_rounded.cif")
    result = run_predict(*files, "--property", "bulk_modulus", "--property", "elastic_tensor", "-o", output)
    assert result.exit_code == 0, result.output
    text = output.read_text(encoding="utf-8")
    found = predict(files, ["bulk_modulus", "elastic_tensor"])
    rows = re.findall(r"<tr><td><a.*?</tr>\n", text)
    assert len(rows) == 2
    for row, number, tensor in zip(rows, found[::2], found[1::2], strict=True):
        assert number.interval is not None
        shown = [f"{one:.0f}" for one in (number.value, *number.interval)]  # two digits of the width
        assert f"{shown[0]} <small>[{shown[1]}, {shown[2]}]</small></td>" in row
        notes = {*number.notes, *tensor.notes}
        assert row.count("<li>") == len(notes) and all(note in unescape(row) for note in notes)
    assert "<details><summary>" in rows[1] and "unlike" not in rows[1]
    assert "Tensors and\nclasses have no intervals" in text


def test_a_report_has_a_limit(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_jsonl(tmp_path / "in.jsonl", [json_record("nacl")] * 1001)
    result = run_predict(file, "--model", model, "-o", tmp_path / "report.html")
    assert result.exit_code == 1 and "report.html can hold 1,000 crystals, and there are more" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]

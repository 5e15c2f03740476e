"""Names from files of strangers are printed on their line and do nothing; CSV files hold no formulas."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_store import Setting, write_crystals
from basis_store.printable import MAX_LENGTH, csv_cell, lines_text, markdown_text, printable, short_line
from basis_store.tables.text_table import table_lines
from runtime.pretrained.card import ModelCard
from runtime.targets.scalar_target import ScalarTarget
from sgbasis.cli import main
from tests.structure.test_listing import ROOT
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import ELASTIC, ENERGY, save_tiny

NAMES = [
    "\x1b[31mred\x1b]0;title\x07", "two\nlines", "over\rwritten", "a\u202eright to left",
    "\x9b2J", "sep\u2028line", "=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "= 1", "\uff1d1", "zero\u200bwidth",
]  # fmt: skip
REFUSED = ["half\ud800", "nul\0"]
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def assert_safe(result: Result, lines: int | None = None) -> None:
    assert not isinstance(result.exception, UnicodeError)
    assert not UNSAFE.search(result.output), ascii(result.output)
    if lines is not None:
        assert result.output.count("\n") == lines, result.output


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "both", ENERGY, ELASTIC)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [json_record("nacl", id=name) for name in NAMES]
    return write_jsonl(tmp_path_factory.mktemp("data") / "names.jsonl", records)


def test_what_is_escaped() -> None:
    assert [printable(text) for text in ("é x", "a\nb\t", "\x1b", "\x9b", "\u202e", "\ud800", "\xa0")] == [
        "é x", r"a\nb\t", r"\x1b", r"\x9b", r"\u202e", r"\ud800", r"\xa0",
    ]  # fmt: skip
    assert lines_text(["a\nb", "c"]) == "a\\nb\nc"
    assert table_lines([("a\nb", "1"), ("c", "2")]) == [r"a\nb  1", "c     2"]
    long = short_line("x" * 5000 + "the end")
    assert len(long) < MAX_LENGTH + 10 and long.endswith("the end") and " ... " in long
    assert len(table_lines([("x" * 100_000, "1")])[0]) < 2 * MAX_LENGTH


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", " =1", "\uff0b1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert csv_cell(text) == f"'{text}"
    assert [csv_cell(one) for one in ("-", "a=1", "\t=1", "")] == ["-", "a=1", r"\t=1", ""]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_predictions_are_printed_safely(hostile: Path, model: Path, form: list[str]) -> None:
    result = run("predict", hostile, "--model", model, *form)
    assert result.exit_code == 0, result.output
    assert_safe(result, None if not form else 2 * len(NAMES))
    if form:
        found = [json.loads(line)["identifier"] for line in result.stdout.splitlines()]
        assert found[::2] == NAMES, "JSON holds them exactly"
    else:
        assert result.stdout.count("formation_energy_per_atom") == len(NAMES) + 1  # and why it has no intervals
        assert r"two\nlines" in result.stdout and r"\x1b[31mred" in result.stdout


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_a_name_that_no_file_can_hold_is_refused_safely(name: str, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps(json_record("nacl", id=name)))
    result = run("predict", path, "--model", model)
    assert result.exit_code == 1
    assert_safe(result, 1)


def test_predictions_in_csv_hold_no_formulas(hostile: Path, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    assert run("predict", hostile, "--model", model, "-o", output).exit_code == 0
    text = output.read_text()
    assert not UNSAFE.search(text)
    rows = list(csv.DictReader(io.StringIO(text)))[::2]
    assert len(rows) == len(NAMES)
    assert [row["identifier"] for row in rows] == [csv_cell(name) for name in NAMES]
    assert not any(row[key][:1] in "=+@" for row in rows for key in ("identifier", "notes") if row[key])
    assert float(rows[0]["value"]) < 0, "numbers stay numbers"


def test_encodings_in_csv_hold_no_formulas(tmp_path: Path) -> None:
    text = (CRYSTALS / "nacl.cif").read_text().replace("Na1 Na", "=Na+1 Na")
    (tmp_path / "=x.cif").write_text(text)
    result = run("encode", tmp_path / "=x.cif", "-o", tmp_path / "out.csv")
    if result.exit_code == 0:
        with (tmp_path / "out.csv").open() as file:
            assert not any(cell.startswith(("=", "+", "@")) for row in csv.reader(file) for cell in row)


def test_names_in_files_and_datasets_are_printed_safely(hostile: Path, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred\nname.cif"
    path.write_text((CRYSTALS / "nacl.cif").read_text())
    assert_safe(run("encode", path))
    (tmp_path / "bad\x1b[2J\n.cif").write_text("data_\n")
    assert_safe(run("predict", tmp_path / "bad\x1b[2J\n.cif"), 1)
    assert_safe(run("encode", tmp_path / "bad\x1b[2J\n.cif"), 1)
    assert_safe(run("crystals", hostile, "-o", tmp_path / "out.h5"))
    record = made_record(Setting.standard(1), np.random.default_rng(0), n_sites=1)
    record.targets["\x1b[31m\nt"] = 1.0  # type: ignore[index]
    write_crystals(tmp_path / "odd.h5", [record], units={"\x1b[31m\nt": "\x07eV\u202e"}, notes=["\x1b[2J\nx"])
    result = run("info", tmp_path / "odd.h5")
    assert result.exit_code == 0 and r"\x1b[31m\nt" in result.stdout
    assert_safe(result)
    assert_safe(run("evaluate", "--model", "band_gap", "--data", tmp_path / "odd.h5"), 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("\x1b[31m\n",), ("--\x1b[31m",), ("show", "2\x1b[31m\n"), ("show", "--\x1b"), ("info", "\x1b\n.h5"),
        ("tensor", "221", "\x1b\n"), ("evaluate", "--model", "\x1b\n", "--data", "x"), ("predict", "\u202e.cif"),
        ("predict", "x.cif", "--property", "\x1b\n"), ("verify", "\x1b"), ("fetch", "\x1b\n"),
        ("train", "\x1b.toml"), ("project-tensor", "\x1b", "\x1b"), ("curves", "\x1b"), ("plot", "\x1b"),
        ("export", "\x1b", "--setting", "\n"), ("unseen-groups", "\x1b", "\x1b"), ("encode", "\x1b"),
        ("compile", "--settings", "\x1b\n"), ("crystals", "\x1b\n", "-o", "x.h5"), ("show", "x" * 100_000),
        ("info", "x" * 100_000), ("tensor", "227", "i" * 100_000),
    ],
)  # fmt: skip
def test_every_error_is_one_short_safe_line(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert_safe(result, 1)
    assert result.output.startswith("Error: ") and len(result.output) < MAX_LENGTH + 100


def test_commands_print_through_one_function() -> None:
    """``sgbasis.echo`` escapes; click and print do not."""
    raw = re.compile(r"click\.(echo|secho)\(|(?<![\w.])print\(")
    files = [path for path in (ROOT / "sgbasis").rglob("*.py") if path.name != "echo.py"]
    assert not [path.name for path in files if raw.search(path.read_text())]


def test_model_cards_hold_no_markup_of_names() -> None:
    name = "a|b`c\n# head <script> [x](y) \x1b[31m"
    target = ScalarTarget(name, "<b>|\x07")
    card = ModelCard(
        name=name,
        summary=target.description,
        sources=[],
        training="",
        figures=[target.loss_figure(1.0)],
        limits=[],
    ).to_markdown()
    assert not UNSAFE.search(card) and "\n# head" not in card and "<b>" not in card.replace(r"\<b\>", "")
    assert r"# a\|b\`c\\n# head \<script\>" in card
    assert r"``a|b`c\n# head <script> [x](y) \x1b[31m``" in card.replace("`` ", "``").replace(" ``", "``")
    (row,) = [line for line in card.splitlines() if line.startswith("| mean")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 3, "two cells"
    plain = ScalarTarget("bulk_modulus_vrh", "GPa")
    assert plain.description == "`bulk_modulus_vrh` in GPa"
    assert markdown_text("bulk_modulus_vrh (95 %)") == "bulk_modulus_vrh (95 %)"

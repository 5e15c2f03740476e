"""Figures on pages and model cards are those of the files of results, and no figure is typed by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.pages.__main__ import cards, pages
from benchmarks.pages.figures import _speed_gpu, read_figures
from benchmarks.pages.fill import filled, look_up, significant, without_marks
from benchmarks.row import Row
from tests.support.source_tree import ROOT

FIGURES = {
    "errors": {"gap": 0.2170, "energy": 0.0389},
    "rows": [{"name": "a", "value": 1210.0, "seconds": 0.0294}, {"name": "|b|", "value": None, "seconds": 4.31}],
}
QUANTITY = re.compile(
    r"(?<![\w.^-])\d[\d,.]*(?: to [\d.,]+)? ?"
    r"(?:%|times\b|(?:k|M|G)i?B\b|(?:ms|s|seconds?|minutes?|hours?|microseconds?)\b"
    r"|(?:m?eV(?:/atom)?|GPa|log10 GPa|C/m\^2)\b|crystals/s|GFLOP/s|GB/s)"
)
"""A number with a unit of speed, size or accuracy."""
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`|^    .*?$", re.MULTILINE | re.DOTALL)


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=label)
def test_pages_show_the_figures_of_the_files_of_results(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text, read_figures()) == text, "run python -m benchmarks.pages"


def test_model_cards_show_the_figures_of_their_models() -> None:
    stale = [card.parent.name for card, text in cards() if card.read_text(encoding="utf-8") != text]
    assert stale == [], "run python -m benchmarks.pages"


def test_the_models_that_ship_have_the_errors_that_their_cards_give() -> None:
    figures = read_figures()
    for name, shipped in figures["shipped"].items():
        measured = figures["evaluations"][name]
        for key, value in shipped.items():
            if measured.get(key) is not None:
                assert measured[key] == pytest.approx(value, rel=2e-3), f"{key} of {name}"


def typed_quantities(text: str) -> set[str]:
    """All quantities outside of marks and code."""
    return {quantity[0].strip() for quantity in QUANTITY.finditer(_CODE.sub("", without_marks(text)))}


def test_typed_figures_are_found() -> None:
    text = (
        "An error of 0.081 log10 GPa, 92 times as fast in 9 GB; <!--fig errors.gap .2f-->0.22<!--/--> eV.\n\n"
        "    sgbasis predict   # 3 s\n\nTen of 444 atoms in 1.3 to 2 ms, `5 MB`, 1,210 crystals/s, 12.5 %.\n"
    )
    found = {"0.081 log10 GPa", "92 times", "9 GB", "1.3 to 2 ms", "1,210 crystals/s", "12.5 %"}
    assert typed_quantities(text) == found


TYPED = {
    "0.030 eV/atom": "an aim, not a result",
    "25 %": "the definition of EwT25",
    "5 %": "the definition of EwT5",
    "95 %": "the definition of an interval",
    "100 %": "what a share of the limit would be at best",
    "90 %": "the nominal coverage of intervals",
    "0.1 eV": "a limit in the code",
    "100 GPa": "an example of a unit",
    "4 MiB": "a constant of the code",
    **dict.fromkeys(
        (
            "4 MB",
            "10 MB",
            "16 MB",
            "100 MB",
            "200 MB",
            "3 GB",
            "8 times",
            "100 times",
            "60 s",
            "60 seconds",
            "100 s",
        ),
        "a limit in the code",
    ),
}
"""Quantities on pages that nobody measured, and why they are there."""


@pytest.mark.parametrize("page", pages(), ids=label)
def test_no_figure_is_typed_by_hand(page: Path) -> None:
    assert typed_quantities(page.read_text(encoding="utf-8")) - TYPED.keys() == set(), (
        "measured? put it into docs/figures; see the README there"
    )


def test_figures_are_filled_in() -> None:
    page = "Gap <!--fig errors.gap .2f-->{}<!--/--> eV, <!--fig errors.gap / errors.energy 2-->{}<!--/--> times.\n"
    done = page.format("0.22", "5.6")
    assert filled(page.format("0.3", ""), FIGURES) == done
    assert filled(done, FIGURES) == done
    assert without_marks(done) == "Gap  eV,  times.\n"


def test_tables_are_filled_in() -> None:
    mark, head = (
        "<!-- rows rows: | `{name}` | {value:3} | {seconds:time} | -->",
        "| name | value | time |\n|---|---:|---|",
    )
    page = f"Text\n\n{mark}\n{head}\n| old | 1 | 2 |\n<!-- end -->\n\nMore\n"
    done = f"Text\n\n{mark}\n{head}\n| `a` | 1,210 | 29 ms |\n| `\\|b\\|` | | 4.3 s |\n<!-- end -->\n\nMore\n"
    assert filled(page, FIGURES) == done
    assert filled(done, FIGURES) == done
    assert "old" not in without_marks(page)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("a <!--fig errors.none .2f-->1<!--/-->", "there is no figure 'errors.none': nothing is called 'none'"),
        ("a <!--fig errors.gap .2f-->1", "one without its other half"),
        ("a <!-- rows rows: | {name} | -->\n\n<!-- end -->", "one without its other half"),
        ("- <!--fig errors.gap .2f-->1<!--/--> eV", "is not read as Markdown"),
    ],
)
def test_wrong_marks_are_refused(page: str, words: str) -> None:
    with pytest.raises((KeyError, ValueError), match=re.escape(words)):
        filled(page, FIGURES)


def test_significant_digits() -> None:
    values = [0.03991, 142.3, 1210.4, 9.96, 0.0, 0.9996, -2.345]
    assert [significant(value, 2) for value in values] == ["0.040", "140", "1,200", "10", "0", "1.0", "-2.3"]
    assert look_up("rows.1.name", FIGURES) == "|b|"


def test_speed_of_a_gpu_is_shown_once_it_is_measured() -> None:
    assert _speed_gpu(None) == {"rows": [], "measured": "not measured on a GPU yet"}
    rate = {"unit": "crystals/s", "ours": 25_000.0, "peer": 2_000.0}
    row = Row(name="gpu_train", what="steps", busy=0.85, peak_bytes=5e9, **rate)
    machine = {
        "gpu": "H100", "bandwidth": 2.95e12, "flops": 5.1e13, "bfloat16_flops": 7e14, "date": "2027-01-01",
        "torch": "2.11", "triton": "3.6",
    }  # fmt: skip
    found = _speed_gpu({"machine": machine, "rows": [row.to_json()]})
    assert found["measured"] == (
        "H100, 2.95 TB/s copied, 51.0 TFLOP/s in float32 and 700 in bfloat16, 2027-01-01, PyTorch 2.11, Triton 3.6"
    )
    mark = "<!-- rows speed_gpu.rows: | {name} | {ours_text} | {ratio:2} | {peak_bytes:size} | {busy:.0%} | -->"
    head = "| name | ours | ratio | memory | busy |\n|---|---|---|---|---|\n"
    page = f"{mark}\n{head}<!-- end -->\n"
    shown = "| gpu_train | 25,000 crystals/s | 12 | 5.0 GB | 85% |\n"
    assert filled(page, {"speed_gpu": found}) == page.replace("<!-- end -->", f"{shown}<!-- end -->")

"""``sgbasis curves`` and ``sgbasis unseen-groups``: figures of finished training runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sgbasis.pictures.learning_curves import learning_curves_picture
from sgbasis.pictures.parity_picture import parity_picture
from sgbasis.pictures.style import unit_mathtext
from tests.support.command_line import error_line, sgbasis


def made_run(folder: Path, val: dict[str, float], held_out: dict[str, float] | None = None) -> Path:
    def scores(errors: dict[str, float]) -> dict[str, Any]:
        by_group = {group: {"n": 3, "mae": mae} for group, mae in errors.items()}
        return {"energy": {"overall": {"n": 3 * len(errors), "mae": 0.5}, "by_group": by_group}}

    folder.mkdir()
    history = [
        {"epoch": e, "val_loss": {"energy": 1 / (e + 1)}, "train_loss": {"energy": 2 / (e + 1)}} for e in (0, 1)
    ]
    report = {"val": scores(val), "held_out": held_out and scores(held_out), "history": history}
    (folder / "report.json").write_text(json.dumps(report))
    return folder


def test_the_gap_is_the_mean_over_groups(tmp_path: Path) -> None:
    all_data = made_run(tmp_path / "all", {"2": 0.1, "14": 0.4, "19": 0.7})
    held_out = made_run(tmp_path / "noinv", {"19": 0.7}, {"2": 0.3, "14": 0.3, "15": 9.0})
    done = sgbasis("unseen-groups", held_out, all_data)
    # |0.3 - 0.1| and |0.3 - 0.4|; group 15 has no crystal to validate on in the other run.
    assert "gap 0.1500 over 2 groups" in done.stdout
    assert "held no group out" in error_line(sgbasis("unseen-groups", all_data, held_out))


def test_targets_without_a_mean_absolute_error_are_named(tmp_path: Path) -> None:
    """Tensors and classes have other scores."""
    runs = [
        made_run(tmp_path / "all", {"2": 0.1, "14": 0.4}),
        made_run(tmp_path / "noinv", {"19": 0.7}, {"2": 0.3}),
    ]
    for run in runs:
        report = json.loads((run / "report.json").read_text())
        for part in filter(None, (report["val"], report["held_out"])):
            part["metal"] = {"overall": {"n": 3, "roc_auc": 0.9}, "by_group": {"2": {"n": 3, "roc_auc": None}}}
        (run / "report.json").write_text(json.dumps(report))
    done = sgbasis("unseen-groups", runs[1], runs[0])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("energy: gap 0.2000")
    assert done.stdout.splitlines()[1] == "metal: left out, for the gap is one of mean absolute errors of numbers"


def test_curves_are_a_picture(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", {"1": 0.1})
    assert sgbasis("curves", run, "-o", tmp_path / "curves.png").returncode == 0
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_curves_have_the_epochs_of_the_report_and_the_initial_model() -> None:
    pytest.importorskip("matplotlib")
    start = {"epoch": -1, "val_loss": {"energy": 0.5}}
    later = [{"epoch": e, "val_loss": {"energy": 0.25}, "train_loss": {"energy": 0.2}} for e in (0, 1)]
    drawn = learning_curves_picture({"run": [start, *later]}, {}, {}, kind="svg").decode()
    assert "epoch (-1: the initial model)" in drawn
    assert "initial model" not in learning_curves_picture({"run": later}, {}, {}, kind="svg").decode()


def test_the_legend_names_runs_only_where_there_are_several() -> None:
    pytest.importorskip("matplotlib")
    history = [{"epoch": e, "val_loss": {"x": 1 / (e + 1)}, "train_loss": {"x": 0.1}} for e in (0, 1)]

    def texts(*names: str) -> set[str]:
        """In an SVG they are comments beside their outlines."""
        histories = dict.fromkeys(names, history)
        drawn = learning_curves_picture(histories, {"x": "error"}, {"x": "g/cm^3"}, kind="svg").decode()
        return set(re.findall("<!-- (.*) -->", drawn))

    assert {"validation", "training", "0.5", r"error ($\mathrm{g\,cm^{-3}}$)"} <= texts("one")
    assert "one" not in texts("one")
    assert {"one", "other", "training"} <= texts("one", "other")


def test_parity_plots_have_equal_ticks() -> None:
    pytest.importorskip("matplotlib")
    values = np.array([2.0, 7.3, 30.0])
    for logarithmic in (False, True):
        drawn = parity_picture(values, 1.1 * values, name="K", unit="GPa", logarithmic=logarithmic, kind="svg")
        axes = drawn.decode().partition('id="matplotlib.axis_1"')[2].split('id="matplotlib.axis_2"')
        numbers = [re.findall(r"<!-- ([0-9.]+) -->", axis) for axis in axes]
        assert numbers[0] and numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("unit", "printed"),
    [
        ("g/cm^3", r"$\mathrm{g\,cm^{-3}}$"), ("Angstrom^3", r"$\mathrm{\AA^{3}}$"), ("eV/atom", "eV/atom"),
        ("log10 GPa", "log10 GPa"), ("C/m^2", r"$\mathrm{C\,m^{-2}}$"), ("$x^2$", r"\$x^2\$"),
    ],
)  # fmt: skip
def test_units_are_printed_with_their_powers(unit: str, printed: str) -> None:
    assert unit_mathtext(unit) == printed


@pytest.mark.parametrize("content", [None, "", "{}", "[1]"])
def test_a_run_without_a_report_is_named(tmp_path: Path, content: str | None) -> None:
    run = tmp_path / "run"
    run.mkdir()
    if content is not None:
        (run / "report.json").write_text(content)
    for command in (["curves", run, "-o", tmp_path / "x.png"], ["unseen-groups", run, run]):
        assert str(run) in error_line(sgbasis(*command))


def test_what_is_missing_to_train_is_named(tmp_path: Path) -> None:
    assert "give --data FILE and --target NAME and --output FOLDER, or a CONFIG" in error_line(sgbasis("train"))
    assert "give --target NAME, or" in error_line(sgbasis("train", "--data", "x.h5", "--output", tmp_path))
    assert "to take the one that ships, write mp_scalar" in error_line(
        sgbasis("train", tmp_path / "data" / "training" / "mp_scalar.toml")
    )
    assert "configurations that ship: crystal_fourier" in error_line(sgbasis("train", "mp_scalr"))


def test_configurations_that_ship_are_found_by_name(tmp_path: Path) -> None:
    """By name the file is found; what is missing are the data that it names."""
    done = sgbasis(
        "train", "mp_scalar", "--data", tmp_path / "no.h5", "--output", tmp_path / "run", "--device", "cpu"
    )
    assert "no.h5" in error_line(done) and "unit" not in error_line(done)

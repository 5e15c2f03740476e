"""The campaign in short: a few inputs of every subject and a kill of every job, with no fault."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.campaign import sandbox
from tests.campaign.campaign import Findings, run_cases
from tests.campaign.kills import run_kills
from tests.campaign.sandbox import MEMORY, Run, run_forked
from tests.campaign.subject import Case, Subject
from tests.campaign.subjects.table import SUBJECTS
from tests.campaign.verdict import fault

INPUTS = 300


def listed(findings: Findings) -> str:
    return "\n".join(
        f"{number} [{damage}] sgbasis {command}: {text}" for number, damage, command, text in findings.faults
    )


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_no_input_is_believed_wrongly_or_ends_in_a_traceback(subject: Subject) -> None:
    numbers = range(round(INPUTS * subject.share))
    findings = run_cases(subject, numbers, seed=1, workers=1)
    assert not findings.faults, listed(findings)
    assert findings.refused
    assert findings.refused + findings.accepted == len(numbers)


def test_a_killed_command_leaves_nothing_half_written_and_can_be_repeated() -> None:
    findings = run_kills(4, seed=1, workers=1)
    assert not findings.faults, listed(findings)


def test_memory_of_the_process_that_forks_does_not_count(tmp_path: Path) -> None:
    """Other tests leave it large, and every run ended at the limit then."""
    held = np.ones(2 * MEMORY // 8)
    done = run_forked(("--version",), tmp_path)
    assert (done.ended, done.exit_code) == ("exit", 0)
    assert done.peak < MEMORY < held.nbytes


def test_a_run_that_computes_for_ever_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 1)
    monkeypatch.setattr("sgbasis.entry_point.main", lambda: next(one for one in itertools.count() if one < 0))
    assert run_forked((), tmp_path).ended == "time"


def test_the_shares_are_all_of_the_inputs() -> None:
    assert sum(subject.share for subject in SUBJECTS) == pytest.approx(1)


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        (Run(0, "fine\n", "", 0, "exit"), ""),
        (Run(1, "", "Error: no such file\n", 0, "exit"), ""),
        (Run(-9, "", "", 0, "time"), "hang"),
        (Run(-9, "", "", 2 << 30, "memory"), "memory"),
        (Run(1, "", "Traceback (most recent call last)\nKeyError: 1\n", 0, "exit"), "traceback"),
        (Run(-11, "", "", 0, "exit"), "traceback"),
        (Run(1, "", "", 0, "exit"), "silent"),
        (Run(0, "", "a.py:12: RuntimeWarning: overflow\n", 0, "exit"), "warning"),
        (Run(1, "", "Error: \x1b[31m\n", 0, "exit"), "escape"),
        (Run(1, "", "Error: " + "a" * 5000, 0, "exit"), "unbounded"),
        (Run(1, "", "bad\n" * 1000, 0, "exit"), "unbounded"),
    ],
)  # fmt: skip
def test_a_fault_is_seen(run: Run, kind: str) -> None:
    assert fault(Case((), "", lambda _: ""), run).split(":")[0] == kind


def test_a_wrong_result_is_seen() -> None:
    assert fault(Case((), "", lambda _: "other weights"), Run(0, "", "", 0, "exit")) == "wrong: other weights"

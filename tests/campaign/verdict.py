"""Judge one run of the command: what a user must never see."""

from __future__ import annotations

import re

from tests.campaign.sandbox import Run
from tests.campaign.subject import Case

LONGEST_LINE = 2000
MOST_ERROR_LINES = 60

_PYTHON_WARNING = re.compile(r"\.py:\d+: \w*Warning")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|[\udc80-\udcff]")


def fault(case: Case, run: Run) -> str:
    """The kind of fault and its circumstances; ``""`` if the run is right.

    Kinds: hang, memory, traceback, warning, silent (fails without a word), escape (raw control characters),
    unbounded (errors without end), wrong.
    """
    return _ending(run) or _printed(run) or (f"wrong: {problem}" if (problem := case.problem(run)) else "")


def _ending(run: Run) -> str:
    if run.ended != "exit":
        return f"{'hang' if run.ended == 'time' else 'memory'}: {run.peak >> 20} MB"
    if "Traceback (most recent call last)" in run.errors:
        return f"traceback: {run.errors.strip().splitlines()[-1][:300]}"
    if run.exit_code not in (0, 1, 2):
        return f"traceback: exit code {run.exit_code}"
    if run.exit_code and not run.errors.strip():
        return f"silent: exit code {run.exit_code}"
    return ""


def _printed(run: Run) -> str:
    if _PYTHON_WARNING.search(run.errors):
        return f"warning: {run.errors.strip()[:300]}"
    for text in (run.errors, run.output):
        if found := _CONTROL.search(text):
            around = text[max(0, found.start() - 40) : found.end() + 40]
            return f"escape: {around!r}"
    lines = run.errors.splitlines()
    if len(lines) > MOST_ERROR_LINES or any(len(line) > LONGEST_LINE for line in lines):
        return f"unbounded: {len(lines)} lines of errors, {max(map(len, lines))} characters"
    return ""

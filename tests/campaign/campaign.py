"""Run many cases in several processes, and collect their faults."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaign.sandbox import preload, run_forked
from tests.campaign.subject import Subject
from tests.campaign.verdict import fault


@dataclass
class Findings:
    """Results of the cases of one subject.

    Attributes:
        refused: with an error.
        accepted: with a right result.
        faults: (number of the case, damage, command, fault).
        peak: of the memory of all runs, in bytes.
    """

    refused: int = 0
    accepted: int = 0
    faults: list[tuple[int, str, str, str]] = field(default_factory=list)
    peak: int = 0

    @property
    def kinds(self) -> Counter[str]:
        """Number of faults of each kind."""
        return Counter(text.split(":")[0] for *_, text in self.faults)


def run_cases(
    subject: Subject, numbers: Sequence[int], *, seed: int, workers: int, keep: Path | None = None
) -> Findings:
    """Run the cases of these numbers.

    Args:
        subject: what to damage.
        numbers: which cases; each depends on the seed and its number alone.
        seed: of the campaign.
        workers: processes.
        keep: folder for the inputs with faults; default: none is kept.
    """
    preload()
    findings = Findings()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "whole").mkdir()
        subject.prepare(root / "whole")
        for part in _parts(subject, numbers, root, seed, workers, keep):
            findings.refused += part.refused
            findings.accepted += part.accepted
            findings.faults += part.faults
            findings.peak = max(findings.peak, part.peak)
    findings.faults.sort()
    return findings


def _parts(
    subject: Subject, numbers: Sequence[int], root: Path, seed: int, workers: int, keep: Path | None
) -> Iterator[Findings]:
    shares = [numbers[i :: max(1, workers)] for i in range(max(1, workers))]
    context = multiprocessing.get_context("fork")  # a worker needs the subject as it has been prepared
    queue = context.SimpleQueue()
    processes = [
        context.Process(target=_worker, args=(queue, subject, share, root, seed, keep))
        for share in shares
        if share
    ]
    for process in processes:
        process.start()
    for _ in processes:
        part = queue.get()
        if isinstance(part, str):
            raise RuntimeError(part)
        yield part
    for process in processes:
        process.join()


def _worker(
    queue: object, subject: Subject, numbers: Sequence[int], root: Path, seed: int, keep: Path | None
) -> None:
    try:
        result: Findings | str = _run(subject, numbers, root, seed, keep)
    except Exception as error:  # the parent waits for an answer
        result = f"{subject.name}: {type(error).__name__}: {error}"
    queue.put(result)  # type: ignore[attr-defined]


def _run(subject: Subject, numbers: Sequence[int], root: Path, seed: int, keep: Path | None) -> Findings:
    findings = Findings()
    for number in numbers:
        folder = root / f"case-{number}"
        folder.mkdir()
        case = subject.case(folder, random.Random(f"{seed} {subject.name} {number}"))
        given = root / f"given-{number}"
        if keep is not None:
            shutil.copytree(folder, given)
        run = run_forked(case.arguments, folder)
        findings.peak = max(findings.peak, run.peak)
        text = fault(case, run)
        if text:
            findings.faults.append((number, case.damage, " ".join(case.arguments), text))
            if keep is not None:
                shutil.copytree(given, keep / subject.name.replace(" ", "_") / str(number), dirs_exist_ok=True)
        elif run.exit_code:
            findings.refused += 1
        else:
            findings.accepted += 1
        shutil.rmtree(folder)
        shutil.rmtree(given, ignore_errors=True)
    return findings

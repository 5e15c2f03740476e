"""Kill commands at random moments and run them again: nothing half-written, and the undisturbed result."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.campaign.campaign import Findings
from tests.campaign.subjects.sample_texts import sample_texts
from tests.support.crystals.made_datasets import made_dataset
from tests.support.tiny_models import ENERGY, save_tiny

_LIMIT = 120.0
"""Seconds after which a command hangs."""


@dataclass(frozen=True)
class Job:
    """A command that writes ``output``, a path relative to its folder."""

    name: str
    arguments: Sequence[str]
    output: str


_JOBS = (
    Job("crystals", ("crystals", "../many.jsonl", "-o", "out.h5", "--workers", "2"), "out.h5"),
    Job(
        "compile",
        ("compile", "--settings", "standard", "--radius", "3", "-o", "out.h5", "--workers", "2"),
        "out.h5",
    ),
    Job(
        "predict",
        ("predict", "../many.jsonl", "--model", "../model", "-o", "out.jsonl", "--workers", "2"),
        "out.jsonl",
    ),
    Job("train", ("train", "../small.toml", "--device", "cpu"), "run/model/model.safetensors"),
)

_SMALL = """
data = ["../data.h5"]
targets = ["energy"]
output = "run"
epochs = 12
batch_size = 8
[model]
width = 16
layers = 1
heads = 2
head_width = 4
feed_forward = 16
radial = 4
"""


def run_kills(n: int, *, seed: int, workers: int) -> Findings:
    """Kill ``n`` runs, the jobs in turn, ``workers`` at a time."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(workers) as pool:
        root = Path(scratch)
        _write_inputs(root)
        whole = {}
        for job in _JOBS:
            start = time.monotonic()
            code, text = _run(job, root / job.name)
            assert code == 0, text
            whole[job] = (time.monotonic() - start, _content(root / job.name, job))

        def one(number: int) -> str:
            job = _JOBS[number % len(_JOBS)]
            return _fault(job, root / f"kill-{number}", random.Random(f"{seed} kill {number}"), *whole[job])

        for number, text in enumerate(pool.map(one, range(n))):
            job = _JOBS[number % len(_JOBS)]
            if text:
                findings.faults.append((number, job.name, " ".join(job.arguments), text))
            else:
                findings.accepted += 1
    return findings


def _write_inputs(root: Path) -> None:
    line = json.loads(sample_texts()["three.jsonl"].splitlines()[0])
    lines = []
    for i in range(600):
        lattice = [[x * (1 + i / 3000) for x in row] for row in line["lattice"]]
        lines.append(json.dumps(line | {"id": f"salt-{i}", "lattice": lattice}))
    (root / "many.jsonl").write_text("\n".join(lines))
    (root / "small.toml").write_text(_SMALL)
    made_dataset(root / "data.h5", 40)
    save_tiny(root / "model", ENERGY)


def _start(job: Job, folder: Path) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "sgbasis", *job.arguments], cwd=folder, env=environment, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def _run(job: Job, folder: Path) -> tuple[int, str]:
    process = _start(job, folder)
    try:
        _, errors = process.communicate(timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return 124, f"it hangs: {_LIMIT:.0f} s"
    return process.returncode, errors


def _content(folder: Path, job: Job) -> bytes | None:
    path = folder / job.output
    return path.read_bytes() if path.exists() else None


def _fault(job: Job, folder: Path, rng: random.Random, seconds: float, right: bytes | None) -> str:
    """What is wrong after one or two kills and a last run."""
    for _ in range(rng.choice((1, 1, 2))):
        if text := _killed(job, folder, rng, seconds, right):
            return text
    # The same command again ends as if nothing had happened.
    code, errors = _run(job, folder)
    left = [path.name for path in folder.iterdir() if path.name != job.output.split("/")[0]]
    if code:
        text = f"the same command again fails with {code}: {errors.strip()[-300:]}"
    elif _content(folder, job) != right:
        text = f"another {job.output} when run again"
    elif left:
        text = f"left behind: {', '.join(left)}"
    shutil.rmtree(folder)
    return f"wrong: {text}" if text else ""


def _killed(job: Job, folder: Path, rng: random.Random, seconds: float, right: bytes | None) -> str:
    """Start the job and kill it at a random moment, all its processes or only the first; what is wrong then."""
    process = _start(job, folder)
    time.sleep(rng.uniform(0.05, seconds * 1.05))
    number = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM))
    with contextlib.suppress(ProcessLookupError):  # it has ended before
        if rng.random() < 0.5:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    try:
        _, errors = process.communicate(timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"hang: it does not end after {number.name}"
    if "Traceback" in errors:
        return f"traceback: after {number.name}: {errors.strip().splitlines()[-1]}"
    if _content(folder, job) not in (None, right):
        return f"wrong: half-written {job.output} after {number.name}"
    return ""

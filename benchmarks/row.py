"""One row of the tables that benchmarks print: our time, that of a peer, and the limit of the machine."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from basis_store.files.atomic_write import write_atomically

HEADINGS = ("name", "ours", "peer", "ratio", "limit", "share of limit")

_WIDTHS = (28, 22, 22, 8, 22, 0)

_RATES = "/s"

_MOST_CALLS = 1000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison, measured in one run on one machine.

    Attributes:
        name: short, unique: ``"encode"``.
        what: the work that was timed, in one line.
        unit: of ours, peer and limit: ``"s"``, or a rate such as ``"crystals/s"``.
        ours: median.
        peer: median of the peer; None without one.
        peer_name: the peer.
        limit: what the machine's memory bandwidth or arithmetic would allow, in ``unit``; None if not known.
        limited_by: the work of which the limit is the time.
        peak_bytes: memory that ours takes at most, where it is measured.
        peer_peak_bytes: the same of the peer.
        busy: share of the time in which the GPU computes or copies, where it is measured.
    """

    name: str
    what: str
    unit: str = "s"
    ours: float
    peer: float | None = None
    peer_name: str = ""
    limit: float | None = None
    limited_by: str = ""
    peak_bytes: float | None = None
    peer_peak_bytes: float | None = None
    busy: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times faster than the peer."""
        return None if self.peer is None else self._faster(self.ours, self.peer)

    @property
    def share_of_limit(self) -> float | None:
        """1 at the limit of the machine."""
        return None if self.limit is None else self._faster(self.ours, self.limit)

    def _faster(self, one: float, other: float) -> float:
        return one / other if self.unit.endswith(_RATES) else other / one

    def __str__(self) -> str:
        """The lines of the table."""

        def value(number: float | None) -> str:
            return "" if number is None else f"{number:.3g} {self.unit}"

        ratio = "" if self.ratio is None else f"{self.ratio:.3g}"
        share = "" if self.share_of_limit is None else f"{self.share_of_limit:.1%}"
        cells = (self.name, value(self.ours), value(self.peer), ratio, value(self.limit), share)
        notes = [self.what]
        if self.peer_name:
            notes.append(f"peer: {self.peer_name}")
        if self.limited_by:
            notes.append(f"limited by {self.limited_by}")
        if self.peak_bytes is not None:
            peer = "" if self.peer_peak_bytes is None else f", the peer {self.peer_peak_bytes / 1e9:.2f} GB"
            notes.append(f"memory: {self.peak_bytes / 1e9:.2f} GB{peer}")
        if self.busy is not None:
            notes.append(f"the GPU is busy {self.busy:.0%} of the time")
        return "\n    ".join([line(cells), *notes])

    def to_json(self) -> dict[str, object]:
        """The entry of the file that ``python -m benchmarks`` writes."""
        return asdict(self) | {"ratio": self.ratio, "share_of_limit": self.share_of_limit}


def line(cells: Sequence[str]) -> str:
    """A line of the table, such as that of :data:`HEADINGS`."""
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


def write_rows(path: Path, machine: Mapping[str, object], rows: Sequence[Row], **more: object) -> None:
    """Write rows and the machine; rows of other names that the file has already are kept.

    Args:
        path: the file.
        machine: what the figures depend on.
        rows: that were measured.
        more: further entries of the file.
    """
    new = {row.name: row.to_json() for row in rows}
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    kept = {row["name"]: row for row in old}
    content = {"machine": machine, "rows": list((kept | new).values()), **more}
    write_atomically(path, json.dumps(content, indent=2).encode() + b"\n")


def median_seconds(
    work: Callable[[], object], repeats: int = 5, *, device: torch.device | None = None, at_least: float = 0.0
) -> float:
    """Median wall time of ``work`` after one warm-up; see :func:`side_by_side`."""
    return side_by_side([work], repeats, device=device, at_least=at_least)[0]


def side_by_side(
    works: Sequence[Callable[[], object]],
    repeats: int = 5,
    *,
    device: torch.device | None = None,
    at_least: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Median times of several pieces of work, run in turns so that all have the same noise.

    Args:
        works: what to time, after one warm-up each.
        repeats: measurements of each.
        device: a GPU, which is waited for before and after each measurement.
        at_least: seconds of a measurement, about: shorter work is called several times in a row, as a loop that
            does not look at its results would, and its time is the mean over these calls.
        clock: seconds; default: wall time. ``time.process_time`` suits work of one thread on a busy machine.
    """
    calls = []
    for work in works:
        work()
        calls.append(_calls(_seconds(work, 1, device, clock), at_least) if at_least else 1)
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, n, own in zip(works, calls, times, strict=True):
            own.append(_seconds(work, n, device, clock))
    return [statistics.median(own) for own in times]


def _seconds(
    work: Callable[[], object], calls: int, device: torch.device | None, clock: Callable[[], float]
) -> float:
    """Mean time of a call."""
    _wait_for(device)
    start = clock()
    for _ in range(calls):
        work()
    _wait_for(device)
    return (clock() - start) / calls


def _calls(seconds: float, at_least: float) -> int:
    return min(_MOST_CALLS, max(1, math.ceil(at_least / max(seconds, 1e-6))))


def _wait_for(device: torch.device | None) -> None:
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)

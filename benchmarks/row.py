"""One row of the table that ``make bench`` prints: our time, that of a peer, and the limit of the machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

_RATES = "/s"


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

    def to_json(self) -> dict[str, object]:
        """The entry of the file that ``python -m benchmarks`` writes."""
        return asdict(self) | {"ratio": self.ratio, "share_of_limit": self.share_of_limit}


def median_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Median wall time of ``work`` after one warm-up."""
    return side_by_side([work], repeats)[0]


def side_by_side(works: Sequence[Callable[[], object]], repeats: int = 5) -> list[float]:
    """Median wall times of several pieces of work, run in turns so that all have the same noise."""
    for work in works:
        work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, own in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in times]

"""Predictions for one chunk of crystals, as text for the output, in three steps.

1. Entries are read from files: :func:`sgbasis.prediction.inputs.taken`.
2. They are made crystals in their standard settings: :func:`standard_crystals`.
3. Models predict: :func:`predicted_chunk`.

Processes of this machine do all three. With a GPU they do the first two, and one process predicts. On a cluster
the first is done here and the others there: see :class:`Division`.

Where many work side by side, each computes with one thread, so values, and with them the files, do not depend on
their number.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from basis_store import CrystalRecord, DeviceError
from sgbasis.prediction.chunk_file import ChunkResult
from sgbasis.prediction.forms.output_forms import output_form
from sgbasis.prediction.inputs import Chunk, FoundEntry, compiled, sendable, taken
from sgbasis.prediction.job import Job, loaded
from sgbasis.prediction.predict import predictions
from sgbasis.prediction.predicted_value import Prediction


class StandardCrystals(NamedTuple):
    """The crystals of a chunk.

    Attributes:
        found: those to predict for, each with its source.
        failures: one line for each that could not be read, or is too large.
    """

    found: list[tuple[str, CrystalRecord]]
    failures: list[str]


class Division(NamedTuple):
    """Who does what for a chunk: ``finish(work(prepare(chunk)))`` is its result.

    Attributes:
        prepare: is called in this process.
        work: is called in many processes, here or on a cluster; a ``partial`` of a function of a module.
        finish: is called in this process.
    """

    prepare: Callable[[Chunk], Any]
    work: Callable[[Any], Any]
    finish: Callable[[Any], ChunkResult]


def division(job: Job, *, on_cluster: bool) -> Division:
    """How the work of a job is divided.

    Args:
        job: what to predict.
        on_cluster: whether by the workers of a cluster, which cannot read files of this machine.
    """
    if on_cluster:
        work = functools.partial(cluster_result, job.with_weights(), _torch_version())
        return Division(lambda chunk: sendable(taken(chunk)), work, _unchanged)
    if job.in_processes:
        return Division(_unchanged, functools.partial(chunk_result, job), _unchanged)
    return Division(_unchanged, functools.partial(chunk_crystals, job), functools.partial(predicted_chunk, job))


def chunk_crystals(job: Job, chunk: Chunk) -> StandardCrystals:
    """The crystals of a chunk, from its files."""
    return standard_crystals(job, taken(chunk))


def standard_crystals(job: Job, entries: Iterable[FoundEntry]) -> StandardCrystals:
    """The crystals of entries that were read."""
    crystals = StandardCrystals([], [])
    for source, crystal in compiled(entries, tolerance=job.tolerance, others=job.others):
        if isinstance(crystal, str):
            crystals.failures.append(job.shown(crystal))
        else:
            crystals.found.append((job.shown(source), crystal))
    return crystals


def chunk_predictions(job: Job, crystals: StandardCrystals) -> list[Prediction]:
    """Predict for the crystals of a chunk, with one thread."""
    import torch

    torch.set_num_threads(1)  # PyTorch counts them for each thread of a worker that calls it
    return predictions(crystals.found, loaded(job.models, job.device))


def predicted_chunk(job: Job, crystals: StandardCrystals) -> ChunkResult:
    """The result of a chunk from its crystals."""
    predicted = chunk_predictions(job, crystals)
    outside = sum(one.is_outside for one in predicted)
    noted = len({id(one.record) for one in predicted if one.record.notes})
    text = output_form(job).rows(predicted, job)
    return ChunkResult(len(crystals.found), len(predicted), outside, noted, crystals.failures, text)


def chunk_result(job: Job, chunk: Chunk) -> ChunkResult:
    """The result of a chunk from its files."""
    return predicted_chunk(job, chunk_crystals(job, chunk))


def cluster_result(job: Job, torch_version: str, entries: Iterable[FoundEntry]) -> ChunkResult:
    """The result of a chunk from its entries, on a worker of a cluster.

    Raises:
        CompilationError: the worker has another version of PyTorch than the client.
        DeviceError: it lacks the device.
    """
    from basis_compiler.parallel.dask_cluster import check_versions

    check_versions({"torch": torch_version}, {"torch": _torch_version()})
    try:
        return predicted_chunk(job, standard_crystals(job, entries))
    except DeviceError as error:
        raise DeviceError(f"a worker on {platform.node()}: {error}") from error


def _torch_version() -> str:
    import torch

    return torch.__version__.partition("+")[0]  # builds for CPU and CUDA compute the same on the CPU


def _unchanged(value: Any) -> Any:
    return value

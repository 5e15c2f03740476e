"""Options that say where work is done: in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def work_options(command: _Command) -> _Command:
    """``--workers N`` and ``--scheduler ADDRESS``, to be read with :func:`where_to_work`."""
    on_cluster = click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a running Dask cluster instead: the address of its scheduler, such as tcp://host:8786.",
    )
    in_processes = click.option("--workers", type=click.IntRange(1), help="Processes [default: one per core].")
    return in_processes(on_cluster(command))


def where_to_work(workers: int | None, scheduler: str | None) -> dict[str, Any]:
    """The arguments ``workers`` or ``scheduler`` of whatever spreads its work."""
    from basis_compiler import available_cores

    if scheduler is None:
        return {"workers": workers or available_cores()}
    if workers is not None:
        raise click.UsageError("--workers counts processes of this machine: give it or --scheduler, not both.")
    # What Dask logs about a cluster that is lost is said in one line by our error.
    with contextlib.suppress(ImportError):
        import distributed  # noqa: F401 - sets up these loggers

        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return {"scheduler": scheduler}

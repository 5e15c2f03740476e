"""Fixtures for all tests. Shapes of the runtime's public functions are checked here, and only here."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest

import tests.support.typechecker  # noqa: F401 - the hook below finds it by name

with jaxtyping.install_import_hook("runtime", "tests.support.typechecker.check"):
    import runtime

import torch

from basis_store import CompiledSetting, Setting, StoreReader, all_settings, open_store

torch.set_num_threads(1)  # the tests run in parallel processes
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell ignores interrupts for what it starts with "&"; commands that tests interrupt would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def reader() -> StoreReader:
    return open_store()


@pytest.fixture(scope="session")
def store() -> runtime.Store:
    return runtime.load_store()


@pytest.fixture(scope="session")
def every_compiled(reader: StoreReader) -> list[CompiledSetting]:
    return list(reader)


@pytest.fixture(params=all_settings(), ids=lambda setting: f"hall{setting.hall_number}")
def setting(request: pytest.FixtureRequest) -> Setting:
    """Each of the 530 settings in turn."""
    return request.param


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Switch the shape checker off, to see what a user sees who passes something wrong."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Development data beside the checkout, which the repository does not contain."""
    if not SHARED.is_dir():
        pytest.skip(f"no development data at {SHARED}")
    return SHARED

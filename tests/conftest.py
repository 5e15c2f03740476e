"""Fixtures for all tests. Shapes of the runtime's public functions are checked here, and only here."""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import Iterator
from pathlib import Path

# Threads of PyTorch and of NumPy that wait do so asleep: by default they spin for a while, in every command that a
# test starts, and take the processor from the other tests. What they compute is the same.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

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


class SettingBundle(tuple[Setting, ...]):
    """Some of the 530 settings: 40,000 tests of one setting each would take minutes to list and to report."""


BUNDLES = [SettingBundle(all_settings()[start::10]) for start in range(10)]


@pytest.fixture(params=BUNDLES, ids=lambda bundle: f"hall{bundle[0].hall_number}+")
def setting(request: pytest.FixtureRequest) -> SettingBundle:
    """Each of the 530 settings in turn: the test is called for every one of the bundle, see below."""
    return request.param


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a test of a bundle for each of its settings; all are tried, and the first that fail are named."""
    bundle = pyfuncitem.funcargs.get("setting")
    if not isinstance(bundle, SettingBundle):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    failures, skipped = [], []
    for one in bundle:
        try:
            pyfuncitem.obj(**arguments | {"setting": one})
        except pytest.skip.Exception as skip:
            skipped.append(skip)
        except Exception as failure:
            failure.add_note(f"in the setting {one.label} (hall:{one.hall_number})")
            failures.append(failure)
    if failures:
        raise failures[0] if len(failures) == 1 else ExceptionGroup(f"{len(failures)} settings", failures[:3])
    if len(skipped) == len(bundle):
        raise skipped[0]
    return True


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

"""An older PyTorch than we need: one line that says so, from Python and from the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("version", ["2.5.1+cpu", "1.13.1", "2.6.0a0", "2.13.0+cu130"])
def test_the_version_is_checked(version: str) -> None:
    code = f"import torch; torch.__version__ = {version!r}; from runtime import Basis"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    old = version < "2.6" and not version.startswith("2.13")
    assert (done.returncode != 0) == old
    if old:
        said = f"sgbasis needs PyTorch 2.6 or newer, and {version} is installed: pip install --upgrade torch"
        assert done.stderr.splitlines()[-1] == f"basis_store.errors.MissingDependencyError: {said}"

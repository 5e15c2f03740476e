"""A user's own files with the names of our packages give one clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import error_line, in_new_process


@pytest.mark.parametrize("name", ["runtime", "basis_store", "basis_compiler"])
def test_a_file_beside_the_script(name: str, tmp_path: Path) -> None:
    own = tmp_path / f"{name}.py"
    own.write_text("x = 1\n")
    (tmp_path / "script.py").write_text("import sgbasis\nprint(sgbasis.__name__)\nsgbasis.load_store()\n")
    message = (
        f"sgbasis has a package {name!r}, but Python finds {own}, "
        "which is not part of it, under this name: rename it"
    )
    assert error_line(in_new_process("info", cwd=tmp_path)) == message
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "sgbasis\n"
    assert done.stderr.splitlines()[-1] == f"ImportError: {message}"


def test_folders_and_scripts_of_these_names_do_no_harm(tmp_path: Path) -> None:
    for name in ("runtime", "data", "tests", "docs"):
        (tmp_path / name).mkdir()
    (tmp_path / "tests" / "__init__.py").touch()
    assert in_new_process("info", cwd=tmp_path).returncode == 0
    script = tmp_path / "elsewhere" / "use.py"
    script.parent.mkdir()
    script.write_text(
        "import sgbasis\nprint(sgbasis.load_store().basis(sgbasis.Setting.standard(1)).n_functions)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert int(done.stdout) > 60

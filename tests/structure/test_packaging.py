"""Metadata in other formats say what ``pyproject.toml`` says, and the files of a release are complete."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import tarfile
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from basis_compiler.publish_stores import BASE_URL
from basis_store import Recipe
from basis_store.published.registry import PublishedStore, Registry
from basis_store.version import VERSION
from tests.support.source_tree import ROOT

yaml = pytest.importorskip("yaml", reason="needs PyYAML")

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
RECIPE: dict[str, Any] = yaml.safe_load((ROOT / "packaging/conda/recipe/recipe.yaml").read_text(encoding="utf-8"))
WORKFLOW = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "packaging/Dockerfile").read_text(encoding="utf-8")
IN_CONDA = {"torch": "pytorch", "torch_geometric": "pytorch_geometric", "matplotlib": "matplotlib-base"}
FOR_DEVELOPERS = {"testing", "docs", "dev", "all"}


def test_versions_are_equal() -> None:
    assert CITATION["version"] == RECIPE["context"]["version"] == VERSION
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == VERSION


def test_metadata_are_equal() -> None:
    assert CITATION["license"] == RECIPE["about"]["license"] == PROJECT["license"]
    assert CITATION["keywords"] == PROJECT["keywords"]
    assert [one["name"] for one in CITATION["authors"]] == [one["name"] for one in PROJECT["authors"]]
    assert RECIPE["about"]["summary"] == PROJECT["description"]
    assert CITATION["repository-code"] == RECIPE["about"]["homepage"] and BASE_URL.startswith(
        CITATION["repository-code"]
    )


def conda(requirements: list[str]) -> set[str]:
    """Requirements of PyPI as conda writes them, without those on this package itself."""
    parts = [re.fullmatch(r"([A-Za-z0-9_-]+)(\S*)", one) for one in requirements if not one.startswith("sgbasis[")]
    assert all(parts)
    return {f"{IN_CONDA.get(part[1], part[1])} {part[2]}" for part in parts if part}


def test_conda_has_the_same_requirements() -> None:
    wanted = RECIPE["requirements"]
    python = f"python {PROJECT['requires-python']}"
    assert set(wanted["run"]) == conda(PROJECT["dependencies"]) | {python}
    extras = PROJECT["optional-dependencies"]
    every = [one for name, some in extras.items() if name not in FOR_DEVELOPERS for one in some]
    assert set(wanted["run_constraints"]) == conda(every)
    described = (ROOT / "packaging/conda/recipe/recipe.yaml").read_text(encoding="utf-8")
    assert all(re.search(rf"^  #   {name} ", described, re.MULTILINE) for name in extras.keys() - FOR_DEVELOPERS)
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert set(wanted["host"]) == conda(build) | {python, "pip"}
    (command,) = PROJECT["scripts"].items()
    assert RECIPE["build"]["python"]["entry_points"] == [" = ".join(command)]


def test_the_workflow_pins_actions_and_needs_no_secrets() -> None:
    steps = [step for job in yaml.safe_load(WORKFLOW)["jobs"].values() for step in job["steps"]]
    actions = [step["uses"] for step in steps if "uses" in step]
    assert actions and all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", one) for one in actions)
    assert "secrets." not in WORKFLOW and "${{ github.token }}" in WORKFLOW
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = {step["run"].removeprefix("make ") for step in steps if step.get("run", "").startswith("make ")}
    assert {"cpu-torch", "test", "release"} <= called <= targets
    assert f"gh release upload {BASE_URL.rstrip('/').rpartition('/')[2]} " in WORKFLOW, "where sgbasis fetch looks"


def test_the_image_has_the_command_and_another_user_than_root() -> None:
    lines = DOCKERFILE.splitlines()
    assert 'ENTRYPOINT ["sgbasis"]' in lines and lines.index("USER sgbasis") < lines.index(
        'ENTRYPOINT ["sgbasis"]'
    )
    assert DOCKERFILE.index("https://download.pytorch.org/whl/cpu") < DOCKERFILE.index("[all]")


@pytest.fixture(scope="module")
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_files", ROOT / "packaging" / "release_files.py")
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def dist(tmp_path: Path, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that make builds before the sums."""
    for name in ("stores", "site/explorer"):
        (tmp_path / name).mkdir(parents=True)
    for name in (
        f"sgbasis-{VERSION}-py3-none-any.whl",
        f"sgbasis-{VERSION}.tar.gz",
        "stores/a.h5",
        "site/index.html",
    ):
        (tmp_path / name).write_text(name, encoding="ascii")
    (tmp_path / "site/explorer/index.html").write_text("wall", encoding="ascii")
    store = PublishedStore(
        name="a", file="a.h5", sha256=hashlib.sha256(b"stores/a.h5").hexdigest(), size=11, content_hash="0" * 64,
        recipe=Recipe(), description="one",
    )  # fmt: skip
    monkeypatch.setattr(module, "read_registry", lambda: Registry(base_url=BASE_URL, stores=(store,)))
    return tmp_path


def test_sums_of_a_release(dist: Path, module: ModuleType) -> None:
    paths = module.complete(dist)
    lines = [line.split("  ") for line in (dist / "SHA256SUMS").read_text(encoding="ascii").splitlines()]
    assert [dist / name for _, name in lines] == paths[:-1] and len(lines) == 4
    assert all(hashlib.sha256((dist / name).read_bytes()).hexdigest() == sum_ for sum_, name in lines)
    with tarfile.open(dist / f"sgbasis-site-{VERSION}.tar.gz") as archive:
        assert sorted(archive.getnames()) == [
            f"sgbasis-site-{VERSION}/explorer/index.html", f"sgbasis-site-{VERSION}/index.html",
        ]  # fmt: skip
    sums = (dist / "SHA256SUMS").read_bytes()
    (dist / "site/index.html").touch()
    module.complete(dist)  # again, with other times of files
    assert (dist / "SHA256SUMS").read_bytes() == sums


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda dist: (dist / f"sgbasis-{VERSION}.tar.gz").unlink(), "is missing: make wheel"),
        (lambda dist: (dist / "site/explorer/index.html").unlink(), "explorer/index.html is missing: make site"),
        (
            lambda dist: (dist / "sgbasis-0.0.1.tar.gz").touch(),
            "sgbasis-0.0.1.tar.gz does not belong to this release",
        ),
        (lambda dist: (dist / "stores/a.h5").write_bytes(b"x"), "a.h5 is not the file of data/registry.json"),
    ],
)
def test_what_is_wrong_is_said(change: Any, message: str, dist: Path, module: ModuleType) -> None:
    change(dist)
    with pytest.raises(ValueError, match=re.escape(message)):
        module.complete(dist)
    assert not (dist / "SHA256SUMS").exists()

"""Trained models as folders: what is loaded is what was saved, or one clear error."""

from __future__ import annotations

import json
import random
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import runtime.pretrained.pretrained
from basis_compiler import compile_tensors
from basis_store import (
    DownloadError,
    MissingDependencyError,
    ModelError,
    Recipe,
    Setting,
    SgbasisError,
    open_store,
    write_store,
)
from runtime import load_store
from runtime.models.architectures import ARCHITECTURES
from runtime.models.base import CrystalModel
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.orbit_transformer import OrbitTransformer
from runtime.prediction import predict
from runtime.pretrained.description import ModelDescription
from runtime.pretrained.locate import shipped_models
from runtime.pretrained.pretrained import from_pretrained, open_pretrained, save_pretrained
from runtime.targets.scalar_target import ScalarTarget
from tests.runtime.test_light_import import FORBIDDEN, loaded_by
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import BULK, CONFIG, DOMAIN, ENERGY, save_tiny, tiny_model

RECORDS = [made_record(Setting.standard(number), np.random.default_rng(number)) for number in (2, 62, 166, 225)]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def edit(folder: Path, **values: Any) -> None:
    """Change ``config.json`` as another writer would, with a valid hash."""
    path = folder / "config.json"
    known = json.loads(path.read_text()) | values
    known.pop("sha256")
    known["sha256"] = runtime.pretrained.description._digest(known)
    path.write_text(json.dumps(known))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_returns_as_it_was_saved(name: str, tmp_path: Path) -> None:
    architecture = ARCHITECTURES[name]
    model = architecture(architecture.config_class(), [ENERGY, BULK]).eval()
    save_pretrained(model, tmp_path / "new" / "folder", card="# Card", domain=DOMAIN, training={"epochs": 3})
    loaded = from_pretrained(tmp_path / "new" / "folder", architecture=architecture)
    assert type(loaded) is architecture and not loaded.training
    assert (loaded.config, loaded.targets) == (model.config, model.targets)
    for key, weights in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], weights), key
    np.testing.assert_array_equal(predict(loaded, RECORDS), predict(model, RECORDS))
    description = open_pretrained(tmp_path / "new" / "folder").description
    assert (description.domain, description.training) == (DOMAIN, {"epochs": 3})
    assert (tmp_path / "new" / "folder" / "README.md").read_text() == "# Card"


def test_double_precision_is_kept(tmp_path: Path) -> None:
    model = tiny_model().double()
    save_pretrained(model, tmp_path, card="", domain=DOMAIN, training={})
    loaded = from_pretrained(tmp_path)
    assert loaded.target_mean.dtype == torch.float64
    np.testing.assert_array_equal(predict(loaded, RECORDS), predict(model, RECORDS))


def test_equal_models_are_equal_files(saved: Path, tmp_path: Path) -> None:
    save_tiny(tmp_path / "again")
    for name in ("config.json", "model.safetensors", "README.md"):
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


def test_saving_replaces_a_model_and_nothing_else(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    save_tiny(folder, seed=1)
    np.testing.assert_array_equal(predict(from_pretrained(folder), RECORDS), predict(tiny_model(seed=1), RECORDS))
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "config.json", "model.safetensors", "notes.txt",
    ]  # fmt: skip


def test_an_interrupted_save_is_noticed(folder: Path, tmp_path: Path) -> None:
    other = save_tiny(tmp_path / "other", seed=1)
    shutil.copy(other / "model.safetensors", folder)
    with pytest.raises(ModelError, match=r"is not the file that config.json next to it describes"):
        from_pretrained(folder)


class Foreign(OrbitTransformer):
    """A class that a user defined."""


def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    model = tiny_model()
    model.__class__ = Foreign
    with pytest.raises(ModelError, match="Foreign could not be loaded again; known: OrbitTransformer"):
        save_pretrained(model, tmp_path / "a", card="", domain=DOMAIN, training={})
    model = tiny_model()
    with torch.no_grad():
        next(model.parameters())[0] = torch.nan
    with pytest.raises(ModelError, match="not finite"):
        save_pretrained(model, tmp_path / "a", card="", domain=DOMAIN, training={})
    assert not (tmp_path / "a").exists()


def test_names_that_are_no_model(tmp_path: Path, saved: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no model 'melting_point'.*those that ship are"):
        from_pretrained("melting_point")
    with pytest.raises(ModelError, match="there is no model"):
        from_pretrained(tmp_path / "absent")
    with pytest.raises(ModelError, match=r"it has no config.json"):
        from_pretrained(tmp_path)
    with pytest.raises(ModelError, match="is a file"):
        from_pretrained(saved / "config.json")
    with pytest.raises(ModelError, match="is a OrbitTransformer, not a CrystalFourierTransformer"):
        from_pretrained(saved, architecture=CrystalFourierTransformer)
    assert isinstance(from_pretrained(str(saved), architecture=CrystalModel), OrbitTransformer)


def test_a_folder_without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"it has no model.safetensors"):
        from_pretrained(folder)


def test_models_that_ship_are_found_by_name(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    folder.rename(tmp_path / "models" / "tiny_energy")
    monkeypatch.setattr("runtime.pretrained.locate.data_folder", lambda: tmp_path)
    assert list(shipped_models()) == ["tiny_energy"]
    assert open_pretrained("tiny_energy").labels == ("tiny_energy",)
    assert open_pretrained(tmp_path / "models" / "tiny_energy").labels == ("tiny_energy",)
    with pytest.raises(ModelError, match="those that ship are tiny_energy"):
        open_pretrained("other")


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_are_whole_and_small(name: str) -> None:
    model = from_pretrained(name)
    assert np.isfinite(predict(model, RECORDS)).all()
    for path in shipped_models()[name].iterdir():
        assert path.stat().st_size <= 10_000_000, path


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "other"}, "not that of an sgbasis model"),
        ({"format_version": "2.0"}, "model format 2.0 cannot be read by this release, which reads 1.x: upgrade"),
        ({"format_version": "new"}, "is not a model format version"),
        (
            {"architecture": "Oracle"},
            "unknown architecture 'Oracle'; known: OrbitTransformer, SiteTransformer, Ensemble",
        ),
        ({"config": {"width": 16, "depth": 3}}, "unknown key 'depth' in the config; known: width"),
        ({"config": {"width": 32}}, r"does not fit config.json next to it: the shape of blocks.0"),
        ({"targets": [{"name": "a"}, {"name": "b"}]}, r"is \(119, 1\) in the one, \(119, 2\) by"),
        ({"config": asdict(CONFIG) | {"layers": 2}}, r"blocks.1.attention.filters is missing in the one"),
        ({"config": {"width": -1}}, "makes no OrbitTransformer: "),
        ({"targets": [{"title": "energy"}]}, "lacks what a model needs"),
        ({"domain": {"elements": []}}, "lacks what a model needs"),
        ({"weights_sha256": "0" * 64}, "is damaged, or is not the file"),
        ({"store": "0" * 64}, "was trained with the store 000000000000, not with .*default.h5"),
    ],
)
def test_configurations_that_cannot_be_used(folder: Path, values: dict[str, Any], message: str) -> None:
    edit(folder, **values)
    with pytest.raises(ModelError, match=message) as caught:
        from_pretrained(folder)
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_newer_minor_versions_may_add_keys(folder: Path) -> None:
    edit(folder, format_version="1.7", licence="mit")
    from_pretrained(folder)


def test_an_edited_configuration_is_noticed(folder: Path) -> None:
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"cutoff": 6.0', '"cutoff": 5.0'))
    with pytest.raises(ModelError, match="damaged or edited"):
        from_pretrained(folder)
    path.write_text("[" * 100_000)
    with pytest.raises(ModelError, match="not JSON"):
        from_pretrained(folder)


def test_keys_that_are_no_text_survive() -> None:
    description = ModelDescription(
        architecture="A", config={"sizes": (1, 2)}, targets=(ScalarTarget("x"),), store=None, domain=DOMAIN,
        training={"by group": {9: 1, 10: 2}}, weights_sha256="",
    )  # fmt: skip
    assert ModelDescription.from_json(description.to_json()).training == {"by group": {"9": 1, "10": 2}}


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_damage_is_detected_or_harmless(name: str, folder: Path) -> None:
    """Cut off anywhere, or one bit flipped anywhere: never another prediction, never another kind of error."""
    path, draw = folder / name, random.Random(0)
    whole = path.read_bytes()
    expected = predict(from_pretrained(folder), RECORDS)
    size = len(whole)
    damaged = [whole[:length] for length in [0, 1, 7, 8, 9, size // 2, size - 1, *draw.sample(range(size), 20)]]
    for place in [*range(min(size, 100)), *draw.sample(range(size), 100)]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        damaged.append(bytes(flipped))
    detected = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            values = predict(from_pretrained(folder), RECORDS)
        except SgbasisError as error:
            assert str(path) in str(error) and "\n" not in str(error)
            detected += 1
        else:
            np.testing.assert_array_equal(values, expected)
    # Letter case inside an escape or the end of the file may not matter; every other change does.
    assert detected >= len(damaged) - 2


def test_another_store_is_refused_and_its_own_is_taken(folder: Path, tmp_path: Path) -> None:
    with open_store() as reader:
        settings = [Setting.standard(number) for number in (2, 62, 166, 225)]
        recipe = Recipe(
            radius=reader.recipe.radius,
            min_functions=reader.recipe.min_functions,
            settings=tuple(setting.hall_number for setting in settings),
        )
        compiled = [reader.read(setting) for setting in settings]
        write_store(tmp_path / "small.h5", compiled, recipe, tensors=compile_tensors(recipe.setting_list))
    small = load_store(tmp_path / "small.h5")
    with pytest.raises(ModelError, match=r"was trained with the store .*, not with .*small.h5"):
        from_pretrained(folder, store=small)
    edit(folder, store=small.content_hash)
    np.testing.assert_array_equal(
        predict(from_pretrained(folder, store=small), RECORDS), predict(tiny_model(), RECORDS)
    )


def test_the_hub(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, list[str]]] = []

    def snapshot_download(name: str, allow_patterns: list[str]) -> str:
        asked.append((name, allow_patterns))
        if name != "someone/tiny":
            raise RuntimeError("404 Client Error.\nRepository Not Found")
        return str(saved)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=snapshot_download))
    assert isinstance(from_pretrained("someone/tiny"), OrbitTransformer)
    assert asked == [
        ("someone/tiny", ["config.json", "model.safetensors", "README.md", "calibration.safetensors"])
    ]
    with pytest.raises(
        DownloadError, match="no folder someone/else, and the Hugging Face Hub says: 404 Client Error"
    ):
        from_pretrained("someone/else")
    with pytest.raises(ModelError, match="there is no model"):
        from_pretrained(Path("someone/tiny"))  # a path is never a name
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match=r"no folder someone/tiny; .* pip install huggingface_hub$"):
        from_pretrained("someone/tiny")


def test_tied_weights_can_be_saved(tmp_path: Path) -> None:
    model = tiny_model()
    shared: Tensor = model.target_mean
    model.register_buffer("target_scale", shared)
    save_pretrained(model, tmp_path, card="", domain=DOMAIN, training={})
    assert torch.equal(from_pretrained(tmp_path).target_scale, shared)


def test_no_compiler_is_needed(saved: Path) -> None:
    code = (
        "import torch; before = set(sys.modules)\nfrom runtime.pretrained.pretrained import from_pretrained\n"
        f"from runtime.prediction import predict\npredict(from_pretrained({str(saved)!r}), [])"
    )
    assert not loaded_by(code) & (FORBIDDEN | {"huggingface_hub"})

"""Publishing: the registry lists what was written, and the committed one is up to date."""

from __future__ import annotations

import hashlib

import pytest

from basis_compiler import publish_stores as publish
from basis_store import Recipe, open_store, published_stores
from basis_store.published.registry import Registry, read_registry


def test_the_registry_lists_what_was_written(tmp_path, monkeypatch):
    recipes = {
        "default": Recipe(radius=1, min_functions=0, settings=(1, 2)),
        "other": Recipe(radius=2, settings=(3,)),
    }
    publications = {name: publish.Publication(recipe, f"{name}.") for name, recipe in recipes.items()}
    monkeypatch.setattr(publish, "PUBLICATIONS", publications)
    data, output = tmp_path / "data", tmp_path / "new" / "output"
    data.mkdir()
    registry = publish.publish(output, data=data)
    assert Registry.from_json((data / "registry.json").read_text()) == registry
    assert {path.name for path in output.iterdir()} == {store.file for store in registry.stores}
    for store in registry.stores:
        path = output / store.file
        assert (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) == (store.size, store.sha256)
        with open_store(path) as reader:
            assert (reader.content_hash, reader.recipe) == (store.content_hash, store.recipe)
            assert store.recipe == recipes[store.name]
    assert (data / "default.h5").read_bytes() == (output / registry.stores[0].file).read_bytes()


def test_a_failure_leaves_the_old_registry(tmp_path, monkeypatch):
    monkeypatch.setattr(publish, "PUBLICATIONS", {"default": publish.Publication(Recipe(settings=(1,)), "One.")})
    (tmp_path / "registry.json").write_text("old")

    def refuse(*_: object, **__: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(publish, "compile_recipe", refuse)
    with pytest.raises(ArithmeticError):
        publish.publish(tmp_path / "output", data=tmp_path)
    assert (tmp_path / "registry.json").read_text() == "old"


def test_the_committed_registry_lists_the_current_publications():
    """Fails when a publication or the format version changed without publishing: run ``make publish``."""
    listed = {store.name: (store.recipe, store.description) for store in published_stores()}
    assert listed == publish.PUBLICATIONS
    assert list(listed) == list(publish.PUBLICATIONS)
    assert read_registry().base_url == publish.BASE_URL

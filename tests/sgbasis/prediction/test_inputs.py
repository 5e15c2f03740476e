"""What ``sgbasis predict`` reads in parts: the same as when read whole, and no more than requested."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import h5py
import numpy as np
import pytest

from basis_compiler import compile_dataset
from basis_compiler.crystals.formats.sources import EntryCursor, read_source, stream
from basis_store import CrystalError, CrystalRecord, DatasetRows, StoreCorruptError, open_crystals
from basis_store.files.hdf5_file import file_image
from sgbasis.prediction.inputs import FileRange, cut, readings, survey
from tests.sgbasis.prediction.test_predict_command import frames_of
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_folder, write_jsonl, write_table
from tests.support.crystals.made_datasets import made_dataset


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [json_record("nacl", id=f"{i}") for i in range(40)]
    return write_jsonl(tmp_path_factory.mktemp("lines") / "some.jsonl", [*records[:7], "", "{", *records[7:]])


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dataset") / "some.h5"
    made_dataset(path, 23)
    return path


def same(one: CrystalRecord, other: CrystalRecord) -> bool:
    arrays = ("lattice", "change_of_basis", "origin_shift", "numbers", "coordinates", "multiplicities", "wyckoff",
              "images")  # fmt: skip
    plain = ("identifier", "setting", "denominator", "split")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays) and all(
        getattr(one, name) == getattr(other, name) for name in plain
    )


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "extxyz"])
def test_streams_have_the_entries_of_the_whole_file(kind: str, lines: Path, tmp_path: Path) -> None:
    path = tmp_path / f"some.{kind}"
    content = frames_of("cscl", 5).encode() if kind == "extxyz" else lines.read_bytes()
    path.write_bytes(gzip.compress(content) if kind.endswith("gz") else content)
    whole, streamed = read_source(path).entries, list(stream(path))
    assert [entry.name for entry in streamed] == [entry.name for entry in whole]
    assert len(streamed) == (5 if kind == "extxyz" else 41)


@pytest.mark.parametrize("kind", ["jsonl.gz", "extxyz"])
def test_no_more_is_read_than_requested(kind: str, tmp_path: Path) -> None:
    """The end of the file is damaged, which is not noticed before it is read."""
    path = tmp_path / f"some.{kind}"
    if kind == "extxyz":
        path.write_text(frames_of("cscl", 20000) + "7\n")
    else:
        noise = np.random.default_rng(0).bytes(200_000).hex()
        text = "".join(f'{{"id": "{noise[i : i + 100]}"}}\n' for i in range(0, len(noise), 100))
        path.write_bytes(gzip.compress(text.encode())[:-50])
    assert len(list(itertools.islice(stream(path), 100))) == 100
    with pytest.raises(CrystalError, match="cut off"):
        list(stream(path))
    (found,) = survey([path])
    assert found.n_entries == 1 and "cut off" in found.problem


def test_a_position_in_a_file(lines: Path) -> None:
    cursor, names = EntryCursor(read_source(lines)), [entry.name for entry in read_source(lines).entries]
    for start, stop in ((0, 3), (3, 3), (10, 20), (20, 21), (5, 41), (0, 1)):
        assert [entry.name for entry in cursor.take(start, stop)] == names[start:stop]
    with pytest.raises(CrystalError, match="it was changed while it was read"):
        cursor.take(40, 42)


def test_files_are_counted_and_cut(lines: Path, dataset: Path, tmp_path: Path) -> None:
    plain = write_folder(tmp_path / "plain", None, ["nacl", "quartz"])
    listed = write_folder(tmp_path / "listed", "nacl,1\nquartz,2\nspinel,3\n")
    (plain / "empty.cif").touch()
    (plain / ".hidden.cif").touch()
    (plain / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    files = survey([lines, plain, dataset, tmp_path / "absent.cif", listed, tmp_path / "empty"])
    counts = [(Path(file.path).name, file.n_entries, file.problem.removeprefix(file.path)) for file in files]
    assert counts == [
        ("some.jsonl", 41, ""),
        ("empty.cif", 1, ": the file is empty"),
        ("nacl.cif", 1, ""),
        ("quartz.cif", 1, ""),
        ("some.h5", 23, ""),
        ("absent.cif", 1, ": No such file or directory"),
        ("listed", 4, ""),
        ("empty", 1, ": the folder holds no id_prop.csv and no crystal files"),
    ]
    everything = [(file, row) for file in files for row in range(file.n_entries)]
    for size in (1, 7, 256):
        chunks = cut(files, size)
        lengths = [sum(part.stop - part.start for part in chunk) for chunk in chunks]
        assert set(lengths[:-1]) <= {size} and 0 < lengths[-1] <= size
        found = [(p.file, row) for chunk in chunks for p in chunk for row in range(p.start, p.stop)]
        assert found == everything
    assert cut([], 256) == []


def test_chunks_of_all_kinds_are_read(lines: Path, dataset: Path, tmp_path: Path) -> None:
    """The same crystals for any size of chunks."""
    structures = [{"a": i} for i in range(3)]
    table = write_table(tmp_path / "t.json.gz", index=[0], columns=["structure"], data=[[structures[0]]])
    listed = write_folder(tmp_path / "listed", "nacl,1\nquartz,2\nspinel,3\n")
    files = survey([dataset, CRYSTALS / "pyrite.cif", lines, table, listed, dataset])

    def identifiers(size: int) -> list[tuple[str, str]]:
        found = [one for chunk in cut(files, size) for one in readings(chunk, tolerance=0.01)]
        return [(s, crystal if isinstance(crystal, str) else crystal.identifier) for s, crystal in found]

    whole = identifiers(1000)
    assert len(whole) == sum(file.n_entries for file in files)
    assert identifiers(5) == whole
    assert [source for source, _ in whole].count(str(dataset)) == 46
    assert str(listed / "quartz.cif") in [source for source, _ in whole]


def test_rows_of_a_dataset(dataset: Path, tmp_path: Path) -> None:
    rows, table = DatasetRows(dataset), open_crystals(dataset)
    rows.check()
    assert (len(rows), rows.content_hash) == (23, table.content_hash)
    for start, stop in ((0, 23), (0, 0), (5, 9), (22, 23)):
        found = list(rows.take(start, stop))
        assert len(found) == stop - start
        assert all(same(one, table[start + i]) for i, one in enumerate(found))
        assert not any(one.targets for one in found)
    compile_dataset([CRYSTALS / "nacl.cif"], tmp_path / "one.h5")
    (one,) = DatasetRows(tmp_path / "one.h5").take(0, 1)
    assert same(one, open_crystals(tmp_path / "one.h5")[0])


def changed(path: Path, dataset: Path, **arrays: np.ndarray) -> Path:
    """A copy of a dataset with some arrays replaced, but the old hash."""
    with h5py.File(dataset) as file:
        attributes = {name: value.decode() for name, value in file.attrs.items()}
        content: dict[str, np.ndarray] = {}
        file.visititems(
            lambda name, one: content.update({name: one[:]}) if isinstance(one, h5py.Dataset) else None
        )
    path.write_bytes(file_image(attributes, (content | arrays).items()))
    return path


def test_a_damaged_dataset_is_found_before_it_is_used(dataset: Path, tmp_path: Path) -> None:
    table = open_crystals(dataset)
    copy = changed(tmp_path / "copy.h5", dataset)
    assert survey([copy])[0].n_entries == 23
    lattices = table.lattices.copy()
    lattices[7, 0, 0] += 1e-9
    energies = table.targets["energy"].copy()
    energies[3] += 1
    for name, array in (("crystals/lattices", lattices), ("targets/energy", energies)):
        broken = changed(tmp_path / "broken.h5", dataset, **{name: array})
        (found,) = survey([broken])
        assert found.problem == f"{broken} is damaged: its content does not match its hash; compile it again"
    halls = table.hall_numbers.copy()
    halls[2] = 0
    rows = DatasetRows(changed(tmp_path / "halls.h5", dataset, **{"crystals/hall_numbers": halls}))
    with pytest.raises(StoreCorruptError, match="lists a setting"):
        rows.take(0, 5)
    assert len(list(rows.take(3, 5))) == 2


def test_a_file_that_changes_meanwhile(lines: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(lines.read_bytes())
    (file,) = survey([path])
    path.write_text("")
    with pytest.raises(CrystalError, match="it was changed while it was read"):
        list(readings((FileRange(file, 0, 5),), tolerance=0.01))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        list(readings((FileRange(survey([lines])[0]._replace(path=str(path)), 0, 5),), tolerance=0.01))

"""One chunk of a dataset, and the dataset from its chunks.

A chunk is a small dataset with three differences: the names of its targets contain their shapes and whether they
are truth values, ``["name", [3, 3], false]`` as JSON, since these may differ between chunks; its notes are counts,
``["name", "why", 5]``; and its crystals may also occur in another chunk.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basis_compiler.crystals.asymmetric_unit import compile_entry
from basis_compiler.crystals.formats.entries import Entry, RawCrystal
from basis_compiler.datasets.splits import divided
from basis_compiler.datasets.targets import MAX_TARGETS, UNITS, NoteCounts, target_values
from basis_store import CrystalError, CrystalRecipe, CrystalRecord, CrystalTable, write_crystals
from basis_store.counted import counted
from basis_store.datasets.schema import SPLITS
from basis_store.datasets.units import TRUE_FALSE
from basis_store.datasets.writer import dataset_image
from basis_store.errors import error_text, shortened

OTHER_SPLIT = ""
"""Stands for the name of a target where crystals are counted that belong to another split than is asked for."""

_TWICE = "a crystal of this identifier came before"


def compile_chunk(tolerance: float, only_split: str, entries: Sequence[Entry]) -> bytes:
    """Compile the entries of a chunk, or those of one split, to the bytes of its file."""
    records: dict[str, CrystalRecord] = {}
    skipped: list[tuple[str, str]] = []
    counts: NoteCounts = Counter()
    names: set[str] = set()
    for entry in entries:
        for outcome in _outcomes(entry, tolerance, only_split, names, counts):
            if not isinstance(outcome, CrystalRecord):
                skipped.append(outcome)
            elif outcome.identifier in records:
                skipped.append((outcome.identifier, _TWICE))
            else:
                records[outcome.identifier] = outcome
    notes = [json.dumps([*note, count]) for note, count in counts.items()]
    image, _ = dataset_image(records.values(), skipped=skipped, notes=notes)
    return image


def _outcomes(
    entry: Entry, tolerance: float, only_split: str, names: set[str], counts: NoteCounts
) -> Iterator[CrystalRecord | tuple[str, str]]:
    """A record, or an identifier and why there is none, for each crystal of an entry in the split asked for."""
    try:
        if entry.known_split is not None and not _is_asked_for(_split(entry.known_split), only_split, counts):
            return
    except CrystalError as error:
        yield entry.name, error_text(error, entry.name)
        return

    def details(crystal: RawCrystal) -> tuple[dict[str, NDArray[np.float64] | NDArray[np.bool_]], str] | None:
        split = _split(crystal.split)
        if not _is_asked_for(split, only_split, counts):
            return None
        values = target_values(crystal.targets, counts)
        targets: dict[str, NDArray[np.float64] | NDArray[np.bool_]] = {
            json.dumps([name, value.shape, value.dtype == np.bool_]): value for name, value in values.items()
        }
        if len(names) + len(targets.keys() - names) > MAX_TARGETS:
            counts["targets of too many names", f"only {MAX_TARGETS} are kept, more left out"] += 1
            return {name: value for name, value in targets.items() if name in names}, split
        names.update(targets)
        return targets, split

    for identifier, found in compile_entry(entry, tolerance=tolerance, details=details):
        if isinstance(found, CrystalRecord):
            yield found
        else:  # folders differ, and the name is listed separately
            yield identifier, error_text(found, entry.name, identifier)


def _is_asked_for(split: str, only_split: str, counts: NoteCounts) -> bool:
    """Whether crystals of a split are compiled; others are counted."""
    if only_split in ("", split):
        return True
    counts[OTHER_SPLIT, split] += 1
    return False


def _split(text: str) -> str:
    split = {"valid": "val", "validation": "val"}.get(text.lower(), text.lower())
    if split not in SPLITS:
        raise CrystalError(f"its split {shortened(text)!r} is not train, val or test")
    return split


def join_chunks(chunks: Sequence[CrystalTable], output: Path, recipe: CrystalRecipe) -> None:
    """Write the dataset: first of each identifier, one shape of each target, what was skipped and why.

    Raises:
        CrystalError: no crystal is left.
        OSError: the output cannot be written.
    """
    shapes, booleans, notes = _shapes(chunks)
    records: dict[str, CrystalRecord] = {}
    skipped: list[tuple[str, str]] = []
    keys = {
        json.dumps([name, shape, boolean]): name for name, shape in shapes.items() for boolean in (False, True)
    }
    for chunk in chunks:
        skipped += chunk.skipped
        for record in chunk:
            if record.identifier in records:
                skipped.append((record.identifier, _TWICE))
                continue
            targets: dict[str, NDArray[np.float64]] = {}
            for key, name in keys.items():  # of the two, one holds the value and the other is missing
                if key in record.targets and (name not in targets or np.isnan(targets[name]).all()):
                    targets[name] = record.targets[key]
            records[record.identifier] = replace(record, targets=targets)
    counts = _counts(chunks)
    if not records:
        raise CrystalError(_nothing(counts, skipped, recipe.only_split))
    units = UNITS | dict.fromkeys(booleans, TRUE_FALSE) | dict(recipe.units)
    unused = [f"{name}: it has a unit, but no values" for name in recipe.units if name not in shapes]
    divided_records, of_splits = divided(list(records.values()), recipe)
    notes = [*_notes(counts), *notes, *unused, *of_splits]
    write_crystals(output, divided_records, recipe=recipe, units=units, skipped=skipped, notes=notes)


def _counts(chunks: Sequence[CrystalTable]) -> NoteCounts:
    counts: NoteCounts = Counter()
    for chunk in chunks:
        for note in chunk.notes:
            name, why, count = json.loads(note)
            counts[name, why] += count
    return counts


def _notes(counts: NoteCounts) -> list[str]:
    return [
        f"not asked for: {_crystals(count)} of {f'the split {why!r}' if why else 'no split'}"
        if name == OTHER_SPLIT and why in SPLITS
        else f"{name}: {why}, in {_crystals(count)}"
        for (name, why), count in sorted(counts.items())
    ]


def _nothing(counts: NoteCounts, skipped: Sequence[tuple[str, str]], only_split: str) -> str:
    """Why there is no crystal at all."""
    others = sorted(why for name, why in counts if name == OTHER_SPLIT and why in SPLITS)
    if others and not skipped:
        there = ", ".join(filter(None, others)) or "none"
        return f"no crystal of the data is in the split {only_split!r}; there are {there}"
    reason = f"; the first, {skipped[0][0]}: {skipped[0][1]}" if skipped else ""
    return f"none of {counted(len(skipped), 'crystal')} could be compiled{reason}"


def _shapes(chunks: Sequence[CrystalTable]) -> tuple[dict[str, tuple[int, ...]], set[str], list[str]]:
    """The one shape of each target, the targets of which all values are true or false, and notes on other shapes.

    A target has the shape of more than half of its values; one without such a shape, as forces per atom, is left
    out.
    """
    counts: dict[str, Counter[tuple[int, ...]]] = {}
    booleans: Counter[str] = Counter()
    for chunk in chunks:
        for key, values in chunk.targets.items():
            name, shape, boolean = json.loads(key)
            known = ~np.isnan(values.reshape(len(values), -1)).all(axis=1)
            counts.setdefault(name, Counter())[tuple(shape)] += int(known.sum())
            booleans[name] += int(known.sum()) * boolean
    shapes, notes = {}, []
    for name, count in counts.items():
        (shape, most), total = count.most_common(1)[0], count.total()
        if 2 * most > total or not total:
            shapes[name] = shape
            if most < total:
                form = " x ".join(map(str, shape)) or "a single number"
                notes.append(f"{name}: not {form}, taken as missing, in {_crystals(total - most)}")
        else:
            notes.append(f"{name}: left out, for its values have {len(+count)} shapes")
    flags = {name for name, count in booleans.items() if 0 < count == counts[name].total()}
    if len(shapes) > MAX_TARGETS:
        kept = sorted(shapes, key=lambda name: (-counts[name].total(), name))[:MAX_TARGETS]
        notes.append(
            f"{len(shapes) - MAX_TARGETS} targets of few crystals: left out, more than {MAX_TARGETS} names"
        )
        shapes = {name: shapes[name] for name in kept}
    return shapes, flags & shapes.keys(), notes


def _crystals(count: int) -> str:
    """In notes, which are part of what is hashed."""
    return counted(count, "crystal", separator="")

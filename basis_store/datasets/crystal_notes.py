"""Notes on single crystals, kept among the notes of a dataset.

A note on a crystal is a line ``identifier, tab, note``. No other note contains a tab.
"""

from __future__ import annotations

from collections.abc import Iterable

from basis_store.datasets.record import CrystalRecord


def note_lines(general: Iterable[str], records: Iterable[CrystalRecord]) -> list[str]:
    """The lines of a dataset: notes on the whole of it, then those on its records."""
    lines = [_squeezed(note) for note in general]
    return lines + [f"{record.identifier}\t{_squeezed(note)}" for record in records for note in record.notes]


def split_notes(lines: Iterable[str]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Inverse of :func:`note_lines`: notes on the whole, and notes by the identifier of a crystal."""
    general: list[str] = []
    by_crystal: dict[str, tuple[str, ...]] = {}
    known: dict[str, str] = {}
    for line in lines:
        # The last tab: an identifier may contain some.
        identifier, tab, note = line.rpartition("\t")
        if not tab:
            general.append(note)
            continue
        # Many crystals have the same note; one copy of the text is enough.
        by_crystal[identifier] = (*by_crystal.get(identifier, ()), known.setdefault(note, note))
    return tuple(general), by_crystal


def _squeezed(note: str) -> str:
    return " ".join(note.split())

"""Ways to damage bytes and texts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

BYTE_RUN = 64
"""Bytes that are overwritten, cut out or moved at once, at most."""

ODD_NUMBERS = (
    "nan", "inf", "-inf", "1e308", "-1e308", "1e23", "1e-308", "-0", "0", "1e999", "0x10", "1_0", "1,5",
    "9" * 40, "9" * 5000, "1e", "--1", "1/0", "5(", "5(3)", ".", "?", "True", "null",
)  # fmt: skip

ODD_TEXTS = (
    "", " ", "\x00", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\u202eevil", "=cmd|' /C calc'!A0", "\ud800",
    "../../../etc/passwd", "/dev/zero", "\r", "\n", "\ufeff", "é" * 3, "a" * 100_000, "[" * 100_000,
    '{"a":' * 5000, "\\ud800", "''", '"', ";", "#", "loop_", "data_", "save_", "_cell_length_a", "stop_",
    "Wat1", "D", "Xx", "NaN",
)  # fmt: skip

ODD_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, -(10**30), 1e308, float("nan"), float("inf"), "", "x", "\ud800", [], {}, [[]],
    [None], {"": {}}, "a" * 10_000, [0] * 10_000,
)  # fmt: skip


def damaged_bytes(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """One to three kinds of damage to a binary file, and what they were."""
    parts = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        damage = rng.choice(_BYTE_DAMAGE)
        content = damage(content, rng)
        parts.append(damage.__name__.strip("_"))
    return content, "+".join(parts)


def damaged_text(text: bytes, rng: random.Random) -> tuple[bytes, str]:
    """One to four edits of a text file, and what they were; sometimes damage to its bytes."""
    if rng.random() < 0.1:
        return damaged_bytes(text, rng)
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    parts = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        edit = rng.choice(_TEXT_EDITS)
        lines = edit(lines, rng) or [""]
        parts.append(edit.__name__.strip("_"))
    return "\n".join(lines).encode("utf-8", "surrogatepass"), "+".join(parts)


def damaged_json(text: bytes, rng: random.Random) -> tuple[bytes, str]:
    """A JSON text with one value or key replaced, removed or doubled, and where."""
    value = json.loads(text)
    places = list(_places(value, ()))
    if not places:
        return damaged_text(text, rng)
    place = rng.choice(places)
    parent = value
    for step in place[:-1]:
        parent = parent[step]
    action = rng.choice(("replace", "replace", "replace", "remove", "wrap", "rename"))
    last = place[-1]
    if action == "replace":
        parent[last] = rng.choice(ODD_VALUES)
    elif action == "remove":
        del parent[last]
    elif action == "wrap":
        for _ in range(rng.choice((1, 40, 400))):
            parent[last] = [parent[last]]
    elif isinstance(parent, dict):
        parent[rng.choice(("", "x", "\ud800", "format"))] = parent.pop(last)
    return json.dumps(value).encode("utf-8", "surrogatepass"), f"{action} {'/'.join(map(str, place))}"


def _places(value: Any, place: tuple[Any, ...]) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in items:
        yield (*place, step)
        yield from _places(child, (*place, step))


def _span(content: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(content)) if content else 0
    return start, min(len(content), start + rng.randrange(1, BYTE_RUN))


def _flip_bit(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return b"\x01"
    changed = bytearray(content)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, rng: random.Random) -> bytes:
    start, stop = _span(content, rng)
    n = stop - start
    return content[:start] + rng.choice((rng.randbytes(n), b"\xff" * n, bytes(n))) + content[stop:]


def _cut_out(content: bytes, rng: random.Random) -> bytes:
    start, stop = _span(content, rng)
    return content[:start] + content[stop:]


def _truncate(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _double(content: bytes, rng: random.Random) -> bytes:
    start, stop = _span(content, rng)
    return content[:stop] + content[start:]


def _move(content: bytes, rng: random.Random) -> bytes:
    start, stop = _span(content, rng)
    rest = content[:start] + content[stop:]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + content[start:stop] + rest[at:]


def _large_number(content: bytes, rng: random.Random) -> bytes:
    """Eight bytes that HDF5 or safetensors may read as a length."""
    at = rng.randrange(len(content) + 1)
    number = rng.choice((1 << 62, (1 << 64) - 1, 1 << 40, 1 << 31, (1 << 32) - 1))
    return content[:at] + number.to_bytes(8, "little") + content[at + 8 :]


_BYTE_DAMAGE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bit, _flip_bit, _overwrite, _cut_out, _truncate, _double, _move, _large_number,
)  # fmt: skip


def _drop_line(lines: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(lines))
    return lines[:at] + lines[at + 1 :]


def _double_line(lines: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(lines))
    return lines[: at + 1] + lines[at:]


def _repeat_line(lines: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(lines))
    return lines[:at] + [lines[at]] * rng.choice((20, 300)) + lines[at + 1 :]


def _swap_lines(lines: list[str], rng: random.Random) -> list[str]:
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    changed = list(lines)
    changed[one], changed[other] = lines[other], lines[one]
    return changed


def _join_lines(lines: list[str], rng: random.Random) -> list[str]:
    at = rng.randrange(len(lines))
    return [*lines[:at], rng.choice((" ", "\r", "\t", "")).join(lines[at : at + 2]), *lines[at + 2 :]]


def _insert_text(lines: list[str], rng: random.Random) -> list[str]:
    changed = list(lines)
    at = rng.randrange(len(lines))
    column = rng.randrange(len(lines[at]) + 1)
    changed[at] = lines[at][:column] + rng.choice(ODD_TEXTS) + lines[at][column:]
    return changed


def _replace_word(lines: list[str], rng: random.Random) -> list[str]:
    words = [(i, match) for i, line in enumerate(lines) for match in re.finditer(r"\S+", line[:2000])]
    if not words:
        return lines
    i, match = rng.choice(words)
    other = rng.choice((*ODD_TEXTS, rng.choice(words)[1][0]))
    return [*lines[:i], lines[i][: match.start()] + other + lines[i][match.end() :], *lines[i + 1 :]]


def _replace_number(lines: list[str], rng: random.Random) -> list[str]:
    pattern = r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?"
    numbers = [(i, match) for i, line in enumerate(lines) for match in re.finditer(pattern, line[:2000])]
    if not numbers:
        return lines
    i, match = rng.choice(numbers)
    number = (
        rng.choice(ODD_NUMBERS)
        if rng.random() < 0.7
        else f"{float(match[0]) * rng.choice((-1, 2, 0.5, 1.01)):.6f}"
    )
    return [*lines[:i], lines[i][: match.start()] + number + lines[i][match.end() :], *lines[i + 1 :]]


_TEXT_EDITS: tuple[Callable[[list[str], random.Random], list[str]], ...] = (
    _drop_line, _double_line, _repeat_line, _swap_lines, _join_lines, _insert_text, _replace_word, _replace_word,
    _replace_number, _replace_number, _replace_number,
)  # fmt: skip

"""What HDF5 files of this project may consist of, checked before any data are read.

HDF5 can point to other files (external links, virtual datasets, external raw storage), load programs (filters from
plugins), promise arrays of any size, and inflate a chunk without limit. No file may do that here: it has groups of
arrays of numbers, hard links, the filters gzip, shuffle and fletcher32, and sizes that fit its own.
"""

from __future__ import annotations

import functools
import itertools
import math
import zlib
from collections.abc import Iterable
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5l, h5o, h5s, h5t, h5z
from numpy.typing import NDArray

from basis_store.files.stored_arrays import ContentError

MAX_GROWTH = 8
"""Times that the arrays of a file may be as large as the file. Stores compressed by gzip reach 7, datasets 4."""
ALWAYS_ALLOWED = 4 << 20
"""Bytes of arrays that any file may have."""

_MAX_OBJECTS = 20_000
_PIPELINES = {
    (*before, *after)
    for before in ((), (h5z.FILTER_SHUFFLE,), (h5z.FILTER_DEFLATE,), (h5z.FILTER_SHUFFLE, h5z.FILTER_DEFLATE))
    for after in ((), (h5z.FILTER_FLETCHER32,))
}
_PLAIN_TYPES = (h5t.TypeIntegerID, h5t.TypeFloatID, h5t.TypeStringID)
_CHECKSUM_BYTES = 4
_MAX_INFLATION = 1032
"""By which deflate can make bytes more, at most."""
_OBJECT = 8


def fits(sizes: Iterable[tuple[str, int]], file_size: int) -> bool:
    """Whether a file of ``file_size`` bytes may hold arrays of these sizes in bytes, given with their paths."""
    # An entry of offsets may become a Python object.
    needed = sum(size * (_OBJECT if path.endswith("/offsets") else 1) for path, size in sizes)
    return needed <= MAX_GROWTH * file_size + ALWAYS_ALLOWED


def text_attribute(file: h5py.File, name: str, file_size: int) -> str | None:
    """A root attribute; None if there is none.

    Raises:
        ContentError: it is not one ASCII text that the file can hold.
    """
    if not h5a.exists(file.id, name.encode()):
        return None
    attribute = h5a.open(file.id, name.encode())
    kind, space = attribute.get_type(), attribute.get_space()
    if (
        not isinstance(kind, h5t.TypeStringID)
        or kind.is_variable_str()
        or space.get_simple_extent_type() != h5s.SCALAR
        or kind.get_size() > file_size
    ):
        raise ContentError(f"its attribute {name} is not a text")
    value = np.empty((), f"S{kind.get_size()}")
    attribute.read(value)
    try:
        return str(value.item().decode("ascii"))
    except UnicodeDecodeError:
        raise ContentError(f"its attribute {name} is not ASCII text") from None


class SafeArray:
    """A dataset of an open file, checked to be an array of numbers or bytes within the file.

    Args:
        identifier: of the dataset.
        path: its full name.

    Attributes:
        path, shape, dtype: of the array.
        size: in bytes, uncompressed.
        stored: bytes that it occupies in the file.

    Raises:
        ContentError: it is anything else.
    """

    def __init__(self, identifier: h5d.DatasetID, path: str) -> None:
        self.path = path
        self._id = identifier
        # 1. Where the data are; first, because asking for the shape of a virtual dataset opens its sources.
        self._plist = identifier.get_create_plist()
        layout = self._plist.get_layout()
        if layout not in (h5d.COMPACT, h5d.CONTIGUOUS, h5d.CHUNKED) or self._plist.get_external_count():
            raise ContentError(f"the data of {path} are in other files")
        self._filters = tuple(self._plist.get_filter(i)[0] for i in range(self._plist.get_nfilters()))
        if self._filters not in _PIPELINES:
            raise ContentError(f"{path} is filtered by more than gzip, shuffle and fletcher32")
        # 2. What they are.
        kind, space = identifier.get_type(), identifier.get_space()
        if not isinstance(kind, _PLAIN_TYPES) or kind.committed():
            raise ContentError(f"{path} is not an array of numbers")
        if isinstance(kind, h5t.TypeStringID) and kind.is_variable_str():
            raise ContentError(f"{path} is not an array of numbers")
        if space.get_simple_extent_type() != h5s.SIMPLE:
            raise ContentError(f"{path} is not an array")
        self.shape: tuple[int, ...] = space.get_simple_extent_dims()
        self.dtype: np.dtype[Any] = kind.dtype
        self._exact = kind.equal(_hdf5_type(self.dtype))
        # 3. How much.
        self.size = math.prod(self.shape) * kind.get_size()
        self.stored = identifier.get_storage_size()
        if not self._filters and self.stored < self.size:
            raise ContentError(f"{path} is not complete")
        self._dataset: h5py.Dataset | None = None
        self._chunks: tuple[int, ...] = ()
        self._whole: set[tuple[int, ...]] = set()

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def type_name(self) -> str:
        """Its type as numpy names it; ``"... of another kind"`` if HDF5 can tell them apart and numpy cannot."""
        return str(self.dtype) if self._exact else f"{self.dtype} of another kind"

    def is_of(self, dtype: str) -> bool:
        """Whether it has exactly this type, as numpy writes it."""
        return self._exact and self.dtype == dtype

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Rows ``start`` to ``stop``, which the array has; default, all.

        Raises:
            ContentError: a chunk does not hold what it should.
            OSError, RuntimeError: of HDF5, when bytes are damaged.
        """
        whole = start == 0 and stop in (None, len(self))
        stop = len(self) if stop is None else stop
        if self._filters and start < stop:
            self._check_chunks(start, stop)
        if whole:
            array = np.empty(self.shape, self.dtype)
            self._id.read(h5s.ALL, h5s.ALL, array)
            return array
        if self._dataset is None:  # made once: for many parts it is faster
            self._dataset = h5py.Dataset(self._id, readonly=True)
        return np.asarray(self._dataset[start:stop])

    def _check_chunks(self, start: int, stop: int) -> None:
        """Inflate the larger chunks of some rows, each once and within bounds: HDF5 would inflate to any size."""
        if not self._chunks:
            self._chunks = self._plist.get_chunk()
            if math.prod(self._chunks) * self.dtype.itemsize > max(self.size, ALWAYS_ALLOWED):
                raise ContentError(f"{self.path} has larger chunks than it needs")
        ranges = [range(start // self._chunks[0], (stop - 1) // self._chunks[0] + 1)]
        ranges += [range((n - 1) // c + 1) for n, c in zip(self.shape[1:], self._chunks[1:], strict=True)]
        for place in itertools.product(*ranges):
            if place not in self._whole:
                self._check_chunk(tuple(i * c for i, c in zip(place, self._chunks, strict=True)))
                self._whole.add(place)

    def _check_chunk(self, offset: tuple[int, ...]) -> None:
        stored = self._id.get_chunk_info_by_coord(offset).size
        if not stored:
            raise ContentError(f"{self.path} is not complete")
        if stored * _MAX_INFLATION <= ALWAYS_ALLOWED:
            return
        expected = math.prod(self._chunks) * self.dtype.itemsize
        skipped, content = self._id.read_direct_chunk(offset)
        applied = [one for i, one in enumerate(self._filters) if not skipped >> i & 1]
        size = len(content) - _CHECKSUM_BYTES * (h5z.FILTER_FLETCHER32 in applied)
        if h5z.FILTER_DEFLATE in applied:
            try:
                size = len(zlib.decompressobj().decompress(content, expected + 1))
            except zlib.error as error:
                raise ContentError(f"a chunk of {self.path} cannot be inflated") from error
        if size != expected:
            raise ContentError(f"a chunk of {self.path} does not have {expected} bytes")


@functools.cache
def _hdf5_type(dtype: np.dtype[Any]) -> h5t.TypeID:
    return h5t.py_create(dtype)


def open_arrays(file: h5py.File, file_size: int) -> dict[str, SafeArray]:
    """The arrays of all groups, by ``group/name``; no link is followed to anything else.

    Args:
        file: open.
        file_size: in bytes.

    Raises:
        ContentError: the file has anything but groups of arrays, or promises more than it can hold.
    """
    names: list[bytes] = []

    def note(name: bytes, link: h5l.LinkInfo) -> str | None:
        """Text ends the visit: what is wrong."""
        names.append(name)
        if link.type != h5l.TYPE_HARD:
            return f"{_text(name)} is a link: only hard links are followed"
        if name.count(b"/") > 1:  # before HDF5 goes deeper, which it does recursively
            return f"{_text(name.rpartition(b'/')[0])} is a group, not an array"
        return f"it has more than {_MAX_OBJECTS:,} objects" if len(names) > _MAX_OBJECTS else None

    if (problem := file.id.links.visit(note, info=True)) is not None:
        raise ContentError(problem)
    groups = {name.partition(b"/")[0] for name in names if b"/" in name}
    arrays: dict[str, SafeArray] = {}
    for name in names:
        if name in groups:
            continue
        entry = h5o.open(file.id, name)
        if isinstance(entry, h5d.DatasetID):
            arrays[_text(name)] = SafeArray(entry, _text(name))
        elif not isinstance(entry, h5g.GroupID) or b"/" in name:
            raise ContentError(f"{_text(name)} is no array")
    if not fits(((path, one.size) for path, one in arrays.items()), file_size):
        size = sum(one.size for one in arrays.values())
        raise ContentError(f"its arrays, of {size:,} bytes, are too large for a file of {file_size:,} bytes")
    if sum(one.stored for one in arrays.values()) > file_size:
        raise ContentError("its arrays overlap in the file")
    return arrays


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")

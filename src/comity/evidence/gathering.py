"""Reading what is to be sealed: every item once, its bytes into a place of safety, its line into the list.

The place is a sink: a package being written, or a node's vault. The list and the chunk digests are written
as the pass goes on, so memory stays the same for one file or a million.
"""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol

from comity.base.errors import WorldError
from comity.base.merkle import GrowingRoot, leaf_hash
from comity.evidence.streams import Pass, ReadingStoppedError, write_all
from comity.evidence.terms import Item, ItemKind
from comity.evidence.walk import Found
from comity.evidence.wire import write_item


class Sink(Protocol):
    """Where the bytes of a file go while they are read."""

    def begin(self, path: str) -> int:
        """Open a place for the file that will lie at a path under ``data/``; a file handle to write to."""

    def finish(self, handle: int, path: str, sha256: str) -> None:
        """The bytes are all there and have this digest: keep them and close."""

    def abandon(self, handle: int, path: str) -> None:
        """The bytes could not be read to the end: keep nothing and close."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was read: the root over the item lines, counts, and the names that were not read and why."""

    root: str
    count: int
    size: int
    not_read: tuple[str, ...]


class Gathering:
    """One reading: items to a list file, chunk digests beside it, bytes to a sink."""

    def __init__(self, items: IO[bytes], chunks: IO[bytes], sink: Sink) -> None:
        self._items = items
        self._chunks = chunks
        self._sink = sink

    def run(self, found: Iterable[Found], progress: Callable[[int], object] | None = None) -> Gathered:
        """Read everything found.

        Raises:
            WorldError: the sink cannot take the bytes (a full disk).
        """
        growing, size, not_read = GrowingRoot(), 0, list[str]()
        for one in found:
            item = self._read(one, progress) if one.item.kind is ItemKind.FILE else one.item
            line = write_item(item)
            growing.add(leaf_hash(line))
            self._items.write(line + b"\n")
            size += item.size
            if item.kind in {ItemKind.UNREADABLE, ItemKind.SPECIAL}:
                not_read.append(f"{item.name} ({item.detail})")
        return Gathered(growing.root().hex(), growing.count, size, tuple(not_read))

    def _read(self, found: Found, progress: Callable[[int], object] | None) -> Item:
        try:
            handle = open_plain(found.source)
        except OSError as problem:
            return _unreadable(found.item, problem.strerror or "unreadable")
        start = self._chunks.tell()
        kept = self._sink.begin(found.item.path)
        try:
            run = Pass(self._chunks.write, write_all(kept), progress)
            digests = run.run(handle)
        except ReadingStoppedError as problem:
            self._sink.abandon(kept, found.item.path)
            self._chunks.seek(start)
            self._chunks.truncate()
            return _unreadable(found.item, problem.what)
        except WorldError:
            self._sink.abandon(kept, found.item.path)
            raise
        finally:
            os.close(handle)
        self._sink.finish(kept, found.item.path, digests.sha256)
        return replace(found.item, size=digests.size, sha256=digests.sha256, root=digests.root)


def _unreadable(item: Item, why: str) -> Item:
    return Item(ItemKind.UNREADABLE, item.name, item.salt, item.name_bytes, detail=why)


def open_plain(path: bytes | Path) -> int:
    """Open an ordinary file for reading, never through a link, never waiting on a device.

    Raises:
        OSError: it is not an ordinary file, or cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not an ordinary file any more")
    return handle

"""What lies under the paths that a user points at: each thing once, nothing followed, nothing skipped.

Links, empty folders, devices and unreadable things are named, not read. Folders are walked in the order of
their full names. Names that a package cannot carry (control characters, bytes that are not UTF-8, names
alike but for case) get a name that it can; the name as found goes into the item.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from comity.base.clock import from_timestamp
from comity.base.errors import UserError
from comity.base.ids import salt
from comity.evidence.terms import Item, ItemKind

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\%\ufffd/]")
_SALT_BYTES = 16
_LONGEST_NAME = 255  # bytes; what common file systems take


@dataclass(frozen=True, slots=True)
class Found:
    """A thing found: the item as far as it is known before reading, and where it lies."""

    item: Item
    source: bytes


class _Names:
    """Names given so far in one folder of the package."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, raw: bytes) -> str:
        """A name that a package can carry, unlike any given before."""
        text = raw.decode("utf-8", "replace")
        safe = _shortened(_UNSAFE.sub("_", text), _LONGEST_NAME)
        if safe in {"", ".", ".."}:
            safe = "_"
        name, count = safe, 1
        while (key := unicodedata.normalize("NFC", name).casefold()) in self._taken:
            count += 1
            name = f"{_shortened(safe, _LONGEST_NAME - len(str(count)) - 1)}~{count}"
        self._taken.add(key)
        return name


def _shortened(name: str, most: int) -> str:
    """A name of at most so many bytes, never cut within a character."""
    return name.encode("utf-8")[:most].decode("utf-8", "ignore")


def walk(paths: Sequence[Path]) -> Iterator[Found]:
    """Everything under the paths, in order.

    Raises:
        UserError: a path does not exist, or is a device (make an image of it first).
    """
    names = _Names()
    for path in paths:
        source = os.fsencode(path.absolute())
        try:
            state = os.lstat(source)
        except OSError as problem:
            raise UserError(f"Cannot seal {path}: {problem.strerror}", advice="Check the path.") from problem
        if not any(kind(state.st_mode) for kind in (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)):
            raise UserError(
                f"Cannot seal {path}: it is a {_nature(state.st_mode)}",
                advice="Make an image file of a device first, and seal the image.",
            )
        raw = source.rstrip(b"/").rsplit(b"/", 1)[-1]
        if raw in {b"", b".", b".."}:
            raw = os.fsencode(path.resolve().name) or b"root"
        yield from _visit(source, raw, "data/" + names.give(raw), state)


def _visit(source: bytes, found: bytes, path: str, state: os.stat_result) -> Iterator[Found]:
    """One thing, and if it is a folder everything in it, without recursion."""
    waiting = [(source, found, path, state)]
    while waiting:
        here, name, place, status = waiting.pop()
        if not stat.S_ISDIR(status.st_mode):
            yield Found(_item(here, name, place, status), here)
            continue
        inner, problem = _entries(here)
        if problem:
            yield Found(_named(ItemKind.UNREADABLE, name, problem), here)
        elif not inner:
            yield Found(_named(ItemKind.FOLDER, name), here)
        names = _Names()
        below = []
        for entry, entry_status in inner:
            child = here + b"/" + entry
            child_name = name + b"/" + entry
            if entry_status is None:
                yield Found(
                    _named(ItemKind.UNREADABLE, child_name, "it vanished while the folder was read"), child
                )
            else:
                below.append((child, child_name, f"{place}/{names.give(entry)}", entry_status))
        waiting.extend(reversed(below))


def _entries(folder: bytes) -> tuple[list[tuple[bytes, os.stat_result | None]], str]:
    """A folder's entries in order, folders as if their names ended in a slash; or why it cannot be read."""
    entries: list[tuple[bytes, os.stat_result | None]] = []
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                try:
                    entries.append((entry.name, entry.stat(follow_symlinks=False)))
                except OSError:
                    entries.append((entry.name, None))
    except OSError as problem:
        return [], problem.strerror or "unreadable"

    def order(entry: tuple[bytes, os.stat_result | None]) -> bytes:
        status = entry[1]
        return entry[0] + (b"/" if status is not None and stat.S_ISDIR(status.st_mode) else b"")

    return sorted(entries, key=order), ""


def _item(source: bytes, name: bytes, path: str, status: os.stat_result) -> Item:
    if stat.S_ISREG(status.st_mode):
        text, raw = _as_text(name)
        modified = from_timestamp(status.st_mtime)
        return Item(ItemKind.FILE, text, _salt(), raw, path=path, size=status.st_size, modified=modified)
    if stat.S_ISLNK(status.st_mode):
        try:
            target = os.readlink(source).decode("utf-8", "replace")  # noqa: PTH115 - a Path cannot hold every name
        except OSError as problem:
            return _named(ItemKind.UNREADABLE, name, problem.strerror or "unreadable")
        return _named(ItemKind.LINK, name, target)
    return _named(ItemKind.SPECIAL, name, _nature(status.st_mode))


def _named(kind: ItemKind, name: bytes, detail: str = "") -> Item:
    text, raw = _as_text(name)
    return Item(kind, text, _salt(), raw, detail=detail)


def _as_text(name: bytes) -> tuple[str, bytes | None]:
    try:
        return name.decode("utf-8"), None
    except UnicodeDecodeError:
        return name.decode("utf-8", "replace"), name


def _salt() -> str:
    return salt(_SALT_BYTES).hex()


def _nature(mode: int) -> str:
    for test, words in (
        (stat.S_ISBLK, "block device"),
        (stat.S_ISCHR, "character device"),
        (stat.S_ISFIFO, "fifo"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISLNK, "symbolic link"),
    ):
        if test(mode):
            return words
    return "special file"

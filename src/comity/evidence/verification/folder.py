"""A package on disk, read as a stranger's: ordinary files only, nothing followed, sizes bounded."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from comity.base.errors import PeerError, UserError
from comity.evidence.gathering import open_plain


class PackageFolder:
    """The files of one package folder."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise UserError(
                f"There is no package folder {path}", advice="Name the folder that was handed over."
            )
        self.path = path

    def entries(self) -> Iterator[tuple[str, str]]:
        """Every file as its name and, where it must not be there as it is, why; folders are walked, not named."""
        root = os.fsencode(self.path)
        waiting = [b""]
        while waiting:
            inner = waiting.pop()
            try:
                with os.scandir(root + b"/" + inner) as listing:
                    found = [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in listing]
            except OSError as problem:
                yield inner.decode("utf-8", "replace"), f"cannot be read: {problem.strerror}"
                continue
            for name, mode in sorted(found):
                path = inner + b"/" + name if inner else name
                if stat.S_ISDIR(mode):
                    waiting.append(path)
                    continue
                try:
                    text = path.decode("utf-8")
                except UnicodeDecodeError:
                    yield path.decode("utf-8", "replace"), "its name is not UTF-8"
                    continue
                yield text, "" if stat.S_ISREG(mode) else "is a link or a device, not an ordinary file"

    def open(self, name: str) -> int:
        """A handle to read a file from.

        Raises:
            PeerError: it is missing or not an ordinary file in ordinary folders.
        """
        path = self.path
        parts = name.split("/")
        try:
            for part in parts[:-1]:
                path = path / part
                if not stat.S_ISDIR(path.lstat().st_mode):
                    raise PeerError(f"{name} lies behind a link")
            return open_plain(path / parts[-1])
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
            raise PeerError(f"cannot be read: {reason}") from problem

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a file.

        Raises:
            PeerError: it is missing, not an ordinary file, or larger than the limit.
        """
        with os.fdopen(self.open(name), "rb") as file:
            try:
                raw = file.read(limit + 1)
            except OSError as problem:
                raise PeerError(f"cannot be read: {problem.strerror}") from problem
        if len(raw) > limit:
            raise PeerError(f"is larger than {limit} bytes")
        return raw

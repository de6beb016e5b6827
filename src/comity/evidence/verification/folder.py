"""A package on disk, read as a stranger's: ordinary files only, nothing followed, sizes bounded."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from comity.base.errors import PeerError, UserError
from comity.evidence import layout
from comity.evidence.gathering import open_plain


class PackageFolder:
    """The files of one package folder."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise UserError(
                f"There is no package folder {path}", advice="Name the folder that was handed over."
            )
        self.path = path

    def entries(self) -> Iterator[tuple[str, str, int]]:
        """Every file: its name, where it must not be there as it is why, and its size; folders are only walked."""
        root = os.fsencode(self.path)
        waiting = [b""]
        while waiting:
            inner = waiting.pop()
            try:
                with os.scandir(root + b"/" + inner) as listing:
                    found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in listing]
            except OSError as problem:
                yield inner.decode("utf-8", "replace"), f"cannot be read: {problem.strerror}", 0
                continue
            for name, state in sorted(found):
                path = inner + b"/" + name if inner else name
                if stat.S_ISDIR(state.st_mode):
                    waiting.append(path)
                    continue
                try:
                    text = path.decode("utf-8")
                except UnicodeDecodeError:
                    yield path.decode("utf-8", "replace"), "its name is not UTF-8", 0
                    continue
                fault = "" if stat.S_ISREG(state.st_mode) else "is a link or a device, not an ordinary file"
                yield text, fault, state.st_size

    def open(self, name: str, limit: int | None = None) -> int:
        """A handle to read a file from.

        Raises:
            PeerError: it is missing, not an ordinary file in ordinary folders, or larger than the limit.
        """
        path = self.path
        parts = name.split("/")
        try:
            for part in parts[:-1]:
                path = path / part
                if not stat.S_ISDIR(path.lstat().st_mode):
                    raise PeerError(f"{name} lies behind a link")
            handle = open_plain(path / parts[-1])
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
            raise PeerError(f"cannot be read: {reason}") from problem
        if limit is not None and os.fstat(handle).st_size > limit:
            os.close(handle)
            raise PeerError(f"is larger than {limit} bytes")
        return handle

    def lines(self, name: str, longest: int) -> Iterator[bytes]:
        """The lines of a file without their line ends, one at a time.

        Raises:
            PeerError: it is missing, not an ordinary file, a line is too long or the last has no end.
        """
        with os.fdopen(self.open(name, layout.LARGEST_LISTING), "rb") as file:
            try:
                while line := file.readline(longest):
                    if not line.endswith(b"\n"):
                        raise PeerError("has a line that is too long or does not end")
                    yield line[:-1]
            except OSError as problem:
                raise PeerError(f"cannot be read: {problem.strerror}") from problem

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a file.

        Raises:
            PeerError: it is missing, not an ordinary file, or larger than the limit.
        """
        with os.fdopen(self.open(name, limit), "rb") as file:
            try:
                return file.read(os.fstat(file.fileno()).st_size)
            except OSError as problem:
                raise PeerError(f"cannot be read: {problem.strerror}") from problem

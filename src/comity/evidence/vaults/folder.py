"""A vault in a folder: ``objects/ab/<sha256>``, each written beside, flushed, made read-only and renamed.

Order on disk: bytes, flush of the file, rename, flush of the folder; so an object that can be seen is whole.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from comity.audit.durable import flush_folder
from comity.base.errors import OurError
from comity.evidence.gathering import open_plain
from comity.evidence.streams import Pass, ReadingStoppedError

_READ_ONLY = 0o440
_BLOCK = 1 << 20


class FolderVault:
    """Objects in one folder of a node."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._incoming = folder / "incoming"
        self._open: dict[int, Path] = {}

    def begin(self, path: str) -> int:
        """A handle to write a new object to; the path is of no meaning here."""
        del path
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._incoming)
        self._open[handle] = Path(name)
        return handle

    def finish(self, handle: int, path: str, sha256: str) -> None:
        """Keep what was written under its digest."""
        del path
        os.fchmod(handle, _READ_ONLY)
        os.fsync(handle)
        os.close(handle)
        self._place(self._open.pop(handle), sha256)

    def abandon(self, handle: int, path: str) -> None:
        """Keep nothing of what was written."""
        del path
        os.close(handle)
        self._open.pop(handle).unlink(missing_ok=True)

    def open(self, sha256: str) -> int:
        """A handle to read an object from.

        Raises:
            OurError: the object is not there or not an ordinary file: the store was touched.
        """
        try:
            return open_plain(self._path(sha256))
        except OSError as problem:
            raise OurError(
                f"The vault cannot give object {sha256[:8]}: {problem.strerror}",
                advice="Restore the vault from its backup; the seal says what must be there.",
            ) from problem

    def take(self, file: Path) -> str:
        """Keep a finished file as an object, by moving it; its digest."""
        digest = hashlib.sha256()
        with file.open("rb") as reading:
            while block := reading.read(_BLOCK):
                digest.update(block)
            os.fsync(reading.fileno())
        file.chmod(_READ_ONLY)
        self._place(file, digest.hexdigest())
        return digest.hexdigest()

    def _path(self, sha256: str) -> Path:
        return self._objects / sha256[:2] / sha256

    def _holds(self, path: Path, sha256: str) -> bool:
        try:
            handle = open_plain(path)
        except OSError:
            return False
        try:
            return Pass(lambda _: None).run(handle).sha256 == sha256
        except ReadingStoppedError:
            return False
        finally:
            os.close(handle)

    def _place(self, file: Path, sha256: str) -> None:
        path = self._path(sha256)
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flush_folder(path.parent.parent)
        if path.exists() and self._holds(path, sha256):
            file.unlink()
            return
        # Nothing there, or something that is not what its name says: the good bytes take the place.
        file.replace(path)
        flush_folder(path.parent)

"""One pass over a file's bytes: whole-file SHA-256 and chunk tree together, in constant memory.

The chunk digests are made on the reading thread and the whole-file digest on a second one (hashlib releases
the interpreter for large buffers), so two cores give two digests in about the time of one. Buffers are
reused: six chunks of 1 MiB, whatever the size of the file.
"""

import hashlib
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from comity.base.errors import WorldError
from comity.base.merkle import GrowingRoot
from comity.evidence.terms import CHUNK_BYTES

_BUFFERS = 6
_SMALL = 4 * CHUNK_BYTES  # below this a second thread costs more than it gives

Filled = tuple[bytearray, int]


class ReadingStoppedError(WorldError):
    """A file could not be read to its end."""


@dataclass(frozen=True, slots=True)
class StreamDigests:
    """What one pass found: size, whole-file SHA-256 and chunk root, in hexadecimal."""

    size: int
    sha256: str
    root: str


@dataclass(frozen=True, slots=True)
class Pass:
    """What to do with the bytes of a pass: where chunk digests go, where bytes go, who watches."""

    keep_leaf: Callable[[bytes], object]
    write: Callable[[memoryview], object] | None = None
    progress: Callable[[int], object] | None = None

    def run(self, handle: int) -> StreamDigests:
        """Read an open file to its end.

        Raises:
            ReadingStoppedError: the file cannot be read to its end, with the system's reason.
            WorldError: the copy cannot be written.
        """
        threaded = os.fstat(handle).st_size >= _SMALL
        whole = _WholeFile() if threaded else None
        alone = hashlib.sha256()
        growing, size = GrowingRoot(), 0
        buffer = bytearray(CHUNK_BYTES)
        try:
            while True:
                if whole:
                    buffer = whole.free.get()
                length = _fill(handle, buffer)
                if not length:
                    break
                view = memoryview(buffer)[:length]
                leaf = hashlib.sha256(b"\x00")
                if whole:
                    whole.filled.put((buffer, length))
                else:
                    alone.update(view)
                leaf.update(view)
                growing.add(leaf.digest())
                self.keep_leaf(leaf.digest())
                if self.write:
                    self.write(view)
                if self.progress:
                    self.progress(length)
                size += length
        finally:
            hexadecimal = whole.finish() if whole else alone.hexdigest()
        return StreamDigests(size, hexadecimal, growing.root().hex())


class _WholeFile:
    """The second thread, which makes the whole-file digest and hands buffers back."""

    def __init__(self) -> None:
        self.free: queue.SimpleQueue[bytearray] = queue.SimpleQueue()
        self.filled: queue.SimpleQueue[Filled | None] = queue.SimpleQueue()
        self._digest = hashlib.sha256()
        for _ in range(_BUFFERS):
            self.free.put(bytearray(CHUNK_BYTES))
        self._thread = threading.Thread(target=self._work, name="whole-file digest", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (part := self.filled.get()) is not None:
            buffer, length = part
            self._digest.update(memoryview(buffer)[:length])
            self.free.put(buffer)

    def finish(self) -> str:
        self.filled.put(None)
        self._thread.join()
        return self._digest.hexdigest()


def _fill(handle: int, buffer: bytearray) -> int:
    """Fill the buffer from the file, short only at its end."""
    view, held = memoryview(buffer), 0
    while held < len(buffer):
        try:
            got = os.readv(handle, [view[held:]])
        except OSError as problem:
            raise ReadingStoppedError(f"reading stopped: {problem.strerror or problem}") from problem
        if not got:
            break
        held += got
    return held


def write_all(handle: int) -> Callable[[memoryview], None]:
    """A writer of whole views to an open file, however short the system's writes are."""

    def write(view: memoryview) -> None:
        rest = view
        while rest:
            try:
                rest = rest[os.write(handle, rest) :]
            except OSError as problem:
                raise WorldError(
                    f"Writing stopped: {problem.strerror or problem}",
                    advice="Make room on the disk and seal again; nothing was kept of this attempt.",
                ) from problem

    return write


def read_pass(handle: int, progress: Callable[[int], object] | None = None) -> tuple[StreamDigests, bytes]:
    """The digests of an open file and its chunk digests, 32 bytes each, one after the other."""
    leaves: list[bytes] = []
    digests = Pass(leaves.append, progress=progress).run(handle)
    return digests, b"".join(leaves)

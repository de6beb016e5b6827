"""A log kept as the static files that C2SP tlog-tiles publishes: anyone can serve or check the folder.

Each file is written beside, flushed to the disk and renamed; the checkpoint comes last, so a machine that
dies in the middle leaves the log as it was. A lock file keeps two commands from appending at once.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from comity.audit import tree
from comity.audit.durable import write_whole
from comity.base.merkle import HASH_BYTES


@dataclass(frozen=True, slots=True)
class FolderStore:
    """The log in one folder."""

    folder: Path

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def checkpoint(self) -> bytes | None:
        """The last signed checkpoint."""
        try:
            return (self.folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def tile(self, level: int, index: int, size: int) -> bytes:
        """The hashes of a tile in the log of a size: the full tile, or the partial one of that width."""
        width = tree.width_at(level, index, size)
        if not width:
            return b""
        return (self.folder / tree.tile_path(level, index, width)).read_bytes()

    def keep(
        self, start: int, entries: Sequence[bytes], tiles: dict[tuple[int, int], bytes], note: bytes
    ) -> None:
        """Write bundles and tiles, then the checkpoint."""
        first, used = divmod(start, tree.TILE_WIDTH)
        held = self._bundle(first, used) if used else []
        joined = [*held, *entries]
        for number, at in enumerate(range(0, len(joined), tree.TILE_WIDTH), first):
            part = joined[at : at + tree.TILE_WIDTH]
            self._write(tree.entries_path(number, len(part)), tree.bundle(part))
        for (level, index), hashes in tiles.items():
            self._write(tree.tile_path(level, index, len(hashes) // HASH_BYTES), hashes)
        self._write("checkpoint", note)

    def entries(self, size: int) -> Iterator[bytes]:
        """Every entry of the log of a size, in order."""
        for index in range(-(-size // tree.TILE_WIDTH)):
            yield from self._bundle(index, min(tree.TILE_WIDTH, size - index * tree.TILE_WIDTH))

    def _bundle(self, index: int, width: int) -> list[bytes]:
        return tree.unbundle((self.folder / tree.entries_path(index, width)).read_bytes())

    def _write(self, name: str, raw: bytes) -> None:
        write_whole(self.folder / name, raw)

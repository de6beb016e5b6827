"""Where a log's entries and tiles are kept: the port, and the log that works over any of its stores.

Two stores exist: ``stores/folder.py`` (a laptop in the field) and ``stores/database.py`` (a node, in the
transaction of the deed). Order of an append: entries and tiles, then the checkpoint that covers them; what
no checkpoint covers was never in the log.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.audit import tree, wire
from comity.audit.terms import Checkpoint, EntryProof, LogKey
from comity.base.errors import OurError, UserError
from comity.base.merkle import inclusion_path

LARGEST_ENTRY = 65_535  # C2SP tlog-tiles: an entry's length is two bytes


class LogStore(Protocol):
    """Keeps the entries, tiles and last checkpoint of one log."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold the log for one append: nobody else appends meanwhile."""

    def checkpoint(self) -> bytes | None:
        """The last signed checkpoint, or None for a log not begun."""

    def tile(self, level: int, index: int, size: int) -> bytes:
        """The hashes of a tile as they stand in the log of that size."""

    def entries(self, size: int) -> Iterator[bytes]:
        """Every entry of the log of that size, in order."""

    def keep(
        self, start: int, entries: Sequence[bytes], tiles: dict[tuple[int, int], bytes], note: bytes
    ) -> None:
        """Keep new entries from an index on, the tiles they change, and then the checkpoint over all."""


@dataclass(frozen=True, slots=True)
class LogSigner:
    """The private side of a log: its name and the key that signs its checkpoints."""

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> LogKey:
        """The public side, as trust material names it."""
        return LogKey(self.name, self.private.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class TransparencyLog:
    """One log: a store and the key that signs for it."""

    store: LogStore
    signer: LogSigner

    def append(self, entries: Sequence[bytes], extras: Sequence[bytes]) -> list[EntryProof]:
        """Append entries, sign the checkpoint over them, and prove each under it.

        Raises:
            UserError: an entry is larger than a log can hold.
            OurError: the store's last checkpoint is not this log's.
        """
        if any(len(entry) > LARGEST_ENTRY for entry in entries):
            raise UserError(f"a log entry has at most {LARGEST_ENTRY} bytes")
        with self.store.writing():
            start = self.size()
            tiles = tree.grow(start, entries, lambda level, index: self.store.tile(level, index, start))
            size = start + len(entries)

            def tile_at(level: int, index: int) -> bytes:
                return tiles.get((level, index)) or self.store.tile(level, index, start)

            checkpoint = Checkpoint(self.signer.name, size, tree.root_at(size, tile_at))
            note = wire.sign_checkpoint(checkpoint, self.signer.key, self.signer.private)
            self.store.keep(start, entries, tiles, note)
            node_at = tree.nodes(tile_at)
            return [
                EntryProof(extra, index, tuple(inclusion_path(index, size, node_at)), note)
                for index, extra in enumerate(extras, start)
            ]

    def find(self, entry: bytes, extra: bytes) -> EntryProof | None:
        """The proof of an entry under the last checkpoint, if the log has it; reads the whole log.

        Raises:
            OurError: the store's last checkpoint is not this log's.
        """
        size, note = self.size(), self.store.checkpoint()
        for index, kept in enumerate(self.store.entries(size)):
            if kept == entry and note is not None:
                node_at = tree.nodes(lambda level, at: self.store.tile(level, at, size))
                return EntryProof(extra, index, tuple(inclusion_path(index, size, node_at)), note)
        return None

    def size(self) -> int:
        """How many entries the last checkpoint covers.

        Raises:
            OurError: the store's last checkpoint is not this log's.
        """
        note = self.store.checkpoint()
        if note is None:
            return 0
        if not wire.is_signed_by(note, self.signer.key):
            raise OurError(
                f"the checkpoint kept for log {self.signer.name} is not signed by its key",
                advice="Restore the log and its key from the same backup; do not go on with either alone.",
            )
        return wire.read_checkpoint(note).size

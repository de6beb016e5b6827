"""A log kept in the node's database, in the transaction of the deed that appends.

The log's row is locked for the append (``SELECT FOR UPDATE`` on PostgreSQL, the one writer on SQLite), so a
deed and its entry come to be together or not at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from comity.audit import tree
from comity.audit.models import Log, LogCheckpoint, LogEntry, LogTile
from comity.base.ids import row_key
from comity.base.merkle import HASH_BYTES


@dataclass(frozen=True, slots=True)
class DatabaseStore:
    """The log of one origin in the node's database."""

    origin: str

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Lock the log's row until the transaction ends."""
        with transaction.atomic():
            Log.objects.get_or_create(origin=self.origin)
            Log.objects.select_for_update().get(origin=self.origin)
            yield

    def checkpoint(self) -> bytes | None:
        """The last signed checkpoint."""
        notes = (
            LogCheckpoint.objects.filter(log_id=self.origin).order_by("-size").values_list("note", flat=True)
        )
        note = notes.first()
        return None if note is None else bytes(note)

    def tile(self, level: int, index: int, size: int) -> bytes:
        """The hashes of a tile as they stood in the log of a size."""
        width = tree.width_at(level, index, size)
        if not width:
            return b""
        row = LogTile.objects.get(log_id=self.origin, level=level, index=index)
        return bytes(row.hashes)[: width * HASH_BYTES]

    def keep(
        self, start: int, entries: Sequence[bytes], tiles: dict[tuple[int, int], bytes], note: bytes
    ) -> None:
        """Write entries, tiles and the checkpoint; the caller's transaction makes them one."""
        LogEntry.objects.bulk_create(
            [
                LogEntry(id=row_key(), log_id=self.origin, index=start + offset, entry=entry)
                for offset, entry in enumerate(entries)
            ]
        )
        for (level, index), hashes in tiles.items():
            LogTile.objects.update_or_create(
                log_id=self.origin,
                level=level,
                index=index,
                defaults={"hashes": hashes},
                create_defaults={"id": row_key(), "hashes": hashes},
            )
        LogCheckpoint.objects.create(id=row_key(), log_id=self.origin, size=start + len(entries), note=note)

    def entries(self, size: int) -> Iterator[bytes]:
        """Every entry of the log of a size, in order."""
        rows = LogEntry.objects.filter(log_id=self.origin, index__lt=size).order_by("index")
        for entry in rows.values_list("entry", flat=True).iterator():
            yield bytes(entry)

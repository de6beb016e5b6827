"""Tables of the log. Entries and checkpoints are append-only and tiles only grow: triggers see to it."""

from typing import ClassVar

from django.db import models


class Log(models.Model):
    """One log; its row is the lock of an append."""

    origin = models.CharField(max_length=255, primary_key=True)

    def __str__(self) -> str:
        return self.origin


class LogEntry(models.Model):
    """One entry, as bytes, at its index."""

    id = models.UUIDField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT)
    index = models.PositiveBigIntegerField()
    entry = models.BinaryField()

    class Meta:
        """An index holds one entry."""

        constraints: ClassVar = [models.UniqueConstraint("log", "index", name="one_entry_an_index")]

    def __str__(self) -> str:
        return f"entry {self.index} of {self.log_id}"


class LogTile(models.Model):
    """The hashes of one tile."""

    id = models.UUIDField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT)
    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        """A place in the tree has one tile."""

        constraints: ClassVar = [models.UniqueConstraint("log", "level", "index", name="one_tile_a_place")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index} of {self.log_id}"


class LogCheckpoint(models.Model):
    """One signed checkpoint; the largest is the log's state."""

    id = models.UUIDField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT)
    size = models.PositiveBigIntegerField()
    note = models.BinaryField()

    class Meta:
        """A size has one checkpoint: a log that signs two is split."""

        constraints: ClassVar = [models.UniqueConstraint("log", "size", name="one_checkpoint_a_size")]

    def __str__(self) -> str:
        return f"checkpoint {self.size} of {self.log_id}"

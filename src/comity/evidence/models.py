"""Tables of evidence. Custody steps and stamps are append-only; an exhibit's state follows its last step.

The triggers of migration 0002 refuse UPDATE and DELETE on steps and stamps, and refuse a change of an
exhibit's state that no step explains. The columns ``state``, ``holder`` and ``steps`` are a cache of the
fold of the steps; the bytes of the statements are the truth.
"""

from typing import ClassVar

from django.db import models

from comity.evidence.states import CustodyState


class Exhibit(models.Model):
    """One exhibit: its seal, where its lists lie in the vault, and the cache of its custody."""

    id = models.UUIDField(primary_key=True)
    pseudonym = models.CharField(max_length=32, unique=True)
    label = models.TextField()
    seal = models.BinaryField()
    items_sha256 = models.CharField(max_length=64)
    chunks_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=16, default=CustodyState.UNSEALED.value)
    holder = models.CharField(max_length=64, default="")
    steps = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.pseudonym


class CustodyStepRow(models.Model):
    """One step as it was signed and logged."""

    id = models.UUIDField(primary_key=True)
    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    state_after = models.CharField(max_length=16)
    holder_after = models.CharField(max_length=64)
    statement = models.BinaryField()
    proof = models.BinaryField()
    keys = models.BinaryField()

    class Meta:
        """A number has one step."""

        constraints: ClassVar = [models.UniqueConstraint("exhibit", "seq", name="one_step_a_number")]

    def __str__(self) -> str:
        return f"step {self.seq} of {self.exhibit_id}"


class CustodyStamp(models.Model):
    """The time stamp of one step's checkpoint; it may come later than the step."""

    step = models.OneToOneField(CustodyStepRow, on_delete=models.PROTECT, primary_key=True)
    token = models.BinaryField()

    def __str__(self) -> str:
        return f"stamp of {self.step_id}"

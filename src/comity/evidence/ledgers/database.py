"""Custody kept in the append-only rows of a node, in one transaction with its log entry."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from comity.authorities.terms import KnownKeys
from comity.authorities.wire import read_package_keys, write_package_keys
from comity.base.ids import row_key
from comity.evidence.ledger import Entry, Intention, LedgerPage
from comity.evidence.models import CustodyStamp, CustodyStepRow, Exhibit
from comity.evidence.terms import RecordedStep


class DatabaseLedger:
    """The custody of one exhibit row."""

    def __init__(self, exhibit: UUID) -> None:
        self._exhibit = exhibit

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Open the transaction and lock the exhibit's row."""
        with transaction.atomic():
            Exhibit.objects.select_for_update().get(pk=self._exhibit)
            yield

    def page(self) -> LedgerPage:
        """The seal, the steps and the keys that their readers ask for."""
        exhibit = Exhibit.objects.get(pk=self._exhibit)
        rows = CustodyStepRow.objects.filter(exhibit=exhibit).select_related("custodystamp").order_by("seq")
        steps, known = list[RecordedStep](), KnownKeys()
        for row in rows:
            stamp = bytes(row.custodystamp.token) if hasattr(row, "custodystamp") else None
            steps.append(RecordedStep(bytes(row.statement), bytes(row.proof), stamp))
            known = known.joined(read_package_keys(bytes(row.keys)))
        return LedgerPage(bytes(exhibit.seal), tuple(steps), known)

    def intend(self, intention: Intention) -> None:
        """Nothing to keep: log entry and step are written in one transaction."""

    def unfinished(self) -> Intention | None:
        """Nothing is ever half done, for the same reason."""
        return None

    def keep(self, entry: Entry) -> None:
        """Write the step's row, then the exhibit's cache: in this order, or the trigger refuses."""
        CustodyStepRow.objects.create(
            id=row_key(),
            exhibit_id=self._exhibit,
            seq=entry.seq,
            kind=entry.kind.value,
            state_after=entry.custody.state.value,
            holder_after=entry.custody.holder,
            statement=entry.step.statement,
            proof=entry.step.proof,
            keys=write_package_keys(entry.keys),
        )
        Exhibit.objects.filter(pk=self._exhibit).update(
            state=entry.custody.state.value, holder=entry.custody.holder, steps=entry.custody.steps
        )
        if entry.step.stamp is not None:
            self.keep_stamp(entry.step.stamp, entry)

    def keep_stamp(self, token: bytes, entry: Entry) -> None:
        """Write the stamp of a step that was recorded."""
        row = CustodyStepRow.objects.get(exhibit_id=self._exhibit, seq=entry.seq)
        CustodyStamp.objects.create(step=row, token=token)

"""Where the custody of one exhibit is kept: the port, with two ledgers behind it.

``ledgers/package.py`` keeps it in a package (a first responder in the field), ``ledgers/database.py`` in the
append-only rows of a node. The deeds in ``actions`` are the same for both.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from comity.authorities.terms import KnownKeys
from comity.evidence.rules import Custody
from comity.evidence.terms import RecordedStep, StepKind


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """All that a ledger holds of one exhibit."""

    seal: bytes
    steps: tuple[RecordedStep, ...]
    known: KnownKeys


@dataclass(frozen=True, slots=True)
class Entry:
    """A judged, signed and logged step on its way into a ledger, and the public keys its readers ask for."""

    step: RecordedStep
    kind: StepKind
    custody: Custody
    keys: KnownKeys
    moment: datetime

    @property
    def seq(self) -> int:
        """The number of the step."""
        return self.custody.steps - 1


@dataclass(frozen=True, slots=True)
class Intention:
    """A signed step on its way into the log, kept until it is recorded.

    So a command that died is finished with the same bytes, and the log never has two steps of one number.
    """

    statement: bytes
    secret: bytes


class Ledger(Protocol):
    """Keeps the custody of one exhibit."""

    def holding(self) -> AbstractContextManager[None]:
        """Hold the exhibit for one deed: nobody else records a step meanwhile; all of it or nothing."""

    def page(self) -> LedgerPage:
        """All that is recorded."""

    def intend(self, intention: Intention) -> None:
        """Keep a signed step before it goes into the log."""

    def unfinished(self) -> Intention | None:
        """The step that a dead command may have logged and not recorded."""

    def keep(self, entry: Entry) -> None:
        """Record a step that was judged, signed and logged."""

    def keep_stamp(self, token: bytes, entry: Entry) -> None:
        """Record the time stamp of the checkpoint of the entry's step, which is recorded already."""

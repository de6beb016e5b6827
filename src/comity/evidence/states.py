"""The life of an exhibit in custody, as a table.

Freezing and keeping intact what was seized is Article 28.3(c); who may receive it rests on the authority
named in each step. The table knows no key and no clock; who is meant by "holder" is judged in ``rules``.
"""

from enum import StrEnum

from comity.base.lifecycle import Lifecycle, Step
from comity.evidence.terms import StepKind


class CustodyState(StrEnum):
    """Where an exhibit stands."""

    UNSEALED = "unsealed"
    HELD = "held"
    OFFERED = "offered"


INTEGRITY = ("hanoi:28.3(c)",)
COPY = ("hanoi:28.3(b)",)

CUSTODY = Lifecycle(
    name="custody",
    states=CustodyState,
    events=StepKind,
    initial=CustodyState.UNSEALED,
    table={
        (CustodyState.UNSEALED, StepKind.SEAL): Step(CustodyState.HELD, "who acquires", INTEGRITY),
        (CustodyState.HELD, StepKind.OFFER): Step(CustodyState.OFFERED, "holder", INTEGRITY),
        (CustodyState.HELD, StepKind.CHECK): Step(CustodyState.HELD, "holder", INTEGRITY),
        (CustodyState.HELD, StepKind.EXPORT): Step(CustodyState.HELD, "holder", COPY),
        (CustodyState.OFFERED, StepKind.ACCEPT): Step(CustodyState.HELD, "receiver", INTEGRITY),
        (CustodyState.OFFERED, StepKind.DECLINE): Step(CustodyState.HELD, "receiver", INTEGRITY),
        (CustodyState.OFFERED, StepKind.WITHDRAW): Step(CustodyState.HELD, "holder", INTEGRITY),
        (CustodyState.OFFERED, StepKind.CHECK): Step(CustodyState.OFFERED, "holder", INTEGRITY),
    },
)

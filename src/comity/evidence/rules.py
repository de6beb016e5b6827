"""What may follow in custody: judgments over signed steps, with no store, no key and no clock.

- Nothing comes before the seal, and nothing is sealed twice.
- Only the holder acts on an exhibit, except that the receiver named in an open offer accepts or declines.
- Who accepts states the root recomputed from the bytes received, and it is the seal's root.
- A step names the statement before it and the seal, so none can be dropped, swapped or moved.

The format is docs/protocol/evidence-package.md section 4. Whether signatures hold is asked elsewhere.
"""

from dataclasses import dataclass, replace

from comity.base.judgment import Allowed, Judgment, Refused
from comity.evidence.states import CUSTODY, CustodyState
from comity.evidence.terms import CustodyStep, Seal, StepKind

_FORMAT = ("evidence-package:4",)


@dataclass(frozen=True, slots=True)
class Custody:
    """Where an exhibit stands after the steps so far: the fold of its ledger."""

    exhibit: str
    seal: str
    root: str
    count: int
    size: int
    state: CustodyState = CUSTODY.initial
    steps: int = 0
    head: str = ""
    holder: str = ""
    receiver: str = ""
    offer: str = ""


def begin(seal: Seal, seal_digest: str) -> Custody:
    """Custody of a seal before its first step."""
    return Custody(seal.exhibit, seal_digest, seal.root, seal.count, seal.size)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step says it stands, whatever its kind."""

    exhibit: str
    seq: int
    prev: str
    seal: str


def in_order(custody: Custody, step: CustodyStep | Place) -> Judgment:
    """Whether a step is of this exhibit, has the next number and names the statement before it."""
    expected = {
        "exhibit": (custody.exhibit, step.exhibit),
        "seq": (str(custody.steps), str(step.seq)),
        "prev": (custody.head, step.prev),
        "seal": (custody.seal, step.seal),
    }
    for name, (should, says) in expected.items():
        if should != says:
            return Refused("out-of-order", _FORMAT, {"field": name, "expected": should, "found": says})
    return Allowed(_FORMAT)


def may_follow(custody: Custody, step: CustodyStep) -> Judgment:
    """Whether the step may be taken now by the one who signed it."""
    passage = CUSTODY.step(custody.state, step.kind)
    if isinstance(passage, Refused):
        return passage
    who = {"holder": custody.holder, "receiver": custody.receiver}.get(passage.who_may, step.signer_kid)
    if step.signer_kid != who:
        code = "not-the-holder" if passage.who_may == "holder" else "not-the-receiver"
        return Refused(code, passage.basis, {"expected": who, "found": step.signer_kid})
    fault = _fault_of_contents(custody, step)
    if fault is not None:
        return fault
    return Allowed(passage.basis)


def _fault_of_contents(custody: Custody, step: CustodyStep) -> Refused | None:
    """What in a step's own fields contradicts the seal or the open offer."""
    says = step.more
    if step.kind is StepKind.SEAL:
        sealed = (says.get("root"), says.get("count"), says.get("bytes"))
        if sealed != (custody.root, custody.count, custody.size):
            return Refused(
                "another-seal", _FORMAT, {"expected": custody.root, "found": str(says.get("root"))}
            )
    if step.kind in {StepKind.ACCEPT, StepKind.CHECK} and says.get("root") != custody.root:
        return Refused("another-root", _FORMAT, {"expected": custody.root, "found": str(says.get("root"))})
    if (
        step.kind in {StepKind.ACCEPT, StepKind.DECLINE, StepKind.WITHDRAW}
        and says.get("offer") != custody.offer
    ):
        return Refused("another-offer", _FORMAT, {"expected": custody.offer, "found": str(says.get("offer"))})
    if step.kind is StepKind.OFFER and not receiver_named(step):
        return Refused("no-receiver", _FORMAT)
    return None


def receiver_named(step: CustodyStep) -> str:
    """The kid of the receiver that an offer names, or nothing."""
    to = step.more.get("to")
    kid = to.get("kid") if isinstance(to, dict) else None
    return kid if isinstance(kid, str) else ""


def after(custody: Custody, step: CustodyStep, statement_digest: str) -> Custody:
    """Custody after a step that was judged allowed."""
    passage = CUSTODY.step(custody.state, step.kind)
    state = custody.state if isinstance(passage, Refused) else passage.next
    holder = step.signer_kid if step.kind in {StepKind.SEAL, StepKind.ACCEPT} else custody.holder
    offered = state is CustodyState.OFFERED
    fresh = step.kind is StepKind.OFFER
    return replace(
        custody,
        state=state,
        steps=custody.steps + 1,
        head=statement_digest,
        holder=holder,
        receiver=(receiver_named(step) if fresh else custody.receiver) if offered else "",
        offer=(statement_digest if fresh else custody.offer) if offered else "",
    )

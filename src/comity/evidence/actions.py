"""Deeds on exhibits, the same for a package in the field and for the rows of a node.

Each deed: hold the ledger, fold its steps, ask the rules, sign, append to the log, write. A rule's "no" comes
back as a value. A time stamp is asked for after the step is recorded, and never waited for.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from comity.audit import wire as log_wire
from comity.audit.store import TransparencyLog
from comity.audit.terms import EntryProof
from comity.authorities.keyring import KeyHolder
from comity.authorities.terms import KnownKeys, Signer
from comity.base import statements
from comity.base.errors import OurError, PeerError, UserError, WorldError
from comity.base.ids import salt
from comity.base.judgment import Allowed, Refused
from comity.base.merkle import leaf_hash
from comity.evidence import rules
from comity.evidence.ledger import Entry, Intention, Ledger, LedgerPage
from comity.evidence.rules import Custody
from comity.evidence.stamping import StampAuthority
from comity.evidence.terms import Circumstances, CustodyStep, RecordedStep, Seal, StepKind
from comity.evidence.tool import CLOCK, TOOL
from comity.evidence.wire import digest, log_leaf, read_seal, read_step, receiver_fields, step_payload


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts, in which log, at what moment, from which home, under what circumstances, and who is asked the time."""

    holder: KeyHolder
    log: TransparencyLog
    now: datetime
    home: Path
    circumstances: Circumstances = field(default_factory=Circumstances)
    stamps: StampAuthority | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A deed that was done: custody after it, its log entry, its stamp or why there is none."""

    custody: Custody
    kind: StepKind
    log: str
    index: int
    stamped: datetime | None = None
    no_stamp: str = ""


def record_seal(ledger: Ledger, desk: Desk, seal: Seal) -> Done | Refused:
    """The first step of an exhibit that was just gathered. Article 28.3(c)."""
    return _record(ledger, desk, StepKind.SEAL, {"root": seal.root, "count": seal.count, "bytes": seal.size})


def offer_exhibit(ledger: Ledger, desk: Desk, receiver: Signer) -> Done | Refused:
    """Offer the exhibit to a receiver, who alone can then take it."""
    return _record(ledger, desk, StepKind.OFFER, {"to": receiver_fields(receiver.actor, receiver.kid)})


def accept_exhibit(ledger: Ledger, desk: Desk, recomputed_root: str) -> Done | Refused:
    """Take over the exhibit, stating the root recomputed from the bytes received."""
    return _record(ledger, desk, StepKind.ACCEPT, {"root": recomputed_root})


def decline_exhibit(ledger: Ledger, desk: Desk, why: str) -> Done | Refused:
    """Decline an offer, with the reason."""
    return _record(ledger, desk, StepKind.DECLINE, {"why": why})


def withdraw_offer(ledger: Ledger, desk: Desk, why: str) -> Done | Refused:
    """Take an offer back before it was answered, with the reason."""
    return _record(ledger, desk, StepKind.WITHDRAW, {"why": why})


def check_exhibit(ledger: Ledger, desk: Desk, recomputed_root: str) -> Done | Refused:
    """Record that the bytes were read again and what root they have."""
    return _record(ledger, desk, StepKind.CHECK, {"root": recomputed_root})


def record_export(ledger: Ledger, desk: Desk, whom_for: str) -> Done | Refused:
    """Record that a copy leaves, and for whom. Article 28.3(b)."""
    return _record(ledger, desk, StepKind.EXPORT, {"for": whom_for})


def fold(page: LedgerPage) -> tuple[Custody, str]:
    """Where an exhibit stands after its recorded steps, and the leaf hash of the last.

    Raises:
        OurError: a recorded step does not follow from the ones before: the ledger was touched.
    """
    seal = read_seal(page.seal)
    custody, leaf = rules.begin(seal, digest(page.seal)), ""
    for recorded in page.steps:
        step = read_step(statements.take_apart(recorded.statement, statements.CUSTODY))
        for judge in (rules.in_order, rules.may_follow):
            judged = judge(custody, step)
            if isinstance(judged, Refused):
                raise OurError(
                    f"Step {step.seq} of exhibit {seal.exhibit} does not follow: {judged.code}",
                    advice="Restore the ledger from its backup; somebody changed it outside Comity.",
                )
        custody = rules.after(custody, step, digest(recorded.statement))
        leaf = leaf_of(seal.exhibit, step.seq, recorded, leaf)
    return custody, leaf


def steps_of(page: LedgerPage) -> list[CustodyStep]:
    """The recorded steps as they say it, in order."""
    return [read_step(statements.take_apart(one.statement, statements.CUSTODY)) for one in page.steps]


def leaf_of(exhibit: str, seq: int, recorded: RecordedStep, previous: str) -> str:
    """The leaf hash under which the log has a recorded step."""
    secret = log_wire.read_proof(recorded.proof).extra
    return leaf_hash(log_leaf(exhibit, seq, recorded.statement, secret, previous)).hex()


def _record(ledger: Ledger, desk: Desk, kind: StepKind, more: dict[str, Any]) -> Done | Refused:
    with ledger.holding():
        _finish(ledger, desk)
        page = ledger.page()
        custody, _ = fold(page)
        if kind in {StepKind.ACCEPT, StepKind.DECLINE, StepKind.WITHDRAW}:
            more = more | {"offer": custody.offer}
        step = _draft(custody, desk, kind, more)
        judged = rules.may_follow(custody, step)
        if isinstance(judged, Refused):
            return judged
        intention = _signed(step, desk)
        ledger.intend(intention)
        proof = desk.log.append([_leaf(page, intention)], [intention.secret])[0]
        entry = _keep(ledger, desk, page, intention, proof)
    stamped, why = _stamp(ledger, desk, entry, proof.note)
    return Done(entry.custody, kind, desk.log.signer.name, proof.index, stamped, why)


def _finish(ledger: Ledger, desk: Desk) -> None:
    """Record the step that a dead command logged and did not record; drop one that it did not even log.

    Raises:
        UserError: the step is somebody else's, who must act first, or of another copy of the exhibit.
    """
    intention = ledger.unfinished()
    if intention is None:
        return
    page = ledger.page()
    if any(recorded.statement == intention.statement for recorded in page.steps):
        return
    custody, _ = fold(page)
    step = read_step(statements.take_apart(intention.statement, statements.CUSTODY))
    proof = desk.log.find(_leaf(page, intention), intention.secret)
    if step.signer_kid != desk.holder.signer.kid:
        raise UserError(
            f"A step of {step.by.in_words()} was begun and not finished",
            advice="That person's next command on the exhibit, at the same home, finishes or drops it.",
        )
    if not isinstance(rules.in_order(custody, step), Allowed):
        raise UserError(
            "A step was begun on another copy of this exhibit and not finished",
            advice="Give any command on that copy first; it finishes or drops the step.",
        )
    if proof is not None:
        _keep(ledger, desk, page, intention, proof)


def _signed(step: CustodyStep, desk: Desk) -> Intention:
    """The step signed, after it was read as any reader will read it: nothing unreadable reaches the log.

    Raises:
        UserError: what was said cannot stand in a step.
    """
    statement = statements.sign(step_payload(step), statements.CUSTODY, desk.holder.pair)
    try:
        read_step(statements.take_apart(statement, statements.CUSTODY))
    except PeerError as problem:
        raise UserError(
            f"This cannot stand in a custody step: {problem.what}", advice="Say it shorter."
        ) from problem
    return Intention(statement, salt())


def _leaf(page: LedgerPage, intention: Intention) -> bytes:
    custody, previous = fold(page)
    return log_leaf(custody.exhibit, custody.steps, intention.statement, intention.secret, previous)


def _keep(ledger: Ledger, desk: Desk, page: LedgerPage, intention: Intention, proof: EntryProof) -> Entry:
    custody, _ = fold(page)
    step = read_step(statements.take_apart(intention.statement, statements.CUSTODY))
    after = rules.after(custody, step, digest(intention.statement))
    recorded = RecordedStep(intention.statement, log_wire.write_proof(proof))
    keys = KnownKeys((desk.holder.signer,), (desk.log.signer.key,))
    entry = Entry(recorded, step.kind, after, keys, desk.now)
    ledger.keep(entry)
    return entry


def _draft(custody: Custody, desk: Desk, kind: StepKind, more: dict[str, Any]) -> CustodyStep:
    return CustodyStep(
        exhibit=custody.exhibit,
        seq=custody.steps,
        kind=kind,
        by=desk.holder.actor,
        time=desk.now,
        clock=CLOCK,
        circumstances=desk.circumstances,
        tool=TOOL,
        prev=custody.head,
        seal=custody.seal,
        signer_kid=desk.holder.signer.kid,
        more=more,
    )


def stamp_afterwards(ledger: Ledger, desk: Desk, done: Done) -> Done:
    """Ask for the time of a step that was recorded within a larger transaction, now that it is closed."""
    recorded = ledger.page().steps[done.custody.steps - 1]
    note = log_wire.read_proof(recorded.proof).note
    entry = Entry(recorded, done.kind, done.custody, KnownKeys(), desk.now)
    stamped, why = _stamp(ledger, desk, entry, note)
    return replace(done, stamped=stamped, no_stamp=why)


def _stamp(ledger: Ledger, desk: Desk, entry: Entry, note: bytes) -> tuple[datetime | None, str]:
    """Ask for the time of the step's checkpoint; the step stands either way."""
    if desk.stamps is None:
        return None, ""
    try:
        token, moment = desk.stamps.stamp(note)
    except WorldError as problem:
        return None, problem.what
    with ledger.holding():
        ledger.keep_stamp(token, entry)
    return moment, ""

"""The custody of a package: every statement, who signed it, what it may follow, and where the log has it."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from comity.audit import wire as log_wire
from comity.audit.terms import EntryProof
from comity.authorities.terms import KnownKeys, Signer, TrustMaterial
from comity.authorities.wire import read_package_keys
from comity.base import statements
from comity.base.actor import Actor, read_actor
from comity.base.clock import read_time
from comity.base.errors import PeerError
from comity.base.judgment import Refused
from comity.base.merkle import includes, leaf_hash
from comity.base.statements import Statement
from comity.base.suites import PublicKey
from comity.evidence import layout, rules
from comity.evidence.terms import CustodyStep
from comity.evidence.verification import stamps
from comity.evidence.verification.bag import Bag
from comity.evidence.verification.findings import Findings
from comity.evidence.verification.folder import PackageFolder
from comity.evidence.verification.items import Sealed
from comity.evidence.wire import UnknownKindError, digest, log_leaf, read_step

_UNREAD = "a step before it cannot be read"
_CHECKS = ("signature-ed25519", "signature-ml-dsa-65")


@dataclass(frozen=True, slots=True)
class StepSeen:
    """One step as a report shows it."""

    step: CustodyStep
    log: str
    index: int
    stamped: datetime | None


@dataclass(slots=True)
class Chain:
    """The fold of the custody so far while it is judged; ``custody`` is None once it cannot be followed."""

    custody: rules.Custody | None
    trust: TrustMaterial | None
    package_keys: KnownKeys
    previous_leaf: str | None = ""
    previous_digest: str = ""
    last_signer: str = ""
    seen: list[StepSeen] = field(default_factory=list)
    place: rules.Custody | None = None
    exhibit: str = ""
    signers: dict[str, Signer] = field(default_factory=dict)
    keys: dict[str, PublicKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = self.trust.known if self.trust else self.package_keys
        self.signers = {signer.kid: signer for signer in known.signers}
        self.keys = {key.kid: key for signer in known.signers for key in signer.keys}


def begin_chain(
    package: PackageFolder, sealed: Sealed | None, trust: TrustMaterial | None, findings: Findings
) -> Chain:
    """Custody before its first step; the keys that the package names are read only where no trust is given."""
    named = KnownKeys()
    if trust is None:
        try:
            named = read_package_keys(package.read(layout.KEYS, layout.LARGEST_SMALL_FILE))
        except PeerError as problem:
            findings.fails("package", "layout", problem.what, file=layout.KEYS)
    custody = rules.begin(sealed.seal, sealed.digest) if sealed else None
    return Chain(custody, trust, named, place=custody, exhibit=custody.exhibit if custody else "")


def check_step(package: PackageFolder, bag: Bag, seq: int, chain: Chain, findings: Findings) -> None:
    """The part ``step n``: form, order, both signatures, signer, custody, log and stamp."""
    part = f"step {seq}"
    name = layout.statement_name(seq)
    step: CustodyStep | None = None
    unknown = ""
    try:
        raw = package.read(name, layout.LARGEST_SMALL_FILE)
        statement = statements.take_apart(raw, statements.CUSTODY)
        try:
            step = read_step(statement)
        except UnknownKindError as problem:
            unknown = problem.what
    except PeerError as problem:
        findings.fails(part, "form", problem.what, file=name)
        chain.custody = chain.place = None
        chain.previous_leaf, chain.previous_digest, chain.last_signer = None, "", ""
        return
    findings.holds(part, "form")
    by, time = read_actor(statement.payload["by"]), read_time(statement.payload["time"])
    check_signatures(part, statement, by, time, chain, findings)
    proof = _check_log(package, seq, raw, statement, chain, findings)
    stamped = _check_stamp(package, bag, seq, proof, chain, findings)
    _check_order(part, statement.payload, digest(raw), chain, findings)
    if step is None:
        findings.cannot(part, "custody", unknown)
        chain.custody = None
    else:
        _check_custody(part, step, digest(raw), chain, findings)
        log, index = ("", -1) if proof is None else (_origin(proof), proof.index)
        chain.seen.append(StepSeen(step, log, index, stamped))
    chain.previous_digest, chain.last_signer = digest(raw), statement.signer_kid


def _check_order(part: str, said: dict[str, Any], own_digest: str, chain: Chain, findings: Findings) -> None:
    """Whether a step of any kind, known or not, stands in its place."""
    if chain.place is None:
        findings.cannot(part, "order", _UNREAD)
        return
    judged = rules.in_order(
        chain.place, rules.Place(said["exhibit"], said["seq"], said["prev"], said["seal"])
    )
    if isinstance(judged, Refused):
        findings.fails(part, "order", in_words(judged))
    else:
        findings.holds(part, "order")
    chain.place = replace(chain.place, steps=chain.place.steps + 1, head=own_digest)


def _check_custody(part: str, step: CustodyStep, own_digest: str, chain: Chain, findings: Findings) -> None:
    if chain.custody is None:
        findings.cannot(part, "custody", _UNREAD)
        return
    judged = rules.may_follow(chain.custody, step)
    if isinstance(judged, Refused):
        findings.fails(part, "custody", in_words(judged))
        chain.custody = None
        return
    findings.holds(part, "custody")
    chain.custody = rules.after(chain.custody, step, own_digest)


def in_words(refused: Refused) -> str:
    """A refusal of the custody rules for a report."""
    facts = ", ".join(f"{name} {value}" for name, value in refused.facts.items() if value)
    return f"{refused.code.replace('-', ' ')}{f' ({facts})' if facts else ''}"


def check_signatures(
    part: str, statement: Statement, by: Actor, time: datetime, chain: Chain, findings: Findings
) -> None:
    """Both signatures and who made them."""
    signer = chain.signers.get(statement.signer_kid)
    for check, signature in zip(_CHECKS, statement.signatures, strict=True):
        key = chain.keys.get(signature.kid)
        if key is None and chain.trust:
            # Deliberately not the package's own keys: with trust material nothing else is read as a key.
            findings.cannot(part, check, f"the trust material does not name the key {signature.kid}")
        elif key is None or key.suite is not signature.suite:
            findings.fails(part, check, f"nobody known holds the {signature.suite.name} key {signature.kid}")
        elif key.holds(signature.raw, signature.signed):
            findings.holds(part, check)
        else:
            findings.fails(part, check, f"the signature is not of the key {signature.kid}")
    findings.rests_on_trust(part, "signer", fault=_signer_fault(statement, signer, by, time, chain))


def _signer_fault(
    statement: Statement, signer: Signer | None, by: Actor, time: datetime, chain: Chain
) -> str:
    if signer is None:
        whose = "the trust material" if chain.trust else "the package"
        return f"{by.in_words()} signs with a key that {whose} does not name"
    if any(signer.key_named(signature.kid) is None for signature in statement.signatures):
        return f"the two signatures are not of one signer, {signer.actor.name}"
    if by != signer.actor:
        return f"the step says {by.in_words()}; the key is of {signer.actor.in_words()}"
    if not signer.covers(time):
        return f"signed at {time:%Y-%m-%d %H:%M} UTC, outside the period of the key of {signer.actor.name}"
    return ""


def _check_log(
    package: PackageFolder, seq: int, raw: bytes, statement: Statement, chain: Chain, findings: Findings
) -> EntryProof | None:
    part, name = f"step {seq}", layout.proof_name(seq)
    try:
        proof = log_wire.read_proof(package.read(name, layout.LARGEST_SMALL_FILE))
        log_wire.read_checkpoint(proof.note)
        if chain.previous_leaf is None:
            findings.cannot(part, "log", _UNREAD)
            return proof
        exhibit = str(statement.payload["exhibit"])
        leaf = leaf_hash(log_leaf(exhibit, seq, raw, proof.extra, chain.previous_leaf))
        fault = _log_fault(leaf, proof, chain)
    except PeerError as problem:
        findings.fails(part, "log", problem.what, file=name)
        chain.previous_leaf = None
        return None
    chain.previous_leaf = leaf.hex()
    findings.rests_on_trust(part, "log", fault=fault)
    return proof


def _log_fault(leaf: bytes, proof: EntryProof, chain: Chain) -> str:
    checkpoint = log_wire.read_checkpoint(proof.note)
    known = chain.trust.known if chain.trust else chain.package_keys
    key = known.log(checkpoint.origin)
    if len(proof.extra) != hashlib.sha256().digest_size:
        return "the salt of a proof is 32 bytes"
    if not includes(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root):
        return "the log does not contain this step at the place that the proof names"
    if key is None:
        return f"the log {checkpoint.origin} is not one that is known"
    if not log_wire.is_signed_by(proof.note, key):
        return f"the checkpoint is signed by another key than that of the known log {checkpoint.origin}"
    return ""


def _check_stamp(
    package: PackageFolder, bag: Bag, seq: int, proof: EntryProof | None, chain: Chain, findings: Findings
) -> datetime | None:
    """The part's ``stamp``, only where there is one."""
    part, name = f"step {seq}", layout.stamp_name(seq)
    if name not in bag.tags:
        return None
    if proof is None:
        findings.cannot(part, "stamp", "its checkpoint cannot be read")
        return None
    roots = chain.trust.stamp_authorities if chain.trust else b""
    try:
        token = package.read(name, layout.LARGEST_SMALL_FILE)
        judged = stamps.judge(token, proof.note, roots)
    except PeerError as problem:
        findings.fails(part, "stamp", problem.what, file=name)
        return None
    if not roots:
        why = "the trust material names no stamp authority" if chain.trust else "no trust material given"
        findings.cannot(part, "stamp", why)
        return None
    findings.holds(part, "stamp")
    return judged


def _origin(proof: EntryProof) -> str:
    return log_wire.read_checkpoint(proof.note).origin

"""The two signatures over everything in a package, by the one who took its last step."""

from comity.base import statements
from comity.base.actor import read_actor
from comity.base.clock import read_time
from comity.base.errors import PeerError
from comity.evidence import layout
from comity.evidence.verification.bag import Bag
from comity.evidence.verification.custody import Chain, check_signatures
from comity.evidence.verification.findings import Findings
from comity.evidence.verification.folder import PackageFolder
from comity.evidence.wire import digest, must_be_handover

_PART = "handover"


def check_handover(package: PackageFolder, bag: Bag, chain: Chain, findings: Findings) -> None:
    """The part ``handover``: it names this tag manifest and the last step, and the signer of that step signed it."""
    try:
        raw = package.read(layout.HANDOVER, layout.LARGEST_SMALL_FILE)
        statement = statements.take_apart(raw, statements.HANDOVER)
        said = statement.payload
        by, time = read_actor(said.get("by")), read_time(said.get("time"))
        must_be_handover(said)
    except PeerError as problem:
        findings.fails(_PART, "form", problem.what, file=layout.HANDOVER)
        return
    findings.holds(_PART, "form")
    faults = []
    if said.get("tagmanifest") != digest(bag.tagmanifest):
        faults.append("it was signed over another list of files")
    if (said.get("steps"), said.get("head")) != (bag.steps, chain.previous_digest):
        faults.append(
            f"it was signed over {said.get('steps')} steps; here are {bag.steps}, or the last is another"
        )
    if chain.exhibit and said.get("exhibit") != chain.exhibit:
        faults.append("it was signed for another exhibit")
    if chain.last_signer and statement.signer_kid != chain.last_signer:
        faults.append("it was not signed by the one who took the last step")
    for fault in faults:
        findings.fails(_PART, "content", fault, file=layout.HANDOVER)
    if not faults:
        findings.holds(_PART, "content")
    check_signatures(_PART, statement, by, time, chain, findings)

"""Check a package that somebody handed to you."""

import argparse
import json
from pathlib import Path

from comity.authorities import trust
from comity.authorities.terms import TrustMaterial
from comity.base.errors import PeerError, UserError
from comity.base.spelling import in_groups, whole_number
from comity.cli.words import ProgressLine, line, say, size_in_words
from comity.evidence import layout
from comity.evidence.terms import CustodyStep
from comity.evidence.verification.custody import StepSeen
from comity.evidence.verification.examine import Examination, examine
from comity.evidence.verification.findings import Finding, Result, Verdict
from comity.evidence.verification.folder import PackageFolder

SENTENCES = {
    Verdict.VERIFIED: "VERIFIED. Every byte and every step holds, and all who signed are in your trust material.",
    Verdict.DOES_NOT_HOLD: "DOES NOT HOLD. See above for the file, the bytes or the step.",
    Verdict.INTACT_SIGNER_UNKNOWN: "INTACT, SIGNER UNKNOWN. Nothing contradicts itself, but without --trust anybody could have made this package.",
    Verdict.HOLDS_AS_FAR_AS_CHECKED: "HOLDS AS FAR AS CHECKED. Nothing contradicts, but something above could not be checked here.",
}
WITHHELD = "Whether a later step is being withheld cannot be seen in a package: ask the log."
_MARKS = {
    Result.HOLDS: "holds",
    Result.DOES_NOT_HOLD: "DOES NOT HOLD",
    Result.CANNOT_BE_CHECKED: "cannot be checked",
}
_ITEMS_NAMED = 50


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """The options of ``comity verify``, which is a verb by itself."""
    parser.add_argument("package", type=Path, metavar="PACKAGE")
    parser.add_argument(
        "--trust", type=Path, metavar="DIR", help="trust material, from elsewhere than the package"
    )
    parser.add_argument("--json", action="store_true", help="print the findings for a program")
    parser.set_defaults(deed=verify)


def verify(arguments: argparse.Namespace) -> int:
    """Judge a package and say what holds, what does not, and what cannot be checked."""
    material = read_trust_of(arguments)
    progress = ProgressLine("reading", _payload_bytes(arguments.package))
    examination = examine(arguments.package, material, progress=progress)
    progress.end()
    if arguments.json:
        print(json.dumps(examination.as_fields(), ensure_ascii=False, indent=1))
    else:
        report(arguments.package, material, examination)
    return examination.exit_code


def read_trust_of(arguments: argparse.Namespace) -> TrustMaterial | None:
    """The trust folder that a command names, or None.

    Raises:
        UserError: it cannot be used, or lies inside the package.
    """
    if arguments.trust is None:
        return None
    package = arguments.package if "package" in arguments else arguments.exhibit
    if arguments.trust.absolute().resolve().is_relative_to(Path(package).absolute().resolve()):
        raise UserError(
            "The trust folder lies inside the package",
            advice="Trust comes from elsewhere; ask its owner for it.",
        )
    try:
        return trust.read_trust(arguments.trust)
    except PeerError as problem:
        raise UserError(
            f"The trust folder {arguments.trust} cannot be used: {problem.what}",
            advice="Ask its owner for it again.",
        ) from problem


def _payload_bytes(package: Path) -> int:
    """What the package says of its size, for the time left only."""
    try:
        facts = (
            PackageFolder(package)
            .read(layout.BAG_FACTS, layout.LARGEST_SMALL_FILE)
            .decode("utf-8", "replace")
        )
        oxum = next((text for text in facts.splitlines() if text.startswith("Payload-Oxum: ")), "")
        return whole_number(oxum.removeprefix("Payload-Oxum: ").partition(".")[0])
    except PeerError:
        return 0


def report(
    package: Path, material: TrustMaterial | None, examination: Examination, *, read_items: bool = True
) -> None:
    """The report for a person: what was opened, the parts, the steps, the verdict last."""
    say(f"Package   {package}")
    say(f"Trust     {'fingerprint ' + trust.fingerprint(material) if material else 'none given'}")
    if examination.sealed:
        seal = examination.sealed.seal
        say(f"Exhibit   {in_groups(seal.exhibit)}  “{seal.label}”")
        say(f"Sealed    {seal.count} item(s), {size_in_words(seal.size)}, root {in_groups(seal.root[:16])} …")
    print()
    _parts(examination)
    print()
    for seen in examination.steps:
        _step(seen)
    print()
    print(WITHHELD)
    if not read_items and examination.verdict is not Verdict.DOES_NOT_HOLD:
        say(
            "NOT VERIFIED. Only seal and custody were read; 'comity verify' reads every byte and asks for trust."
        )
    else:
        print(SENTENCES[examination.verdict])


def _parts(examination: Examination) -> None:
    for part in dict.fromkeys(finding.part for finding in examination.findings):
        if not part.startswith("item "):
            found = [finding for finding in examination.findings if finding.part == part]
            _part(part, found)
    items = [finding for finding in examination.findings if finding.part.startswith("item ")]
    whole = {finding.part for finding in items if finding.result is Result.HOLDS}
    if whole:
        line("items", f"{len(whole)} file(s) hold, byte for byte")
    broken = [finding for finding in items if finding.result is not Result.HOLDS]
    for finding in broken[:_ITEMS_NAMED]:
        line("item", f"{_MARKS[finding.result]}: {finding.file}: {finding.why}")
    if len(broken) > _ITEMS_NAMED:
        line("item", f"and {len(broken) - _ITEMS_NAMED} more; --json names all")


def _part(part: str, found: list[Finding]) -> None:
    worse = [finding for finding in found if finding.result is not Result.HOLDS]
    if not worse:
        line(part, "holds")
    for finding in worse:
        where = f"{finding.file} " if finding.file else ""
        line(part, f"{_MARKS[finding.result]}: {finding.check}: {where}{finding.why}")


def _step(seen: StepSeen) -> None:
    step = seen.step
    say(
        f"  {step.seq:>4}  {step.kind.value:<9} {step.time:%Y-%m-%d %H:%M:%S} UTC (claimed)  {step.by.in_words()}"
    )
    say(f"        {_circumstances(step)}")
    log = f"log {seen.log}, entry {seen.index}" if seen.log else "no readable log entry"
    stamped = f"; stamped {seen.stamped:%Y-%m-%d %H:%M:%S} UTC" if seen.stamped else ""
    say(f"        {log}{stamped}")


def _circumstances(step: CustodyStep) -> str:
    said = step.circumstances
    facts = {"purpose": said.purpose, "authority": said.basis, "place": said.place, "device": said.device}
    to = step.more.get("to")
    more = f"; to {to.get('name')} ({to.get('state')})" if isinstance(to, dict) else ""
    more += f"; for {step.more['for']}" if isinstance(step.more.get("for"), str) else ""
    more += f"; why: {step.more['why']}" if isinstance(step.more.get("why"), str) else ""
    return "; ".join(f"{name}: {value or 'not stated'}" for name, value in facts.items()) + more

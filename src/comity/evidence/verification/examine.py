"""The whole verification of a package, in the order of the format's page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comity.authorities.terms import TrustMaterial
from comity.evidence.rules import Custody
from comity.evidence.verification.bag import check_bag
from comity.evidence.verification.custody import StepSeen, begin_chain, check_step
from comity.evidence.verification.findings import EXIT_CODES, Finding, Findings, Verdict
from comity.evidence.verification.folder import PackageFolder
from comity.evidence.verification.handover import check_handover
from comity.evidence.verification.items import Sealed, check_items, check_seal


@dataclass(frozen=True, slots=True)
class Examination:
    """What a verification found, the steps it could read and where the exhibit stands."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    sealed: Sealed | None
    steps: tuple[StepSeen, ...]
    custody: Custody | None

    @property
    def exit_code(self) -> int:
        """The exit code of the verdict."""
        return EXIT_CODES[self.verdict]

    def as_fields(self) -> dict[str, Any]:
        """The examination as ``--json`` prints it."""
        return {
            "v": 1,
            "verdict": self.verdict.value,
            "exit": self.exit_code,
            "exhibit": self.sealed.seal.exhibit if self.sealed else None,
            "holder": self.custody.holder if self.custody else None,
            "findings": [finding.as_fields() for finding in self.findings],
        }


def examine(
    folder: Path,
    trust: TrustMaterial | None,
    *,
    read_items: bool = True,
    progress: Callable[[int], object] | None = None,
) -> Examination:
    """Judge a package folder against trust material, or without any.

    Args:
        folder: the package.
        trust: what the reader trusts, from elsewhere than the package; None when there is nothing.
        read_items: whether every byte of the evidence is read; without it the verdict says nothing of them.
        progress: told the number of bytes after each chunk.

    Raises:
        UserError: there is no such folder.
    """
    package = PackageFolder(folder)
    findings = Findings(trusted=trust is not None)
    bag = check_bag(package, findings)
    sealed = check_seal(package, bag, findings)
    chain = begin_chain(package, sealed, trust, findings)
    for seq in range(bag.steps):
        check_step(package, bag, seq, chain, findings)
    check_handover(package, bag, chain, findings)
    if sealed and read_items:
        check_items(lambda item: package.open(item.path), sealed, findings, progress)
    return Examination(findings.verdict(), tuple(findings.found), sealed, tuple(chain.seen), chain.custody)

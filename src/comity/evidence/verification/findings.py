"""What a verification found: part by part, check by check, and the verdict over all."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Result(StrEnum):
    """The answer to one check."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does-not-hold"
    CANNOT_BE_CHECKED = "cannot-be-checked"


class Verdict(StrEnum):
    """The answer over all checks."""

    VERIFIED = "verified"
    DOES_NOT_HOLD = "does-not-hold"
    INTACT_SIGNER_UNKNOWN = "intact-signer-unknown"
    HOLDS_AS_FAR_AS_CHECKED = "holds-as-far-as-checked"


EXIT_CODES = {
    Verdict.VERIFIED: 0,
    Verdict.DOES_NOT_HOLD: 1,
    Verdict.INTACT_SIGNER_UNKNOWN: 3,
    Verdict.HOLDS_AS_FAR_AS_CHECKED: 4,
}

NO_TRUST = "no trust material given"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check on one part: its result, and where it does not hold, which file and bytes and why."""

    part: str
    check: str
    result: Result
    why: str = ""
    file: str = ""
    span: tuple[int, int] | None = None

    def as_fields(self) -> dict[str, Any]:
        """The finding as ``--json`` prints it."""
        fields: dict[str, Any] = {"part": self.part, "check": self.check, "result": self.result.value}
        if self.why:
            fields["why"] = self.why
        if self.file:
            fields["file"] = self.file
        if self.span:
            fields["bytes"] = list(self.span)
        return fields


@dataclass(slots=True)
class Findings:
    """The findings so far, with short words to add one."""

    trusted: bool
    found: list[Finding] = field(default_factory=list)

    def holds(self, part: str, check: str) -> None:
        """A check holds."""
        self.found.append(Finding(part, check, Result.HOLDS))

    def fails(
        self, part: str, check: str, why: str, *, file: str = "", span: tuple[int, int] | None = None
    ) -> None:
        """A check does not hold."""
        self.found.append(Finding(part, check, Result.DOES_NOT_HOLD, why, file, span))

    def cannot(self, part: str, check: str, why: str) -> None:
        """A check cannot be made here."""
        self.found.append(Finding(part, check, Result.CANNOT_BE_CHECKED, why))

    def rests_on_trust(self, part: str, check: str, *, fault: str) -> None:
        """A check that needs trust material: its fault, or that it holds, or that no trust was given."""
        if fault:
            self.fails(part, check, fault)
        elif self.trusted:
            self.holds(part, check)
        else:
            self.cannot(part, check, NO_TRUST)

    def failed(self, part: str) -> bool:
        """Whether some check on a part does not hold."""
        return any(one.part == part and one.result is Result.DOES_NOT_HOLD for one in self.found)

    def verdict(self) -> Verdict:
        """The verdict over all findings (section 8)."""
        results = [one.result for one in self.found]
        if Result.DOES_NOT_HOLD in results:
            return Verdict.DOES_NOT_HOLD
        unchecked = results.count(Result.CANNOT_BE_CHECKED)
        if self.trusted:
            return Verdict.HOLDS_AS_FAR_AS_CHECKED if unchecked else Verdict.VERIFIED
        return Verdict.INTACT_SIGNER_UNKNOWN

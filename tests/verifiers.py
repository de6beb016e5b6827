"""Both verifiers, asked the same question: ours in this process, the stand-alone one as a stranger runs it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comity.authorities.trust import read_trust
from comity.evidence.verification.examine import examine

ROOT = Path(__file__).resolve().parents[1]
ALONE = ROOT / "src/comity/evidence/standalone/verify.py"
NEWER = ROOT / "build/openssl/openssl"
OPENSSL = str(NEWER) if NEWER.exists() else str(shutil.which("openssl"))
KNOWS_ML_DSA = NEWER.exists()


@dataclass(frozen=True)
class Answer:
    """A verifier's exit code and findings."""

    code: int
    findings: list[dict[str, Any]]

    def failing(self) -> set[str]:
        """The parts that do not hold."""
        return {finding["part"] for finding in self.findings if finding["result"] == "does-not-hold"}

    def unchecked(self) -> set[tuple[str, str]]:
        """The checks that cannot be made."""
        return {(one["part"], one["check"]) for one in self.findings if one["result"] == "cannot-be-checked"}

    def says(self, part: str) -> str:
        """Why a part does not hold, and where."""
        found = [one for one in self.findings if one["part"] == part and one["result"] == "does-not-hold"]
        return "; ".join(
            f"{one['check']} {one.get('file', '')} {one.get('bytes', '')} {one['why']}" for one in found
        )


def ours(package: Path, trust: Path | None) -> Answer:
    """What ``comity verify`` finds."""
    found = examine(package, read_trust(trust) if trust else None).as_fields()
    return Answer(found["exit"], found["findings"])


def alone(package: Path, trust: Path | None, openssl: str = OPENSSL) -> Answer:
    """What ``python3 -I verify.py`` finds, in an environment with nothing of ours."""
    words = [sys.executable, "-I", str(ALONE), str(package), "--json"]
    words += ["--trust", str(trust)] if trust else []
    environment = {"PATH": os.environ["PATH"], "COMITY_OPENSSL": openssl}
    ran = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert "Traceback" not in ran.stderr, ran.stderr
    if not ran.stdout.startswith("{"):
        return Answer(ran.returncode, [])
    found = json.loads(ran.stdout)
    assert found["exit"] == ran.returncode
    return Answer(ran.returncode, found["findings"])


def both(package: Path, trust: Path | None) -> Answer:
    """Our answer, after the stand-alone verifier gave the same verdict."""
    first, second = ours(package, trust), alone(package, trust)
    expected = 4 if first.code == 0 and not KNOWS_ML_DSA else first.code
    assert second.code == expected, (first, second)
    return first

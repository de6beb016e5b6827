"""Runs the stand-alone verifier as a court expert would, and keeps what it said."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from standalone import package_by_hand as hand


SCRIPT = Path(__file__).parents[2] / "src/comity/evidence/standalone/verify.py"
REFUSED, CANNOT_RUN = 1, 2

# An openssl of tomorrow: the machine's own, but for ML-DSA, which it leaves to `cryptography`.
STAND_IN = """#!{python}
import os, sys
from cryptography.hazmat.primitives.serialization import load_der_public_key
if sys.argv[1] == "version":
    sys.exit(print("OpenSSL 3.5.4 30 Sep 2025 (a stand-in)"))
if sys.argv[1] == "pkeyutl" and len(key := open("key", "rb").read()) > 1000:
    assert sys.argv[1:] == "{command}".split()
    try:
        load_der_public_key(key).verify(open("signature", "rb").read(), open("message", "rb").read())
    except Exception:
        sys.exit(print("Signature Verification Failure") or 1)
    sys.exit(print("Signature Verified Successfully"))
os.execvp("openssl", ["openssl", *sys.argv[1:]])
"""
COMMAND = "pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in message -sigfile signature"


@dataclass
class Outcome:
    exit: int
    printed: str
    complaint: str
    found: dict[str, Any]

    def results(self, part: str, check: str) -> list[dict[str, Any]]:
        return [one for one in self.found["findings"] if (one["part"], one["check"]) == (part, check)]

    def result(self, part: str, check: str) -> str:
        distinct = {one["result"] for one in self.results(part, check)}
        assert len(distinct) == 1, (part, check, self.found)
        return str(distinct.pop())

    def broken(self) -> set[tuple[str, str]]:
        findings = self.found["findings"]
        return {(one["part"], one["check"]) for one in findings if one["result"] == "does-not-hold"}


def load() -> ModuleType:
    specification = importlib.util.spec_from_file_location("verify_alone", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


VERIFIER = load()


def outcome_of(code: int, printed: str, complaint: str) -> Outcome:
    found = json.loads(printed) if printed.startswith("{") else {}
    assert found == {} or found["exit"] == code
    return Outcome(code, printed, complaint, found)


def run_alone(package: Path, *arguments: str, openssl: str | None = None) -> Outcome:
    """As a court expert runs it."""
    environment = {**os.environ, **({"COMITY_OPENSSL": openssl} if openssl else {})}
    command = [sys.executable, "-I", "-W", "error", str(SCRIPT), str(package), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert "Traceback" not in ran.stderr, ran.stderr
    return outcome_of(ran.returncode, ran.stdout, ran.stderr)


def run(package: Path, *arguments: str, openssl: str | None = None) -> Outcome:
    """The same without a new process, as there are many tests; an exception would fail the test."""
    printed, complaint = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(complaint):
        patch.setattr(sys, "argv", ["verify.py", str(package), *arguments])
        patch.setenv("COMITY_OPENSSL", openssl or "openssl")
        code = VERIFIER.main()
    return outcome_of(code, printed.getvalue(), complaint.getvalue())


@dataclass
class Bench:
    """A good package and trust folder in a folder of their own, to be spoilt by the test."""

    folder: Path

    @property
    def package(self) -> Path:
        return self.folder / "package"

    @property
    def trust(self) -> Path:
        return self.folder / "trust"

    def verify(self, openssl: str | None = None) -> Outcome:
        return run(self.package, "--trust", str(self.trust), "--json", openssl=openssl)

    def judge_form(self) -> Outcome:
        """All but the signatures, which is much quicker; for what must be seen without them."""
        return self.verify("/nowhere")

    def remake(self, maker: hand.Maker) -> None:
        shutil.rmtree(self.package, ignore_errors=True)
        maker.write(self.package)

    def spoil(self, path: str, change: Callable[[bytes], bytes]) -> None:
        (self.package / path).write_bytes(change((self.package / path).read_bytes()))


def has_ml_dsa() -> bool:
    banner = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, banner.split()[1].split(".")[:2])) >= (3, 5)


def flip(position: int) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        return raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]

    return change

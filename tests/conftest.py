"""Settings that all tests share: how hard Hypothesis looks, and what is skipped where a server is absent."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("check", max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("full", max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("full" if os.environ.get("COMITY_SOAK") == "full" else "check")

ROOT = Path(__file__).resolve().parents[1]


def absent(what: str) -> None:
    """Skip for want of a tool, and say so; where nothing may be skipped, fail."""
    if os.environ.get("COMITY_SKIP_NOTHING"):
        pytest.fail(f"{what} is absent, and nothing may be skipped here")
    pytest.skip(f"{what} is absent on this machine")


@pytest.fixture
def openssl() -> str:
    """The system's openssl."""
    found = shutil.which("openssl")
    if found is None:
        absent("openssl")
    return str(found)


@pytest.fixture
def newer_openssl() -> str:
    """An openssl that knows ML-DSA (3.5 or newer)."""
    path = ROOT / "build" / "openssl" / "openssl"
    if not path.exists():
        absent("openssl 3.5 or newer (tools/newer_openssl.sh fetches one)")
    return str(path)


@pytest.fixture
def full() -> bool:
    """Whether the full figures are asked for (make soak)."""
    return os.environ.get("COMITY_SOAK") == "full"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the measures of the house on every run that takes them."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    measures = [
        text
        for report in reports
        for name, text in getattr(report, "user_properties", [])
        if name == "measure"
    ]
    if measures:
        terminalreporter.section("measures of the house")
        for text in sorted(measures):
            terminalreporter.write_line(str(text))

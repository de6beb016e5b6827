"""Sealing and verifying against named peers in one run: medians, ratios and peak memory.

Each round runs every contestant once, in turn, so that a noisy machine is noisy for all; ratios are of
medians. A peer that is absent is said to be absent.
"""

import argparse
import os
import platform
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

COMITY = Path(sys.executable).with_name("comity")
ALONE = Path(__file__).resolve().parents[1] / "src/comity/evidence/standalone/verify.py"
MEMORY_BAR_MB = 150


@dataclass
class Contestant:
    """One command under measurement: its runs in seconds, and the most memory it took."""

    name: str
    words: list[str]
    tidy: Callable[[], object] = lambda: None
    allowed: tuple[int, ...] = (0,)
    seconds: list[float] = field(default_factory=list)
    most_memory_mb: float = 0.0

    def run(self, environment: dict[str, str]) -> None:
        """Run it once."""
        self.tidy()
        began = time.perf_counter()
        quiet = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, quiet, number) for number in (0, 1)]
        child = os.posix_spawnp(self.words[0], self.words, environment, file_actions=actions)
        _, status, used = os.wait4(child, 0)
        os.close(quiet)
        self.seconds.append(time.perf_counter() - began)
        self.most_memory_mb = max(self.most_memory_mb, used.ru_maxrss / 1000)
        code = os.waitstatus_to_exitcode(status)
        if code not in self.allowed:
            raise SystemExit(f"{self.name} ended with {code}: {' '.join(self.words)}")

    @property
    def median(self) -> float:
        """The median of its runs."""
        return statistics.median(self.seconds)


def contestants(folder: Path, evidence: Path) -> list[Contestant]:
    """Ours and the peers, on the same evidence."""
    package, trust = folder / "package", folder / "trust"

    def fresh() -> None:
        shutil.rmtree(package, ignore_errors=True)

    python = sys.executable
    seal = [
        str(COMITY),
        "exhibit",
        "seal",
        str(evidence),
        "--out",
        str(package),
        "--home",
        str(folder / "home"),
    ]
    ours = [
        Contestant("comity exhibit seal (copies, both digests, signs, logs)", seal, fresh),
        Contestant("comity verify --trust", [str(COMITY), "verify", str(package), "--trust", str(trust)]),
        Contestant(
            "python3 -I verify.py --trust",
            [python, "-I", str(ALONE), str(package), "--trust", str(trust)],
            allowed=(0, 4),
        ),
    ]
    listed = 'find "$0" -type f -exec {} {{}} + > /dev/null'
    peers = [("sha256sum", "sha256sum"), ("openssl dgst -sha256", "openssl dgst -sha256"), ("cp", None)]
    found = []
    for name, command in peers:
        if shutil.which(name.split()[0]) is None:
            sys.stdout.write(f"  {name} is absent here\n")
        elif command is None:
            copy = ["cp", "-r", str(evidence), str(folder / "copied")]
            found.append(
                Contestant(
                    "cp -r (no digest at all)",
                    copy,
                    lambda: shutil.rmtree(folder / "copied", ignore_errors=True),
                )
            )
        else:
            found.append(
                Contestant(f"{name} (reads only)", ["sh", "-c", listed.format(command), str(evidence)])
            )
    return [*ours, *found]


def make_evidence(folder: Path, size: int, count: int) -> Path:
    """Random files of one size."""
    evidence = folder / "evidence"
    evidence.mkdir()
    block = secrets.token_bytes(min(size, 1 << 24))
    for number in range(count):
        with (evidence / f"file-{number:06d}").open("wb") as file:
            left = size
            while left:
                left -= file.write(block[: min(left, len(block))])
    return evidence


def measure(size: int, count: int, rounds: int) -> tuple[str, list[Contestant]]:
    """One table: so many files of a size, every contestant in every round."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        evidence = make_evidence(folder, size, count)
        runners = contestants(folder, evidence)
        environment = dict(os.environ) | {"COMITY_HOME": str(folder / "home")}
        runners[0].run(environment)
        runners[0].seconds.clear()
        export = Contestant(
            "trust", [str(COMITY), "trust", "export", str(folder / "trust"), "--home", str(folder / "home")]
        )
        export.run(environment)
        for _ in range(rounds):
            for runner in runners:
                runner.run(environment)
    return f"{count} file(s) of {size / 2**20:.3g} MiB, {rounds} rounds, in page cache", runners


def table(title: str, runners: list[Contestant], total: int) -> list[str]:
    """The measured rows as Markdown; ratios against sealing."""
    first = runners[0].median
    lines = [
        f"### {title}",
        "",
        "| work | median s | MB/s | time of it / time of seal | peak memory MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {one.name} | {one.median:.2f} | {total / one.median / 1e6:.0f} | {one.median / first:.2f} | {one.most_memory_mb:.0f} |"
        for one in runners
    ]
    return [*lines, ""]


def main() -> int:
    """Measure, print, and write where asked; fails when sealing takes more memory than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a quick look: 64 MiB and 300 files")
    parser.add_argument("--full", action="store_true", help="2 GiB and 20,000 files (the default)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables there")
    chosen = parser.parse_args()
    plan = [(64 << 20, 1, 1), (4096, 300, 1)] if chosen.small else [(2 << 30, 1, 3), (4096, 20_000, 3)]
    lines: list[str] = []
    worst = 0.0
    for size, count, rounds in plan:
        title, runners = measure(size, count, rounds)
        lines += table(title, runners, size * count)
        worst = max(worst, *(one.most_memory_mb for one in runners[:2]))
    heading = [f"Measured {datetime.now(tz=UTC):%Y-%m-%d} on {machine()}.", ""]  # noqa: TID251 - a bench states its day
    text = "\n".join([*heading, *lines])
    print(text)
    if chosen.write:
        chosen.write.write_text(f"# Figures of `make bench NAME=evidence`\n\n{text}", encoding="utf-8")
    if worst > MEMORY_BAR_MB:
        print(f"sealing or verifying took {worst:.0f} MB; the bar is {MEMORY_BAR_MB} MB")
        return 1
    return 0


def machine() -> str:
    """What this was measured on."""
    processor = platform.processor() or platform.machine()
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.partition(": ")[2] for line in facts if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores ({processor}), Python {platform.python_version()}, {platform.system()} {platform.release()}"


if __name__ == "__main__":
    sys.exit(main())

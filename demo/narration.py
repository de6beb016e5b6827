"""How the demonstration runs commands and tells of them: steps, what was typed, what was shown, how long it took."""

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

WIDTH = 100
INDENT = 4
SHELL_INDENT = " " * 9
WORD = r"(?:[^\s'\"]|'[^']*'|\"[^\"]*\")+"
WITH_ITS_VALUE = re.compile(rf"--?[A-Za-z][A-Za-z-]*(?: (?!-){WORD})?|{WORD}")
MOST_LINES = 40
BOLD, QUIET, GOOD, BAD, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"


@dataclass
class Step:
    """One step of the story as ``--json`` writes it; each command stands beside its exit code."""

    step: str
    ok: bool = True
    seconds: float = 0.0
    command: list[str] = field(default_factory=list)
    exit: list[int] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Expected:
    """What the story expects of a command: its exit code, words it must say, further lines that matter."""

    exit: Sequence[int] = (0,)
    says: Sequence[str] = ()
    shows: Sequence[str] = ()
    verdict: bool = False  # whether the exit code is what the step is about


class Narration:
    """Tells the story on standard output and keeps its steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("COMITY_") and name != "DJANGO_SETTINGS_MODULE"
        }

    @contextmanager
    def step(self, title: str, *sentences: str) -> Iterator[Step]:
        """One numbered step: told before, timed after."""
        number = len(self.steps) + 1
        step = Step(f"{number} {title}")
        self.steps.append(step)
        print(self._in(BOLD, f"{number:>2}  {title}"))
        for sentence in sentences:
            self._paragraph(sentence, " " * INDENT)
        began = time.monotonic()
        try:
            yield step
        except OSError as problem:
            self.require(holds=False, otherwise=str(problem))
        step.seconds = round(time.monotonic() - began, 3)
        words = self._in(GOOD, "as expected") if step.ok else self._in(BAD, "NOT AS EXPECTED")
        gap = " " * (
            WIDTH - INDENT - len("as expected" if step.ok else "NOT AS EXPECTED") - len("00000.00 s")
        )
        print(f"{' ' * INDENT}{words}{gap}{step.seconds:8.2f} s\n", flush=True)

    def run(
        self,
        words: Sequence[str | Path],
        expected: Expected | None = None,
        *,
        typed: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command in the work folder; show it as one would type it and the lines that matter."""
        expected = expected or Expected()
        step = self.steps[-1]
        line = typed or shlex.join(str(word) for word in words)
        self.type_line(line)
        ran = subprocess.run(
            [str(word) for word in words],
            cwd=self.folder,
            env=self._environment if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output = ran.stdout.decode("utf-8", "replace")
        step.command.append(line)
        step.exit.append(ran.returncode)
        self._judge(expected, ran.returncode, output)
        return output

    def _judge(self, expected: Expected, code: int, output: str) -> None:
        missing = [text for text in expected.says if text not in output]
        as_expected = code in expected.exit and not missing
        wanted = [*expected.says, *expected.shows]
        matter = [
            line for line in output.splitlines() if not as_expected or any(text in line for text in wanted)
        ]
        for line in matter[:MOST_LINES]:
            self.show(line)
        if len(matter) > MOST_LINES:
            self.show(f"and {len(matter) - MOST_LINES} more lines")
        if expected.verdict or not as_expected:
            self.show(f"exit {code}")
        codes = " or ".join(str(one) for one in expected.exit)
        said = f", and the words {'; '.join(repr(text) for text in missing)}" if missing else ""
        self.require(holds=as_expected, otherwise=f"exit {codes} was expected{said}")

    def show(self, line: str) -> None:
        """One line that was shown by a command or by what the driver saw itself."""
        self.steps[-1].shown.append(line)
        bare = line.strip()
        lead = " " * (INDENT + 2 + len(line) - len(line.lstrip()))
        if not bare:
            return
        for part in textwrap.wrap(
            bare, WIDTH, initial_indent=lead, subsequent_indent=lead + "    ", break_on_hyphens=False
        ):
            print(part)

    def require(self, *, holds: bool, otherwise: str) -> None:
        """The story goes on as expected only where this holds."""
        if not holds:
            self.steps[-1].ok = False
            self.show(f"NOT AS EXPECTED: {otherwise}")

    def type_line(self, line: str) -> None:
        """A command as typed, broken before an option where it is long, never inside quotes."""
        rows = [f"{' ' * INDENT}$"]
        for word in WITH_ITS_VALUE.findall(line):
            if len(rows[-1]) + len(word) + len(" ") > WIDTH - len(" \\"):
                rows.append(SHELL_INDENT)
            rows[-1] += f" {word}"
        print(self._in(QUIET, " \\\n".join(rows)), flush=True)

    def _paragraph(self, text: str, lead: str) -> None:
        print(textwrap.fill(text, WIDTH, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False))

    def _in(self, colour: str, words: str) -> str:
        return f"{colour}{words}{PLAIN}" if self._coloured else words

    def summary(self) -> bool:
        """The table of all steps, the verdict last; whether every step went as expected."""
        print(self._in(BOLD, f"{'step':<{WIDTH - 28}}{'seconds':>10}  as expected"))
        for step in self.steps:
            words = self._in(GOOD, "yes") if step.ok else self._in(BAD, "NO")
            number, _, title = step.step.partition(" ")
            print(f"{f'{number:>2}  {title}':<{WIDTH - 28}}{step.seconds:>10.2f}  {words}")
        whole = all(step.ok for step in self.steps)
        total = sum(step.seconds for step in self.steps)
        print(f"{'    in all':<{WIDTH - 28}}{total:>10.2f}\n")
        failed = sum(not step.ok for step in self.steps)
        verdict = (
            "Every step went as the story expects." if whole else f"{failed} step(s) did NOT go as expected."
        )
        print(self._in(GOOD if whole else BAD, verdict), flush=True)
        return whole

    def write_json(self, file: Path) -> None:
        """The list of steps for a program."""
        rows = [asdict(step) for step in self.steps]
        file.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

"""Words and lines that the nouns share: one line for each deed, sizes, progress, questions."""

import argparse
import sys
import time
import unicodedata
from pathlib import Path

_LINE = 100
_KIBI = 1024
_REDRAW_SECONDS = 0.2
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def size_in_words(count: float) -> str:
    """Bytes for a person: 3 figures and a unit."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < _KIBI:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= _KIBI
    return f"{count:.2f} TiB"


def plain(text: str) -> str:
    """Text of strangers as a terminal may show it: no control characters, nothing that reorders a line.

    Joiners stay, for Persian needs them; what would move the cursor or turn the text around is shown as its
    code point.
    """
    return "".join(f"<{ord(mark):04X}>" if _steers(mark) else mark for mark in text)


def _steers(mark: str) -> bool:
    return unicodedata.category(mark) in {"Cc", "Cs", "Zl", "Zp"} or mark in _TURNING


def say(text: str) -> None:
    """One line of a report, whatever strangers wrote into it."""
    print(plain(text))


def line(deed: str, what: str) -> None:
    """One line of a report: the deed, aligned, and what came of it."""
    say(f"  {deed:<12} {what}")


class ProgressLine:
    """A bar with share, rate and time left, drawn on a terminal and nowhere else."""

    def __init__(self, deed: str, total: int) -> None:
        self._deed, self._total = deed, total
        self._done, self._began, self._drawn = 0, time.monotonic(), 0.0
        self._shown = sys.stderr.isatty()

    def __call__(self, count: int) -> None:
        """So many bytes more are done."""
        self._done += count
        moment = time.monotonic()
        if self._shown and moment - self._drawn >= _REDRAW_SECONDS:
            self._drawn = moment
            self._draw(moment)

    def _draw(self, moment: float) -> None:
        rate = self._done / max(moment - self._began, 1e-6)
        share = min(1.0, self._done / self._total) if self._total else 1.0
        left = max(0, self._total - self._done) / rate if rate else 0
        bar = "█" * int(24 * share) + "·" * (24 - int(24 * share))
        text = f"{self._deed} {bar} {share:4.0%}  {size_in_words(rate)}/s  {left:.0f} s left"
        print(f"\r{text:<{_LINE}}"[: _LINE + 1], end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the bar."""
        if self._shown:
            print(f"\r{'':<{_LINE}}\r", end="", file=sys.stderr, flush=True)


def ask(what: str, given: str | None) -> str | None:
    """What the user said on the command line or, at a terminal, says now; None is shown as not stated."""
    if given is not None:
        return given.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip() or None
    if not sys.stdin.isatty():
        return None
    try:
        return input(f"{what} (Enter: not stated): ").strip() or None
    except EOFError:
        return None


def add_circumstances(parser: argparse.ArgumentParser) -> None:
    """The options that say who acts, why, on what authority and where."""
    parser.add_argument(
        "--as", dest="holder", metavar="NAME", help="short name of the key with which you sign"
    )
    parser.add_argument("--purpose", help="why: what the step is for")
    parser.add_argument("--basis", help="authority: warrant, order or request number")
    parser.add_argument("--place", help="where it happens")
    parser.add_argument("--device", help="what the evidence was taken from")
    add_home(parser)
    parser.add_argument("--stamp-authority", metavar="URL", help="RFC 3161 authority to ask for the time")
    parser.add_argument("--stamp-roots", type=Path, metavar="FILE", help="its root certificates (PEM)")


def add_home(parser: argparse.ArgumentParser) -> None:
    """The option that says where keys and log lie."""
    parser.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        help="folder of your keys and log, or a node's folder (default: $COMITY_HOME or ~/.comity)",
    )

"""The demonstration: evidence is sealed, crosses to a node, goes to a court, is checked, and attacked.

    python demo/drive.py [--evidence PATH] [--folder DIR] [--exit] [--json FILE]

It is only a client: it types the commands of the ``comity`` that lies beside its own interpreter, and imports
nothing of it. The exit code is 0 only when every step did what the story expects.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo.narration import Narration
from demo.story import Story
from demo.tampering import largest_file

COMITY = Path(sys.executable).with_name("comity")


class NoStartError(Exception):
    """Why the demonstration cannot begin, and what to do."""


def options_of(words: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Comity in fourteen steps, from the field to the court.")
    parser.add_argument(
        "--evidence", type=Path, metavar="PATH", help="seal this instead of the invented evidence"
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="where to work (default: a new temporary folder)"
    )
    parser.add_argument("--exit", action="store_true", help="end when the story is over, wait for nobody")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the steps for a program")
    return parser.parse_args(words)


def work_folder(named: Path | None) -> Path:
    """The empty folder in which everything happens.

    Raises:
        NoStartError: the folder holds something.
    """
    if named is None:
        return Path(tempfile.mkdtemp(prefix="comity-demo-")).resolve()
    if named.exists() and (not named.is_dir() or any(named.iterdir())):
        raise NoStartError(f"{named} is not an empty folder. Name one that does not exist yet.")
    named.mkdir(parents=True, exist_ok=True)
    return named.resolve()


def evidence_named(path: Path | None) -> Path | None:
    """What the user points at, absolute; None for the invented evidence.

    Raises:
        NoStartError: there is nothing in which a bit could be flipped.
    """
    if path is None:
        return None
    found = path if path.is_file() and path.stat().st_size else largest_file(path)
    if found is None:
        raise NoStartError(
            f"{path} holds no file with a byte in it. Name evidence that can be sealed and damaged."
        )
    return path.resolve()


def tell(options: argparse.Namespace) -> int:
    """Tell the story, sum it up, and wait where somebody may want to look."""
    if not COMITY.exists():
        raise NoStartError(f"There is no comity beside {sys.executable}. Run 'make demo', which installs it.")
    if options.json and not options.json.absolute().parent.is_dir():
        raise NoStartError(f"There is no folder {options.json.absolute().parent} for the list of steps.")
    evidence = evidence_named(options.evidence)
    folder = work_folder(options.folder)
    narration = Narration(folder)
    print("Comity, from the field to the court. Every comity command is typed in the folder")
    print(f"    {folder}\n", flush=True)
    story = Story(narration, COMITY, evidence)
    try:
        story.tell()
        whole = narration.summary()
        if options.json:
            narration.write_json(options.json)
        if not options.exit:
            print("\n".join(["", f"All of it stays in {folder}:", *story.places()]), flush=True)
        if not options.exit and sys.stdin.isatty():
            input("Enter ends the test stamp authority and this demonstration. ")
    finally:
        story.close()
    return 0 if whole else 1


def main(words: Sequence[str] | None = None) -> int:
    """Run the demonstration; the exit code."""
    try:
        return tell(options_of(words))
    except NoStartError as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, EOFError):
        print("demo: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

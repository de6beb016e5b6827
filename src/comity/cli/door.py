"""The door of the terminal: finds the noun, does the deed, and says what went wrong in one place.

Nouns are loaded when they are named, so that ``comity verify`` never touches the node's framework.
"""

import argparse
import importlib
import io
import os
import sys

from comity.base.errors import ComityError, OurError
from comity.cli.words import plain

NOUNS = {
    "exhibit": "seal, show, transfer, check and export evidence",
    "key": "the keys with which you sign",
    "law": "the Convention in our own words, with its trust marks",
    "node": "a node: the folder and database of an authority",
    "trust": "whom you trust for what",
    "verify": "check a package that somebody handed to you",
}
_USAGE_EXIT = 2


def main(words: list[str] | None = None) -> int:
    """Do what the words say; the exit code."""
    given = list(sys.argv[1:] if words is None else words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows its code; it never stops a deed half way.
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(prog="comity", description="Evidence under seal, checked by anyone.")
    nouns = parser.add_subparsers(dest="noun", metavar="NOUN", title="nouns")
    named = given[0] if given and given[0] in NOUNS else None
    for noun, words_of_help in NOUNS.items():
        below = nouns.add_parser(
            noun, help=words_of_help, description=words_of_help[0].upper() + words_of_help[1:] + "."
        )
        if noun == named:
            importlib.import_module(f"comity.cli.{noun}").add_verbs(_verbs(below, noun))
    arguments = parser.parse_args(given)
    if named is None:
        parser.print_help()
        return _USAGE_EXIT
    if not hasattr(arguments, "deed"):
        parser.parse_args([named, "--help"])
    return _do(arguments)


def _verbs(
    below: argparse.ArgumentParser, noun: str
) -> "argparse.ArgumentParser | argparse._SubParsersAction[argparse.ArgumentParser]":
    """A noun with verbs gets them; ``verify`` is a verb by itself."""
    return below if noun == "verify" else below.add_subparsers(dest="verb", metavar="VERB", title="verbs")


def _do(arguments: argparse.Namespace) -> int:
    try:
        code: int = arguments.deed(arguments)
    except ComityError as problem:
        ours = " (a fault of this software: please report it)" if isinstance(problem, OurError) else ""
        print(f"comity: {plain(problem.what)}{ours}", file=sys.stderr)
        if problem.advice:
            print(f"        {plain(problem.advice)}", file=sys.stderr)
        return _USAGE_EXIT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as problem:
        where = f" ({plain(str(problem.filename))})" if problem.filename else ""
        print(f"comity: this machine refuses: {problem.strerror or problem}{where}", file=sys.stderr)
        print(
            "        Mend that and give the command again; what was not finished was not kept.",
            file=sys.stderr,
        )
        return _USAGE_EXIT
    except Exception as problem:
        if os.environ.get("COMITY_TRACEBACK"):
            raise
        told = " ".join(str(problem).split())[:200]
        print(f"comity: {type(problem).__name__}: {plain(told)}", file=sys.stderr)
        print(
            "        The database, or this software. COMITY_TRACEBACK=1 shows where; please report it.",
            file=sys.stderr,
        )
        return _USAGE_EXIT
    except KeyboardInterrupt:
        print("comity: stopped; the next command finishes or drops what was begun", file=sys.stderr)
        return 130
    return code

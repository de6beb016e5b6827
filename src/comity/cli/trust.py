"""Whom you trust for what."""

import argparse
from dataclasses import replace
from pathlib import Path

from comity.authorities import trust
from comity.base.errors import UserError
from comity.cli.homes import home_of
from comity.cli.words import add_home, line, say


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verbs of ``comity trust``."""
    export = verbs.add_parser(
        "export", help="write the public trust material of your keys, log and stamp authority"
    )
    export.add_argument("folder", type=Path, metavar="DIR")
    export.add_argument(
        "--only", metavar="NAME", help="only the key of that short name, to be offered an exhibit"
    )
    add_home(export)
    export.set_defaults(deed=export_trust)
    show = verbs.add_parser("show", help="say in words whom a trust folder trusts for what")
    show.add_argument("folder", type=Path, metavar="DIR")
    show.set_defaults(deed=show_trust)
    join = verbs.add_parser(
        "join", help="make one trust folder of several, for evidence that crossed a border"
    )
    join.add_argument("folder", type=Path, metavar="DIR", help="the new folder")
    join.add_argument("sources", type=Path, metavar="FROM", nargs="+")
    join.set_defaults(deed=join_trust)


def export_trust(arguments: argparse.Namespace) -> int:
    """Write the public trust material of a home."""
    home = home_of(arguments)
    if not home.slugs():
        raise UserError(
            f"No key lies in {home.folder}",
            advice="Make one with 'comity key make NAME …'; sealing makes one too.",
        )
    material = home.trust()
    if arguments.only:
        signer = home.holder(arguments.only).signer
        material = replace(material, known=replace(material.known, signers=(signer,)))
    trust.write_trust(arguments.folder, material)
    line("trust folder", str(arguments.folder))
    line("fingerprint", trust.fingerprint(material))
    print("  Hand it over by another way than the evidence, and compare the fingerprint by voice.")
    return 0


def show_trust(arguments: argparse.Namespace) -> int:
    """Say whom a trust folder trusts for what."""
    for text in trust.in_words(trust.read_trust(arguments.folder)).splitlines():
        say(text)
    return 0


def join_trust(arguments: argparse.Namespace) -> int:
    """Make one trust folder of several."""
    first, *others = (trust.read_trust(source) for source in arguments.sources)
    for other in others:
        first = trust.merge(first, other)
    trust.write_trust(arguments.folder, first)
    line("trust folder", str(arguments.folder))
    line("fingerprint", trust.fingerprint(first))
    return 0

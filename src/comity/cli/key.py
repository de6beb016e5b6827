"""The keys with which you sign."""

import argparse

from comity.base import clock
from comity.base.actor import Actor
from comity.cli.homes import home_of
from comity.cli.words import add_home, line


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verbs of ``comity key``."""
    make = verbs.add_parser("make", help="make a key pair for a person or a service")
    make.add_argument("slug", metavar="NAME", help="short name, for --as")
    make.add_argument("--name", required=True, help="full name, as statements carry it")
    make.add_argument("--role", required=True, help="in what quality the person acts")
    make.add_argument("--authority", required=True, help="for which authority")
    make.add_argument("--state", required=True, help="of which State (two letters)")
    add_home(make)
    make.set_defaults(deed=make_key)
    listing = verbs.add_parser("list", help="list the keys that lie here")
    add_home(listing)
    listing.set_defaults(deed=list_keys)


def make_key(arguments: argparse.Namespace) -> int:
    """Make and keep a key pair."""
    actor = Actor(arguments.name, arguments.role, arguments.authority, arguments.state)
    holder = home_of(arguments).make_holder(arguments.slug, actor, clock.now())
    line("made", f"{holder.slug}: {actor.in_words()}")
    for key in holder.signer.keys:
        line(key.suite.name, key.kid)
    return 0


def list_keys(arguments: argparse.Namespace) -> int:
    """List the keys of a home."""
    home = home_of(arguments)
    for slug in home.slugs():
        line(slug, home.holder(slug).actor.in_words())
    if not home.slugs():
        print(
            f"  No key lies in {home.folder}. Make one with 'comity key make NAME …'; sealing makes one too."
        )
    return 0

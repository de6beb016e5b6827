"""A node: the folder and database of an authority."""

import argparse
import importlib
import json
from pathlib import Path

from comity.authorities.keyring import Home
from comity.base.errors import UserError
from comity.cli.homes import open_node
from comity.cli.words import line


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verbs of ``comity node``."""
    init = verbs.add_parser("init", help="make a node: folder, database, vault and log key")
    init.add_argument("folder", type=Path, metavar="DIR")
    init.add_argument(
        "--log", metavar="NAME", default="", help="name of its log, for example log.arcadia.example/custody"
    )
    init.set_defaults(deed=init_node)


def init_node(arguments: argparse.Namespace) -> int:
    """Make a node, or bring the tables of one up to date."""
    home = Home(arguments.folder)
    fresh = not home.is_node
    if fresh and home.folder.exists() and any(home.folder.iterdir()):
        raise UserError(
            f"{home.folder} is not empty and not a node", advice="Name a folder that does not exist yet."
        )
    home.prepare()
    signer = home.log_signer(arguments.log)
    if fresh:
        (home.folder / "node.json").write_text(json.dumps({"v": 1}), encoding="utf-8")
    open_node(home)
    importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
    line("node", f"{home.folder} {'made' if fresh else 'brought up to date'}")
    line("log", signer.name)
    return 0

"""From the words of a command to a home, a desk and, where the home is a node, its vault and database."""

import argparse
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from comity.audit.store import LogStore, TransparencyLog
from comity.audit.stores.folder import FolderStore
from comity.authorities.keyring import Home
from comity.base import clock
from comity.base.errors import UserError
from comity.cli.words import ask
from comity.evidence.actions import Desk
from comity.evidence.stamping import StampAuthority
from comity.evidence.terms import Circumstances

if TYPE_CHECKING:
    from comity.evidence.vault import Vault


def home_of(arguments: argparse.Namespace) -> Home:
    """The home that the command names, or the usual one."""
    named = arguments.home or os.environ.get("COMITY_HOME") or Path.home() / ".comity"
    return Home(Path(named))


def open_node(home: Home) -> None:
    """Wake the framework for a node's database.

    Raises:
        UserError: the home is not a node.
    """
    if not home.is_node:
        raise UserError(
            f"{home.folder} is not a node", advice=f"Make one with 'comity node init {home.folder} …'."
        )
    os.environ["COMITY_HOME"] = str(home.folder.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.server.settings")
    try:
        importlib.import_module("django").setup()
    except ImportError as problem:
        raise UserError(
            "This installation has no database part", advice="Install it with 'pip install comity[server]'."
        ) from problem


def log_of(home: Home) -> TransparencyLog:
    """The log of a home: files in the field, rows in a node."""
    signer = home.log_signer()
    store: LogStore
    if home.is_node:
        store = importlib.import_module("comity.audit.stores.database").DatabaseStore(signer.name)
    else:
        store = FolderStore(home.folder / "log")
    return TransparencyLog(store, signer)


def vault_of(home: Home) -> "Vault":
    """The vault of a node."""
    vault: Vault = importlib.import_module("comity.evidence.vaults.folder").FolderVault(home.folder / "vault")
    return vault


def desk_of(arguments: argparse.Namespace, home: Home) -> Desk:
    """Who acts, from the words of a command; asks at a terminal for what was not said."""
    now = clock.now()
    holder = home.holder(arguments.holder) if arguments.holder else home.only_holder(now)
    circumstances = Circumstances(
        ask("Purpose", arguments.purpose),
        ask("Authority (warrant, order, request number)", arguments.basis),
        ask("Place", arguments.place),
        ask("Device", arguments.device),
    )
    return Desk(holder, log_of(home), now, home.folder, circumstances, _stamps(arguments, home))


def _stamps(arguments: argparse.Namespace, home: Home) -> StampAuthority | None:
    """The stamp authority of the command, else the one the home remembers; a new one is remembered.

    Roots are added to those that lie here, so that earlier stamps stay checkable.
    """
    url_file, roots_file = home.folder / "stamp-authority", home.folder / "stamp-authorities.pem"
    kept = roots_file.read_bytes() if roots_file.exists() else b""
    if not arguments.stamp_authority:
        return (
            StampAuthority(url_file.read_text(encoding="utf-8").strip(), kept) if url_file.exists() else None
        )
    roots = _roots(arguments.stamp_roots, kept)
    authority = StampAuthority(arguments.stamp_authority, roots)
    if roots not in kept:
        roots_file.write_bytes(kept + roots)
    url_file.write_text(authority.url, encoding="utf-8")
    return authority


def _roots(named: Path | None, kept: bytes) -> bytes:
    if named is None:
        if not kept:
            raise UserError(
                "A stamp authority needs its root certificates", advice="Name them with --stamp-roots FILE."
            )
        return kept
    try:
        return named.read_bytes()
    except OSError as problem:
        raise UserError(f"Cannot read {named}: {problem.strerror}", advice="Check the path.") from problem

"""Our own private keys, and the home in which they lie.

A home is a folder that only its owner can read: keys of the actors that sign here, the key of this home's
log, and what stamp authority is asked. A node's folder is a home with a database. Keys are never written
anywhere else and never leave in a package.
"""

import fcntl
import getpass
import os
import platform
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.audit.store import LogSigner
from comity.authorities.terms import KnownKeys, Signer, TrustMaterial
from comity.authorities.wire import read_signer, signer_fields
from comity.base import strict_json
from comity.base.actor import Actor
from comity.base.errors import PeerError, UserError
from comity.base.spelling import base64url_bytes, base64url_text
from comity.base.suites import SEED_BYTES, SigningPair

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LOG_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,199}")
_LOG = "log.json"
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """An actor of ours with its private keys."""

    slug: str
    signer: Signer
    pair: SigningPair

    @property
    def actor(self) -> Actor:
        """Who signs with these keys."""
        return self.signer.actor


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of our keys."""

    folder: Path

    @property
    def is_node(self) -> bool:
        """Whether this home is a node's folder, with a database."""
        return (self.folder / "node.json").exists()

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone."""
        keys = self.folder / "keys"
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.folder, keys):
            folder.chmod(0o700)

    def slugs(self) -> list[str]:
        """The short names of the actors whose keys lie here."""
        return sorted(path.stem for path in (self.folder / "keys").glob("*.json") if path.name != _LOG)

    def make_holder(self, slug: str, actor: Actor, begins: datetime) -> KeyHolder:
        """Make and keep fresh keys for an actor.

        Raises:
            UserError: the short name is taken or not one.
        """
        if not _SLUG.fullmatch(slug) or f"{slug}.json" == _LOG:
            raise UserError(
                f"{slug!r} cannot be the short name of a key",
                advice="Use lower-case letters, digits and hyphens, at most 40; not 'log'.",
            )
        pair = SigningPair((secrets.token_bytes(SEED_BYTES), secrets.token_bytes(SEED_BYTES)))
        holder = KeyHolder(slug, Signer(actor, pair.public(), begins), pair)
        fields = {**signer_fields(holder.signer), "seeds": [base64url_text(seed) for seed in pair.seeds]}
        self.prepare()
        self._keep(f"{slug}.json", fields)
        return holder

    def holder(self, slug: str) -> KeyHolder:
        """The actor of that short name, with its keys.

        Raises:
            UserError: no key of that name lies here.
        """
        path = self.folder / "keys" / f"{slug}.json"
        if not _SLUG.fullmatch(slug) or not path.exists():
            known = ", ".join(self.slugs()) or "none"
            raise UserError(
                f"There is no key {slug!r} in {self.folder}",
                advice=f"Keys here: {known}. Make one with 'comity key make {slug} --name …'.",
            )
        fields = strict_json.parse_object(path.read_bytes())
        first, second = (base64url_bytes(str(seed)) for seed in fields.get("seeds", ("", "")))
        pair = SigningPair((first, second))
        signer = read_signer(fields)
        if signer.keys != pair.public():
            raise PeerError(f"The key file of {slug!r} holds another key than it names")
        return KeyHolder(slug, signer, pair)

    def only_holder(self, begins: datetime) -> KeyHolder:
        """The one key here, made on first use for the person at this machine.

        Raises:
            UserError: several keys lie here, so it must be said who acts.
        """
        slugs = self.slugs()
        if len(slugs) > 1:
            raise UserError(
                f"Several keys lie in {self.folder}: {', '.join(slugs)}",
                advice="Say who acts with --as NAME.",
            )
        if slugs:
            return self.holder(slugs[0])
        slug = re.sub(r"[^a-z0-9-]+", "-", getpass.getuser().lower()).strip("-")[:_LONGEST_NAME] or "me"
        name = f"{getpass.getuser()} at {platform.node() or 'this machine'}"
        actor = Actor(name, "role not stated", "authority not stated", "State not stated")
        return self.make_holder("me" if slug == "log" else slug, actor, begins)

    def log_signer(self, origin: str = "") -> LogSigner:
        """The key of this home's log, made on first use."""
        path = self.folder / "keys" / _LOG
        if not path.exists():
            self.prepare()
            name = origin or f"log.{secrets.token_hex(6)}.local/custody"
            if not _LOG_NAME.fullmatch(name):
                raise UserError(
                    f"{name!r} cannot be the name of a log",
                    advice="Use letters, digits, dots, hyphens and slashes, as in log.arcadia.example/custody.",
                )
            self._keep(_LOG, {"origin": name, "seed": base64url_text(secrets.token_bytes(SEED_BYTES))})
        fields = strict_json.parse_object(path.read_bytes())
        seed = base64url_bytes(str(fields.get("seed", "")))
        return LogSigner(str(fields.get("origin", "")), Ed25519PrivateKey.from_private_bytes(seed))

    def trust(self) -> TrustMaterial:
        """What somebody must trust to believe this home: its signers, its log, its stamp authority's roots."""
        signers = tuple(self.holder(slug).signer for slug in self.slugs())
        roots = self.folder / "stamp-authorities.pem"
        known = KnownKeys(signers, (self.log_signer().key,))
        return TrustMaterial(known, roots.read_bytes() if roots.exists() else b"")

    def _keep(self, name: str, fields: dict[str, object]) -> None:
        """Write a key file whole, readable by its owner alone; an existing one is never written over."""
        path = self.folder / "keys" / name
        beside = path.with_name(f".{secrets.token_hex(8)}.new")
        lock = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                raise UserError(
                    f"A key {path.stem!r} lies in {self.folder} already", advice="Choose another short name."
                )
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(strict_json.write(fields))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            os.fsync(lock)
        finally:
            beside.unlink(missing_ok=True)
            os.close(lock)

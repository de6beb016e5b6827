"""Nouns of trust: a signer with keys and a period, and what one reader trusts."""

from dataclasses import dataclass
from datetime import datetime

from comity.audit.terms import LogKey
from comity.base.actor import Actor
from comity.base.suites import PublicKey


@dataclass(frozen=True, slots=True)
class Signer:
    """An actor, the two keys with which it signs, and from when until when."""

    actor: Actor
    keys: tuple[PublicKey, PublicKey]
    begins: datetime
    until: datetime | None = None

    @property
    def kid(self) -> str:
        """The name of the Ed25519 key, by which statements name the signer."""
        return self.keys[0].kid

    def key_named(self, kid: str) -> PublicKey | None:
        """The key of that name, if it is one of the two."""
        return next((key for key in self.keys if key.kid == kid), None)

    def covers(self, moment: datetime) -> bool:
        """Whether the keys are for use at a moment."""
        return self.begins <= moment and (self.until is None or moment <= self.until)


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Signers and logs by name, from wherever they were read; trusted only if the reader trusts that place."""

    signers: tuple[Signer, ...] = ()
    logs: tuple[LogKey, ...] = ()

    def signer(self, kid: str) -> Signer | None:
        """The signer whose Ed25519 key has that name."""
        return next((signer for signer in self.signers if signer.kid == kid), None)

    def log(self, origin: str) -> LogKey | None:
        """The log of that name."""
        return next((key for key in self.logs if key.name == origin), None)

    def joined(self, other: "KnownKeys") -> "KnownKeys":
        """Both together, each signer and log once, in the order of their names."""
        signers = {signer.kid: signer for signer in (*self.signers, *other.signers)}
        logs = {key.name: key for key in (*self.logs, *other.logs)}
        return KnownKeys(
            tuple(signers[kid] for kid in sorted(signers)), tuple(logs[name] for name in sorted(logs))
        )


@dataclass(frozen=True, slots=True)
class TrustMaterial:
    """What one reader trusts: keys, and the root certificates of stamp authorities (PEM)."""

    known: KnownKeys
    stamp_authorities: bytes = b""

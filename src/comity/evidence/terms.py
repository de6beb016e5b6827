"""Nouns of evidence: an item, the seal over items, a custody step and the circumstances of one."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from comity.base.actor import Actor

CHUNK_BYTES = 1 << 20


class ItemKind(StrEnum):
    """What was found at a name."""

    FILE = "file"
    LINK = "link"
    FOLDER = "folder"
    SPECIAL = "special"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing found: a file with its digests, or a thing that was named and not read.

    ``detail`` is a link's target, a special file's nature, or why something could not be read.
    """

    kind: ItemKind
    name: str
    salt: str
    name_bytes: bytes | None = None
    path: str = ""
    size: int = 0
    sha256: str = ""
    root: str = ""
    modified: datetime | None = None
    detail: str = ""

    @property
    def chunks(self) -> int:
        """How many chunks the file has."""
        return -(-self.size // CHUNK_BYTES)


@dataclass(frozen=True, slots=True)
class Seal:
    """What was sealed: the root over all item lines, and their count and size."""

    exhibit: str
    label: str
    count: int
    size: int
    root: str
    sealed: datetime


class StepKind(StrEnum):
    """What can happen to an exhibit in custody."""

    SEAL = "seal"
    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    CHECK = "check"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Why, on what authority, where and with what device; None is shown as "not stated"."""

    purpose: str | None = None
    basis: str | None = None
    place: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class CustodyStep:
    """One step as its statement says it; ``more`` holds what its kind adds, unknown fields included."""

    exhibit: str
    seq: int
    kind: StepKind
    by: Actor
    time: datetime
    clock: str
    circumstances: Circumstances
    tool: dict[str, Any]
    prev: str
    seal: str
    signer_kid: str
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step as it lies: the statement's bytes, its proof of entry into a log, and a stamp if there is one."""

    statement: bytes
    proof: bytes
    stamp: bytes | None = None

"""Nouns of the log: its public key, a checkpoint, a proof of entry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogKey:
    """The name and the Ed25519 key under which a log's checkpoints are believed (a C2SP vkey)."""

    name: str
    public: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: so many entries, and the root over them."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class EntryProof:
    """That an entry lies at an index under a signed checkpoint, and what the entry's owner adds."""

    extra: bytes
    index: int
    path: tuple[bytes, ...]
    note: bytes

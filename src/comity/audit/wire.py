"""Checkpoints, log keys and entry proofs as bytes and back.

C2SP signed-note and tlog-checkpoint (v1.0), tlog-proof and the log lines of tlog-policy. Readers demand the
writer's one spelling. Signature lines of others (witnesses) are kept and mean nothing here yet.
"""

import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from comity.audit.terms import Checkpoint, EntryProof, LogKey
from comity.base.errors import PeerError
from comity.base.merkle import HASH_BYTES
from comity.base.spelling import base64_bytes, base64_text, hex_bytes, whole_number

ED25519_NOTE = b"\x01"  # C2SP signed-note, signature type of a log's own Ed25519 key
PROOF_HEADING = "c2sp.org/tlog-proof@v1"
_SIGNATURE_MARK = "— "  # U+2014 and a blank: fixed by C2SP signed-note
_SIGNATURE_LINE = re.compile(rf"{_SIGNATURE_MARK}([^\s+]+) (\S+)")
_KEY_ID_BYTES = 4
_LONGEST_PATH = 63
_CHECKPOINT_LINES = 3


def key_id(key: LogKey) -> bytes:
    """The four bytes by which a note's signature line names its key."""
    return hashlib.sha256(key.name.encode() + b"\n" + ED25519_NOTE + key.public).digest()[:_KEY_ID_BYTES]


def write_log_key(key: LogKey) -> str:
    """A log's key as a C2SP vkey line."""
    return f"{key.name}+{key_id(key).hex()}+{base64_text(ED25519_NOTE + key.public)}"


def read_log_key(text: str) -> LogKey:
    """A log's key from its vkey line.

    Raises:
        PeerError: not a vkey of an Ed25519 log key, or its id does not belong to it.
    """
    parts = text.split("+", 2)
    if len(parts) != _CHECKPOINT_LINES or not parts[0] or any(mark.isspace() for mark in parts[0]):
        raise PeerError("a log key is <name>+<key id>+<key>")
    raw = base64_bytes(parts[2])
    if len(raw) != 1 + HASH_BYTES or raw[:1] != ED25519_NOTE:
        raise PeerError("a log key that is not Ed25519")
    key = LogKey(parts[0], raw[1:])
    if hex_bytes(parts[1], _KEY_ID_BYTES) != key_id(key):
        raise PeerError(f"the key id of log {key.name} does not belong to its key")
    return key


def sign_checkpoint(checkpoint: Checkpoint, key: LogKey, private: Ed25519PrivateKey) -> bytes:
    """The signed note in which a log commits to its size and root."""
    body = f"{checkpoint.origin}\n{checkpoint.size}\n{base64_text(checkpoint.root)}\n".encode()
    signature = base64_text(key_id(key) + private.sign(body))
    return body + f"\n{_SIGNATURE_MARK}{key.name} {signature}\n".encode()


def read_checkpoint(note: bytes) -> Checkpoint:
    """What a note commits to; says nothing yet on who signed it.

    Raises:
        PeerError: not a checkpoint note.
    """
    lines = _note_parts(note)[0].decode("utf-8").split("\n")
    if len(lines) != _CHECKPOINT_LINES + 1 or not lines[0]:
        raise PeerError("a checkpoint has an origin, a size and a root, and in this version nothing else")
    root = base64_bytes(lines[2])
    if len(root) != HASH_BYTES:
        raise PeerError("a checkpoint's root is 32 bytes")
    return Checkpoint(lines[0], whole_number(lines[1]), root)


def is_signed_by(note: bytes, key: LogKey) -> bool:
    """Whether exactly one signature line is the log's own, and holds, and the origin is its name.

    Raises:
        PeerError: not a signed note.
    """
    body, lines = _note_parts(note)
    if body.split(b"\n", 1)[0] != key.name.encode():
        return False
    own = [
        raw[_KEY_ID_BYTES:] for name, raw in lines if (name, raw[:_KEY_ID_BYTES]) == (key.name, key_id(key))
    ]
    if len(own) != 1:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(own[0], body)
    except (InvalidSignature, ValueError):
        return False
    return True


def _note_parts(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The signed text of a note, and its signature lines as name and bytes."""
    try:
        note.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise PeerError("a checkpoint that is not UTF-8") from problem
    text, gap, tail = note.rpartition(b"\n\n")
    if not gap or not tail.endswith(b"\n"):
        raise PeerError("a note is a text, an empty line and signature lines")
    lines = []
    for line in tail.decode("utf-8")[:-1].split("\n"):
        match = _SIGNATURE_LINE.fullmatch(line)
        if match is None:
            raise PeerError("a malformed signature line in a note")
        name, raw = match[1], base64_bytes(match[2])
        if len(raw) <= _KEY_ID_BYTES:
            raise PeerError("a signature line too short to hold a signature")
        lines.append((name, raw))
    return text + b"\n", lines


def write_proof(proof: EntryProof) -> bytes:
    """An entry's proof as a C2SP tlog-proof file, checkpoint and all."""
    lines = [PROOF_HEADING, f"extra {base64_text(proof.extra)}", f"index {proof.index}"]
    lines += [base64_text(sibling) for sibling in proof.path]
    return "\n".join([*lines, "", ""]).encode() + proof.note


def read_proof(raw: bytes) -> EntryProof:
    """An entry's proof from a tlog-proof file; says nothing yet on whether it proves anything.

    Raises:
        PeerError: not a proof file in the exact form.
    """
    head, gap, note = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as problem:
        raise PeerError("a proof's head that is not ASCII") from problem
    if not gap or len(lines) < _CHECKPOINT_LINES or lines[0] != PROOF_HEADING:
        raise PeerError("not a tlog-proof of version 1")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise PeerError("a proof names its extra bytes and its index")
    path = tuple(base64_bytes(line) for line in lines[_CHECKPOINT_LINES:])
    if len(path) > _LONGEST_PATH or any(len(sibling) != HASH_BYTES for sibling in path):
        raise PeerError("a proof's path is at most 63 hashes of 32 bytes")
    return EntryProof(base64_bytes(lines[1][6:]), whole_number(lines[2][6:]), path, note)


def read_policy(text: str) -> tuple[LogKey, ...]:
    """The logs that a reader trusts, from a C2SP tlog-policy of the form this version knows.

    Raises:
        PeerError: a line that this version does not know, a log twice, or no log.
    """
    keys: list[LogKey] = []
    quorum = False
    for line in text.split("\n"):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "log" and len(words) == 2:  # noqa: PLR2004 - the line is two words
            keys.append(read_log_key(words[1]))
        elif words == ["quorum", "none"] and not quorum:
            quorum = True
        else:
            raise PeerError(f"this verifier does not know the policy line {line[:60]!r}")
    if not quorum or not keys or len({key.name for key in keys}) != len(keys):
        raise PeerError("a log policy names each log once and ends with 'quorum none'")
    return tuple(keys)


def write_policy(keys: tuple[LogKey, ...]) -> str:
    """The logs that a reader trusts, as a C2SP tlog-policy without witnesses."""
    lines = [f"log {write_log_key(key)}" for key in keys]
    return "\n".join(["# Logs whose checkpoints are believed (C2SP tlog-policy).", *lines, "quorum none", ""])

"""Seals, items, custody steps and log leaves as bytes and back; unknown fields are kept.

docs/protocol/evidence-package.md sections 3 to 6 is the format. Writers emit one spelling; readers parse
the bytes that were signed.
"""

import hashlib
import re
from typing import Any

from comity.base import strict_json
from comity.base.actor import Actor, read_actor
from comity.base.clock import read_time, write_time
from comity.base.errors import PeerError
from comity.base.spelling import base64_bytes, base64_text, hex_bytes
from comity.base.statements import Statement
from comity.evidence.terms import CHUNK_BYTES, Circumstances, CustodyStep, Item, ItemKind, Seal, StepKind

VERSION = 1
_DIGEST = 32
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_PSEUDONYM = 16
_COMMON = {
    "v",
    "exhibit",
    "seq",
    "kind",
    "by",
    "time",
    "clock",
    "purpose",
    "basis",
    "place",
    "device",
    "tool",
}
_COMMON |= {"prev", "seal"}
_DETAIL = {ItemKind.LINK: "target", ItemKind.SPECIAL: "what", ItemKind.UNREADABLE: "why"}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\%]")


class UnknownKindError(PeerError):
    """A step of a kind that a newer version may know: it cannot be judged here."""


def digest(raw: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def is_version(fields: dict[str, Any]) -> bool:
    """Whether a document says that it is of the one version this program knows; true is no number."""
    return type(fields.get("v")) is int and fields["v"] == VERSION


# --- items and the seal


def write_item(item: Item) -> bytes:
    """One line of ``items.jsonl``, without its line end."""
    fields: dict[str, Any] = {"kind": item.kind.value, "name": item.name, "salt": item.salt}
    if item.name_bytes is not None:
        fields["name_bytes"] = base64_text(item.name_bytes)
    if item.kind is ItemKind.FILE:
        fields |= {"path": item.path, "size": item.size, "sha256": item.sha256, "root": item.root}
        fields["modified"] = write_time(item.modified) if item.modified else None
    elif item.kind in _DETAIL:
        fields[_DETAIL[item.kind]] = item.detail
    return strict_json.write(fields)


def read_item(line: bytes) -> Item:
    """The item of one line.

    Raises:
        PeerError: not an item in the form.
    """
    fields = strict_json.parse_object(line)
    try:
        kind = ItemKind(_text(fields, "kind"))
    except ValueError as problem:
        raise PeerError("an item of a kind that this version does not know") from problem
    name, salt = _text(fields, "name"), hex_bytes(fields.get("salt"), _PSEUDONYM).hex()
    name_bytes = base64_bytes(_text(fields, "name_bytes")) if "name_bytes" in fields else None
    if kind is not ItemKind.FILE:
        detail = _text(fields, _DETAIL[kind]) if kind in _DETAIL else ""
        return Item(kind, name, salt, name_bytes, detail=detail)
    modified = fields.get("modified")
    path = _text(fields, "path")
    if not is_safe_path(path):
        raise PeerError(f"an item lies at a path that no package has: {path[:80]!r}")
    return Item(
        kind,
        name,
        salt,
        name_bytes,
        path=path,
        size=_count(fields, "size"),
        sha256=hex_bytes(fields.get("sha256"), _DIGEST).hex(),
        root=hex_bytes(fields.get("root"), _DIGEST).hex(),
        modified=None if modified is None else read_time(modified),
    )


def is_safe_path(path: str) -> bool:
    """Whether a path under ``data/`` is one that every reader and file system takes alike."""
    parts = path.split("/")
    plain = not _UNSAFE.search(path) and all(part not in {"", ".", ".."} for part in parts)
    return plain and parts[0] == "data" and len(parts) > 1


def write_seal(seal: Seal) -> bytes:
    """The file ``seal/seal.json``."""
    return strict_json.write(
        {
            "v": VERSION,
            "exhibit": seal.exhibit,
            "label": seal.label,
            "chunk": CHUNK_BYTES,
            "count": seal.count,
            "bytes": seal.size,
            "root": seal.root,
            "sealed": write_time(seal.sealed),
        }
    )


def read_seal(raw: bytes) -> Seal:
    """The seal of ``seal/seal.json``.

    Raises:
        PeerError: not a seal in the form, or of another version.
    """
    fields = strict_json.parse_object(raw)
    if not is_version(fields) or fields.get("chunk") != CHUNK_BYTES:
        raise PeerError("a seal of a version or chunk size that this program does not know")
    return Seal(
        hex_bytes(fields.get("exhibit"), _PSEUDONYM).hex(),
        _text(fields, "label"),
        _count(fields, "count"),
        _count(fields, "bytes"),
        hex_bytes(fields.get("root"), _DIGEST).hex(),
        read_time(fields.get("sealed")),
    )


# --- custody steps


def step_payload(step: CustodyStep) -> dict[str, Any]:
    """What a step's statement signs."""
    said = step.circumstances
    return {
        **step.more,
        "v": VERSION,
        "exhibit": step.exhibit,
        "seq": step.seq,
        "kind": step.kind.value,
        "by": step.by.as_fields(),
        "time": write_time(step.time),
        "clock": step.clock,
        "purpose": said.purpose,
        "basis": said.basis,
        "place": said.place,
        "device": said.device,
        "tool": step.tool,
        "prev": step.prev,
        "seal": step.seal,
    }


def read_step(statement: Statement) -> CustodyStep:
    """The step that a statement says.

    Raises:
        UnknownKindError: a kind that this version does not know; the other fields are in the form.
        PeerError: not a step in the form.
    """
    fields = statement.payload
    missing = sorted(_COMMON - set(fields))
    if missing or not is_version(fields):
        raise PeerError(
            f"a custody step lacks {', '.join(missing)}" if missing else "a step of another version"
        )
    must_be_tool(fields["tool"])
    prev = "" if fields["prev"] == "" else hex_bytes(fields["prev"], _DIGEST).hex()
    said = Circumstances(*(_text_or_none(fields, key) for key in ("purpose", "basis", "place", "device")))
    common = (hex_bytes(fields["exhibit"], _PSEUDONYM).hex(), _count(fields, "seq"))
    by, time, clock = read_actor(fields["by"]), read_time(fields["time"]), _text(fields, "clock")
    seal, kind = hex_bytes(fields["seal"], _DIGEST).hex(), _kind(_text(fields, "kind"))
    more = {key: value for key, value in fields.items() if key not in _COMMON}
    _check_more(kind, more)
    return CustodyStep(
        *common, kind, by, time, clock, said, fields["tool"], prev, seal, statement.signer_kid, more
    )


def must_be_tool(tool: object) -> None:
    """Refuse what does not name a tool.

    Raises:
        PeerError: no name or no version.
    """
    if not isinstance(tool, dict) or not all(isinstance(tool.get(key), str) for key in ("name", "version")):
        raise PeerError("a tool has a name and a version")


def _kind(text: str) -> StepKind:
    try:
        return StepKind(text)
    except ValueError as problem:
        raise UnknownKindError(
            f"a step of the kind {text[:40]!r}, which this version does not know"
        ) from problem


def _check_more(kind: StepKind, more: dict[str, Any]) -> None:
    """What each kind must also hold, in the form; whether it is right is judged in ``rules``."""
    match kind:
        case StepKind.SEAL:
            hex_bytes(more.get("root"), _DIGEST)
            _count(more, "count")
            _count(more, "bytes")
        case StepKind.OFFER:
            read_actor(more.get("to"))
            if not _KID.fullmatch(_text(more["to"], "kid")):
                raise PeerError("the receiver's key is not named by a thumbprint")
        case StepKind.ACCEPT | StepKind.CHECK:
            hex_bytes(more.get("root"), _DIGEST)
        case StepKind.DECLINE | StepKind.WITHDRAW:
            _text(more, "why")
        case StepKind.EXPORT:
            _text(more, "for")
    if kind in {StepKind.ACCEPT, StepKind.DECLINE, StepKind.WITHDRAW}:
        hex_bytes(more.get("offer"), _DIGEST)


def receiver_fields(actor: Actor, kid: str) -> dict[str, str]:
    """The receiver as an offer names it."""
    return {**actor.as_fields(), "kid": kid}


# --- log leaves and the handover


def log_leaf(exhibit: str, seq: int, statement: bytes, salt: bytes, previous_leaf: str) -> bytes:
    """What the log commits to: a salted digest, so that the log tells a reader nothing it did not know."""
    committed = hashlib.sha256(salt + statement).hexdigest()
    return strict_json.write({"c": committed, "i": exhibit, "n": seq, "p": previous_leaf, "v": VERSION})


def handover_payload(
    steps: int, head: str, tagmanifest: bytes, exhibit: str, said: dict[str, Any]
) -> dict[str, Any]:
    """What the holder signs over a finished package; ``said`` holds by, time and tool."""
    return {
        **said,
        "v": VERSION,
        "exhibit": exhibit,
        "steps": steps,
        "head": head,
        "tagmanifest": digest(tagmanifest),
    }


def must_be_handover(said: dict[str, Any]) -> None:
    """Refuse what is no handover in the form.

    Raises:
        PeerError: another version, no tool, or a field not in the form.
    """
    must_be_tool(said.get("tool"))
    if not is_version(said):
        raise PeerError("a handover of another version")
    _count(said, "steps")
    for key, length in (("exhibit", _PSEUDONYM), ("head", _DIGEST), ("tagmanifest", _DIGEST)):
        hex_bytes(said.get(key), length)


def _text(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise PeerError(f"{key} is not text")
    return value


def _text_or_none(fields: dict[str, Any], key: str) -> str | None:
    return None if fields.get(key) is None else _text(fields, key)


def _count(fields: dict[str, Any], key: str) -> int:
    value = fields.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise PeerError(f"{key} is not a count")
    return value

"""One signed format for custody steps, handovers and, later, letters.

JWS general JSON (RFC 7515 section 7.2.1) over the transmitted payload bytes, with exactly two signatures,
Ed25519 and ML-DSA-65, of which both must hold. The algorithm is taken from the trusted key that ``kid``
names, never from the message. The ``typ`` keeps one kind of statement from being read as another.
No library expresses "both of these two", so the framing is ours, and ``joserfc`` judges it in the tests.
"""

from dataclasses import dataclass
from typing import Any

from comity.base import strict_json
from comity.base.errors import PeerError
from comity.base.spelling import base64url_bytes, base64url_text
from comity.base.suites import STATEMENT_SUITES, SigningPair, Suite

CUSTODY = "comity-custody+jws"
HANDOVER = "comity-handover+jws"

LARGEST_STATEMENT = 1 << 20


@dataclass(frozen=True, slots=True)
class Signature:
    """One of a statement's two signatures, its bytes and what they cover."""

    suite: Suite
    kid: str
    raw: bytes
    signed: bytes


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement taken apart: its payload as read, and its two signatures, not yet judged."""

    payload: dict[str, Any]
    signatures: tuple[Signature, Signature]

    @property
    def signer_kid(self) -> str:
        """The name of the Ed25519 key: who the statement claims to be from."""
        return self.signatures[0].kid


def sign(payload: dict[str, Any], typ: str, pair: SigningPair) -> bytes:
    """Sign a payload with both suites and write the statement's one byte string."""
    body = base64url_text(strict_json.write(payload))
    signatures = []
    for suite, key in zip(STATEMENT_SUITES, pair.public(), strict=True):
        header = strict_json.write({"alg": suite.name, "kid": key.kid, "typ": typ})
        protected = base64url_text(header)
        signature = pair.sign(suite, f"{protected}.{body}".encode("ascii"))
        signatures.append({"protected": protected, "signature": base64url_text(signature)})
    return strict_json.write({"payload": body, "signatures": signatures})


def take_apart(raw: bytes, typ: str) -> Statement:
    """Read a statement's form; says nothing yet on whether its signatures hold.

    Raises:
        PeerError: not a statement of this type in the exact form, with the reason.
    """
    if len(raw) > LARGEST_STATEMENT:
        raise PeerError(f"a statement of {len(raw)} bytes; the limit is {LARGEST_STATEMENT}")
    outer = strict_json.parse_object(raw)
    if set(outer) != {"payload", "signatures"}:
        raise PeerError("a statement has exactly a payload and signatures")
    if strict_json.write(outer) != raw:
        raise PeerError("a statement in a spelling that no writer makes")
    body, listed = outer["payload"], outer["signatures"]
    if not isinstance(body, str) or not isinstance(listed, list) or len(listed) != len(STATEMENT_SUITES):
        raise PeerError("a statement has one payload and exactly two signatures")
    payload = strict_json.parse_object(base64url_bytes(body))
    first, second = (
        _signature(entry, suite, typ, body) for suite, entry in zip(STATEMENT_SUITES, listed, strict=True)
    )
    return Statement(payload, (first, second))


def _signature(entry: object, suite: Suite, typ: str, body: str) -> Signature:
    if not isinstance(entry, dict) or set(entry) != {"protected", "signature"}:
        raise PeerError("a signature has exactly a protected header and a signature")
    protected, signature = entry["protected"], entry["signature"]
    if not isinstance(protected, str) or not isinstance(signature, str):
        raise PeerError("a protected header and a signature are texts")
    header = strict_json.parse_object(base64url_bytes(protected))
    if set(header) != {"alg", "kid", "typ"} or not isinstance(header["kid"], str):
        raise PeerError("a protected header has exactly alg, kid and typ")
    if header["alg"] != suite.name:
        raise PeerError(f"expected a signature with {suite.name}")
    if header["typ"] != typ:
        raise PeerError(f"a statement of type {str(header['typ'])[:60]!r}, not {typ!r}")
    raw = base64url_bytes(signature)
    if len(raw) != suite.signature_bytes:
        raise PeerError(f"a {suite.name} signature of {len(raw)} bytes, not {suite.signature_bytes}")
    return Signature(suite, header["kid"], raw, f"{protected}.{body}".encode("ascii", "replace"))

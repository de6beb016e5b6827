"""Bytes as text and back, with one spelling for each value.

Base64, base64url and hexadecimal as this protocol writes them. A reader refuses any other spelling of the
same bytes, so that no bit of a text can change without changing what it means. Source: RFC 4648 section
3.5 (canonical encoding).
"""

import base64
import binascii
import re

from comity.base.errors import PeerError

_HEX = re.compile(r"[0-9a-f]*")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def base64_text(raw: bytes) -> str:
    """RFC 4648 section 4, with padding."""
    return base64.b64encode(raw).decode("ascii")


def base64_bytes(text: str) -> bytes:
    """Bytes of an RFC 4648 section 4 text.

    Raises:
        PeerError: not base64, or not the one spelling of its bytes.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise PeerError("not base64") from problem
    if base64_text(raw) != text:
        raise PeerError("base64 in a spelling that no writer makes")
    return raw


def base64url_text(raw: bytes) -> str:
    """RFC 4648 section 5, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def base64url_bytes(text: str) -> bytes:
    """Bytes of an RFC 4648 section 5 text without padding.

    Raises:
        PeerError: not base64url, or not the one spelling of its bytes.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise PeerError("not base64url") from problem
    if base64url_text(raw) != text:
        raise PeerError("base64url in a spelling that no writer makes")
    return raw


def hex_bytes(text: object, length: int) -> bytes:
    """Bytes of lower-case hexadecimal text of a known length in bytes.

    Raises:
        PeerError: not text, of another length, or not lower-case hexadecimal.
    """
    if not isinstance(text, str) or len(text) != 2 * length or not _HEX.fullmatch(text):
        raise PeerError(f"not {length} bytes of lower-case hexadecimal")
    return bytes.fromhex(text)


def whole_number(text: str) -> int:
    """A decimal number without sign and without leading zero, as checkpoints write it.

    Raises:
        PeerError: any other spelling.
    """
    if not _DECIMAL.fullmatch(text):
        raise PeerError("not a decimal number as checkpoints write it")
    return int(text)


def in_groups(text: str, size: int = 4) -> str:
    """Text in groups, so that a person can read a digest aloud and compare it."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))

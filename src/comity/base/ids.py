"""Identifiers: UUIDv7 for rows, random pseudonyms for what other States see.

A row's key may tell when it was made (RFC 9562 section 5.7), so it never leaves the node. An exhibit's
pseudonym tells nothing: 128 random bits, derived from no content.
"""

import secrets
import time
from uuid import UUID


def row_key() -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | secrets.randbits(80)
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=number)


def pseudonym() -> str:
    """A fresh name for an exhibit: 32 hexadecimal digits, random."""
    return secrets.token_hex(16)


def salt(length: int = 32) -> bytes:
    """Fresh random bytes that keep a commitment from being guessed."""
    return secrets.token_bytes(length)

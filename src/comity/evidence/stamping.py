"""Asking a stamp authority for the time of a checkpoint (RFC 3161 over HTTP).

A stamp is worth having and never waited for: when the authority does not answer, the step stands without
one and the reason is told. What comes back is checked before it is kept.
"""

import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from comity.base.errors import PeerError, UserError, WorldError
from comity.evidence.verification import stamps

_LONGEST_WAIT_SECONDS = 10
_LARGEST_TOKEN = 1 << 20


@dataclass(frozen=True, slots=True)
class StampAuthority:
    """Where to ask, and the root certificates (PEM) under which its answers are believed."""

    url: str
    roots: bytes

    def stamp(self, message: bytes) -> tuple[bytes, datetime]:
        """A stamp of a message, checked, and its time.

        Raises:
            UserError: the address is not one that can be asked.
            WorldError: the authority did not answer, or not with a stamp of this message that holds.
        """
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise UserError(
                f"{self.url!r} is no address of a stamp authority", advice="It begins with https://."
            )
        request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
        asked = urllib.request.Request(  # noqa: S310 - the scheme was looked at above
            self.url,
            data=request.as_bytes(),
            headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
        )
        try:
            with urllib.request.urlopen(  # noqa: S310 - the same
                asked, timeout=_LONGEST_WAIT_SECONDS, context=_context(self.url)
            ) as answer:
                token = answer.read(_LARGEST_TOKEN)
            return token, stamps.judge(token, message, self.roots)
        except (OSError, urllib.error.URLError) as problem:
            raise WorldError(f"The stamp authority does not answer: {problem}") from problem
        except PeerError as problem:
            raise WorldError(f"The stamp authority's answer does not hold: {problem.what}") from problem


def _context(url: str) -> ssl.SSLContext | None:
    return ssl.create_default_context() if urlsplit(url).scheme == "https" else None

"""Asking a stamp authority for the time of a checkpoint (RFC 3161 over HTTP).

A stamp is worth having and never waited for long: when the authority does not answer in time, the step stands
without one and the reason is told. What comes back is checked before it is kept.
"""

import http.client
import ssl
import time
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from comity.base.errors import PeerError, UserError, WorldError
from comity.evidence.verification import stamps

_LONGEST_WAIT_SECONDS = 10
_LARGEST_TOKEN = 1 << 20


@dataclass(frozen=True, slots=True)
class StampAuthority:
    """Where to ask, and the root certificates (PEM) under which its answers are believed.

    Raises:
        UserError: not an address that can be asked, or no certificates.
    """

    url: str
    roots: bytes

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UserError(
                f"{self.url!r} is no address of a stamp authority",
                advice="It begins with https:// or http://.",
            )
        try:
            x509.load_pem_x509_certificates(self.roots)
        except ValueError as problem:
            raise UserError(
                "The roots of the stamp authority are not certificates",
                advice="Name its PEM file with --stamp-roots.",
            ) from problem

    def stamp(self, message: bytes) -> tuple[bytes, datetime]:
        """A stamp of a message, checked, and its time.

        Raises:
            WorldError: the authority did not answer in time, or not with a stamp of this message that holds.
        """
        request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
        asked = urllib.request.Request(  # noqa: S310 - the scheme was looked at when this was made
            self.url,
            data=request.as_bytes(),
            headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
        )
        context = ssl.create_default_context() if self.url.startswith("https") else None
        try:
            with urllib.request.urlopen(asked, timeout=_LONGEST_WAIT_SECONDS, context=context) as answer:  # noqa: S310 - the same
                token = _read(answer)
            return token, stamps.judge(token, message, self.roots)
        except (OSError, http.client.HTTPException) as problem:
            raise WorldError(f"The stamp authority does not answer: {problem}") from problem
        except PeerError as problem:
            raise WorldError(f"The stamp authority's answer does not hold: {problem.what}") from problem


def _read(answer: http.client.HTTPResponse) -> bytes:
    """The answer, as far as it comes in time; a slow authority does not hold the deed."""
    until, token = time.monotonic() + _LONGEST_WAIT_SECONDS, b""
    while part := answer.read1(_LARGEST_TOKEN):
        token += part
        if len(token) > _LARGEST_TOKEN or time.monotonic() > until:
            raise TimeoutError("its answer is too long or too slow")
    return token

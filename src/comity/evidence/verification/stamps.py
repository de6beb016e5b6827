"""RFC 3161 time stamps, judged at the time they state.

A certificate that has expired since does not spoil a stamp made while it was valid; that is what plain
``openssl ts -verify`` gets wrong. ``rfc3161-client`` checks the token; the roots come from trust material.
"""

import hashlib
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from comity.base.errors import PeerError

_GRANTED = 0  # RFC 3161 section 2.4.2; "granted with modifications" is not taken in this version


def judge(token: bytes, message: bytes, roots: bytes) -> datetime:
    """The time that a stamp gives a message; without roots only that it is a stamp of that message.

    Raises:
        PeerError: not a stamp, of another message, or not by an authority under these roots.
    """
    response = _read(token)
    facts = response.tst_info
    if facts.message_imprint.message != hashlib.sha256(message).digest():
        raise PeerError("the stamp is of another checkpoint")
    if roots:
        _check_authority(response, message, roots)
    moment = facts.gen_time
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read(token: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(token)
        if response.status != _GRANTED:
            raise PeerError("the stamp authority refused to stamp")
        response.tst_info.message_imprint.message  # noqa: B018 - decoding is lazy; a broken one fails here
    except (ValueError, TypeError) as problem:
        raise PeerError("not a time stamp response") from problem
    return response


def _check_authority(response: TimeStampResponse, message: bytes, roots: bytes) -> None:
    try:
        certificates = x509.load_pem_x509_certificates(roots)
    except ValueError as problem:
        raise PeerError("the stamp authorities of the trust material are not certificates") from problem
    builder = VerifierBuilder()
    for certificate in certificates:
        builder = builder.add_root_certificate(certificate)
    try:
        if not builder.build().verify_message(response, message):
            raise PeerError("the stamp is not by an authority that is trusted")
    except (VerificationError, ValueError) as problem:
        raise PeerError(
            f"the stamp is not by an authority that is trusted: {str(problem)[:100]}"
        ) from problem

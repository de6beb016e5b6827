"""A time-stamp authority for tests, on this machine alone (RFC 3161 over HTTP).

    python demo/stamper.py --roots FILE [--while-stdin-open]

Its keys are made when it starts and forgotten when it ends, and it stamps whatever it is asked to: nobody should
believe it outside a test. pyHanko's DummyTimeStamper makes the tokens. The first line printed is its address.
"""

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
LARGEST_QUERY = 1 << 16
KEY_BITS, EXPONENT = 3072, 65537
LIFETIME = timedelta(days=30)


def present() -> datetime:
    """The time of this machine in UTC, to the second."""
    return datetime.fromtimestamp(int(time.time()), tz=UTC)


class TestAuthority:
    """A root certificate, a stamping certificate under it, and the stamps made with that."""

    def __init__(self) -> None:
        root_key, self._key = (rsa.generate_private_key(EXPONENT, KEY_BITS) for _ in range(2))
        issuer = _name("Test root of time stamps, believed by nobody")
        root = _certificate(issuer, issuer, root_key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        root = root.add_extension(_usage(signs_certificates=True), critical=True)
        self.root = root.sign(root_key, hashes.SHA256())
        stamping = _certificate(_name("Test stamper"), issuer, self._key).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        stamping = stamping.add_extension(_usage(signs_certificates=False), critical=True).add_extension(
            x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
        self._stamping = stamping.add_extension(authority_key, critical=False).sign(root_key, hashes.SHA256())

    def answer(self, query: bytes) -> bytes:
        """The reply to a query, with the present time.

        Raises:
            ValueError: the query is not one.
        """
        asked = tsp.TimeStampReq.load(query, strict=True)  # type: ignore[no-untyped-call]
        certificate, root = (
            asn1_x509.Certificate.load(one.public_bytes(Encoding.DER))  # type: ignore[no-untyped-call]
            for one in (self._stamping, self.root)
        )
        raw_key = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(root)
        key = asn1_keys.PrivateKeyInfo.load(raw_key)  # type: ignore[no-untyped-call]
        stamper = DummyTimeStamper(certificate, key, store, fixed_dt=present())
        reply: bytes = stamper.request_tsa_response(asked).dump()  # type: ignore[no-untyped-call]
        return reply


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, words)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    begins = present() - timedelta(hours=1)
    plain = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    plain = plain.not_valid_before(begins).not_valid_after(begins + LIFETIME)
    return plain.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


class Desk(BaseHTTPRequestHandler):
    """Answers queries; ``authority`` is set by the server that owns it."""

    authority: TestAuthority

    def do_POST(self) -> None:
        """One query, one reply."""
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type") != QUERY or not length.isascii() or not length.isdigit():
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"POST {QUERY} with its length")
            return
        if int(length) > LARGEST_QUERY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        try:
            reply = self.authority.answer(self.rfile.read(int(length)))
        except (ValueError, TypeError, KeyError, RuntimeError):
            self.send_error(HTTPStatus.BAD_REQUEST, "not a time-stamp query")
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", REPLY)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing of single queries."""


def _end_with_input(server: ThreadingHTTPServer) -> None:
    """Waits for the end of standard input, which comes even when the other side was killed."""
    while sys.stdin.buffer.read(1):
        pass
    server.shutdown()


def main(words: Sequence[str] | None = None) -> int:
    """Make keys, write the root certificate, answer until ended."""
    parser = argparse.ArgumentParser(
        description="A time-stamp authority for tests; nobody should believe it."
    )
    parser.add_argument(
        "--roots", type=Path, metavar="FILE", required=True, help="where its root certificate goes"
    )
    parser.add_argument(
        "--while-stdin-open", action="store_true", help="end when whoever started it closes its input"
    )
    options = parser.parse_args(words)
    authority = TestAuthority()
    options.roots.write_bytes(authority.root.public_bytes(Encoding.PEM))
    desk = type("DeskOfAuthority", (Desk,), {"authority": authority})
    with ThreadingHTTPServer(("127.0.0.1", 0), desk) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
        print("This is a test authority: its stamps prove nothing outside this demonstration.", flush=True)
        if options.while_stdin_open:
            threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("The test authority has ended.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

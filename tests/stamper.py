"""A stamp authority of openssl: an independent maker of RFC 3161 stamps, behind a loopback address."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SETTINGS = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[stamping]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[authority]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class OpensslAuthority:
    """Keys and certificates of one authority, made by openssl, and how it answers."""

    folder: Path
    openssl: str
    spoil: bytes | None = None
    refuse: bool = False
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "settings").write_text(SETTINGS.format(folder=self.folder), encoding="ascii")
        (self.folder / "serial").write_text("01", encoding="ascii")
        key = ["-newkey", "rsa:2048", "-nodes", "-config", "settings"]
        self.run(
            "req",
            "-x509",
            *key,
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-days",
            "3650",
            "-subj",
            "/CN=Root",
            "-extensions",
            "ca",
        )
        self.run("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Stamps of Borealia")
        sign = [
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "settings",
            "-extensions",
            "stamping",
        ]
        self.run("x509", "-req", "-in", "tsa.csr", *sign, "-days", "2", "-out", "tsa.pem")

    @property
    def roots(self) -> bytes:
        """The root certificate."""
        return (self.folder / "ca.pem").read_bytes()

    def run(self, *words: str) -> None:
        """One openssl command in the authority's folder."""
        subprocess.run([self.openssl, *words], cwd=self.folder, check=True, capture_output=True)

    def answer(self, query: bytes) -> bytes:
        """A stamp for a query."""
        self.asked.append(query)
        (self.folder / "query").write_bytes(query)
        words = ["-config", "settings", "-section", "authority", "-signer", "tsa.pem", "-inkey", "tsa.key"]
        self.run("ts", "-reply", *words, "-queryfile", "query", "-out", "reply")
        return (self.folder / "reply").read_bytes()


@contextmanager
def serving(authority: OpensslAuthority) -> Iterator[str]:
    """The authority's address while it serves."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if authority.refuse:
                self.send_error(503)
                return
            reply = authority.answer(query) if authority.spoil is None else authority.spoil
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002, ANN401 - the library's own
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

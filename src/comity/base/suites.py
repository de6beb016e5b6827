"""The one table of signing suites: what may sign a statement, and how its key is named.

No primitive is ours: Ed25519 (RFC 8032) and ML-DSA-65 (FIPS 204, pure, empty context) come from
``cryptography``. Key names are RFC 7638 thumbprints; the ``AKP`` key type is RFC 9964's. A new suite is a
new row here and a two-year overlap, never a branch elsewhere.
"""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey

from comity.base import strict_json
from comity.base.errors import PeerError
from comity.base.spelling import base64url_bytes, base64url_text

PrivateKey = Ed25519PrivateKey | MLDSA65PrivateKey


@dataclass(frozen=True, slots=True)
class Suite:
    """One way to sign: its registered name, its sizes in bytes, and its key in a JWK."""

    name: str
    public_bytes: int
    signature_bytes: int
    jwk: Callable[[str], dict[str, str]]
    from_seed: Callable[[bytes], PrivateKey]
    check: Callable[[bytes, bytes, bytes], None]


def _check_ed25519(public: bytes, signature: bytes, message: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def _check_ml_dsa_65(public: bytes, signature: bytes, message: bytes) -> None:
    MLDSA65PublicKey.from_public_bytes(public).verify(signature, message)


ED25519 = Suite(
    "Ed25519",
    32,
    64,
    lambda public: {"crv": "Ed25519", "kty": "OKP", "x": public},
    Ed25519PrivateKey.from_private_bytes,
    _check_ed25519,
)
ML_DSA_65 = Suite(
    "ML-DSA-65",
    1952,
    3309,
    lambda public: {"alg": "ML-DSA-65", "kty": "AKP", "pub": public},
    MLDSA65PrivateKey.from_seed_bytes,
    _check_ml_dsa_65,
)

# A statement carries one signature of each, in this order, and both must hold.
STATEMENT_SUITES = (ED25519, ML_DSA_65)
SEED_BYTES = 32


@functools.lru_cache(maxsize=4096)
def _thumbprint(suite: Suite, raw: bytes) -> str:
    jwk = strict_json.write(suite.jwk(base64url_text(raw)))
    return base64url_text(hashlib.sha256(jwk).digest())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of one suite."""

    suite: Suite
    raw: bytes

    @property
    def kid(self) -> str:
        """The key's name: base64url of its RFC 7638 SHA-256 thumbprint."""
        return _thumbprint(self.suite, self.raw)

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature over the message was made with this key."""
        if len(signature) != self.suite.signature_bytes:
            return False
        try:
            self.suite.check(self.raw, signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def as_fields(self) -> dict[str, str]:
        """The key as trust material writes it."""
        return {"alg": self.suite.name, "kid": self.kid, "public": base64url_text(self.raw)}


@dataclass(frozen=True, slots=True)
class SigningPair:
    """The private keys with which one actor signs: one seed for each statement suite."""

    seeds: tuple[bytes, bytes]

    def public(self) -> tuple[PublicKey, PublicKey]:
        """The two public keys, in the order of the statement suites."""
        classical, lattice = (
            PublicKey(suite, suite.from_seed(seed).public_key().public_bytes_raw())
            for suite, seed in zip(STATEMENT_SUITES, self.seeds, strict=True)
        )
        return classical, lattice

    def sign(self, suite: Suite, message: bytes) -> bytes:
        """A signature of one of the two suites over a message."""
        seed = self.seeds[STATEMENT_SUITES.index(suite)]
        return suite.from_seed(seed).sign(message)


def read_public_key(fields: object, suite: Suite) -> PublicKey:
    """A public key as trust material writes it, its name recomputed.

    Raises:
        PeerError: another suite, another size, or a ``kid`` that is not the key's thumbprint.
    """
    if not isinstance(fields, dict) or fields.get("alg") != suite.name:
        raise PeerError(f"not a {suite.name} key")
    public = fields.get("public")
    key = PublicKey(suite, base64url_bytes(public) if isinstance(public, str) else b"")
    if len(key.raw) != suite.public_bytes:
        raise PeerError(f"a {suite.name} key of {len(key.raw)} bytes, not {suite.public_bytes}")
    if fields.get("kid") != key.kid:
        raise PeerError(f"a {suite.name} key whose kid is not its thumbprint")
    return key

"""Signers and keys as trust material writes them, and back (docs/protocol/evidence-package.md section 7)."""

from typing import Any

from comity.audit.wire import read_log_key, write_log_key
from comity.authorities.terms import KnownKeys, Signer
from comity.base import strict_json
from comity.base.actor import read_actor
from comity.base.clock import read_time, write_time
from comity.base.errors import PeerError
from comity.base.suites import STATEMENT_SUITES, read_public_key

VERSION = 1
CONVENIENCE_NOTE = "Keys as the maker of this package names them. A convenience, never trust."


def signer_fields(signer: Signer) -> dict[str, Any]:
    """One signer as documents write it."""
    return {
        **signer.actor.as_fields(),
        "from": write_time(signer.begins),
        "until": write_time(signer.until) if signer.until else None,
        "keys": [key.as_fields() for key in signer.keys],
    }


def read_signer(fields: object) -> Signer:
    """One signer as documents write it.

    Raises:
        PeerError: a field is missing, or a key's name is not its thumbprint.
    """
    actor = read_actor(fields)
    if not isinstance(fields, dict):
        raise PeerError("a signer is not an object")
    keys = fields.get("keys")
    if not isinstance(keys, list) or len(keys) != len(STATEMENT_SUITES):
        raise PeerError(f"signer {actor.name}: exactly one Ed25519 and one ML-DSA-65 key, in this order")
    first, second = (read_public_key(key, suite) for key, suite in zip(keys, STATEMENT_SUITES, strict=True))
    until = fields.get("until")
    return Signer(
        actor, (first, second), read_time(fields.get("from")), None if until is None else read_time(until)
    )


def write_signers(known: KnownKeys) -> bytes:
    """The file ``signers.json`` of a trust folder."""
    return strict_json.write({"v": VERSION, "signers": [signer_fields(one) for one in known.signers]})


def read_signers(raw: bytes) -> tuple[Signer, ...]:
    """The signers of ``signers.json``.

    Raises:
        PeerError: not in the form, or a key name stands twice.
    """
    fields = strict_json.parse_object(raw)
    listed = fields.get("signers")
    if type(fields.get("v")) is not int or fields["v"] != VERSION or not isinstance(listed, list):
        raise PeerError("signers of a version that this program does not know")
    signers = tuple(read_signer(one) for one in listed)
    names = [key.kid for signer in signers for key in signer.keys]
    if len(set(names)) != len(names):
        raise PeerError("a key is named twice")
    return signers


def write_package_keys(known: KnownKeys) -> bytes:
    """The file ``seal/keys.json`` of a package: the same, as a convenience."""
    return strict_json.write(
        {
            "v": VERSION,
            "note": CONVENIENCE_NOTE,
            "signers": [signer_fields(one) for one in known.signers],
            "logs": [write_log_key(key) for key in known.logs],
        }
    )


def read_package_keys(raw: bytes) -> KnownKeys:
    """The keys that a package's maker names.

    Raises:
        PeerError: not in the form.
    """
    signers = read_signers(raw)
    logs = strict_json.parse_object(raw).get("logs")
    if not isinstance(logs, list) or not all(isinstance(line, str) for line in logs):
        raise PeerError("the package's keys name no logs")
    return KnownKeys(signers, tuple(read_log_key(line) for line in logs))

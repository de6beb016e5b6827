"""The trust folder: what one reader trusts, on disk, apart from any package.

``signers.json``, ``log-policy`` and, where time stamps are used, ``stamp-authorities.pem``. It must come to
the reader by another way than the evidence; its fingerprint is short enough to be compared by telephone.
"""

import hashlib
import os
import stat
from pathlib import Path

from comity.audit.wire import read_policy, write_policy
from comity.authorities.terms import KnownKeys, TrustMaterial
from comity.authorities.wire import read_signers, write_signers
from comity.base.errors import PeerError, UserError
from comity.base.spelling import in_groups

SIGNERS = "signers.json"
POLICY = "log-policy"
STAMP_AUTHORITIES = "stamp-authorities.pem"
LARGEST_FILE = 64 << 20
_FINGERPRINT_DIGITS = 40


def read_trust(folder: Path) -> TrustMaterial:
    """What a trust folder says.

    Raises:
        UserError: there is no such folder, or it lacks a file.
        PeerError: a file in it is not in the form; nothing of it is used then.
    """
    if not folder.is_dir():
        raise UserError(
            f"There is no trust folder {folder}",
            advice="Get it from the authority that you trust; 'comity trust export DIR' makes one there.",
        )
    signers = read_signers(_read(folder / SIGNERS))
    try:
        logs = read_policy(_read(folder / POLICY).decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise PeerError(f"{POLICY} is not UTF-8") from problem
    stamps = folder / STAMP_AUTHORITIES
    roots = _read(stamps) if os.path.lexists(stamps) else b""
    if os.path.lexists(stamps) and b"-----BEGIN CERTIFICATE-----" not in roots:
        raise PeerError(f"{STAMP_AUTHORITIES} holds no certificate")
    return TrustMaterial(KnownKeys(signers, logs), roots)


def write_trust(folder: Path, trust: TrustMaterial) -> None:
    """Write a trust folder, with a page that says what it is.

    Raises:
        UserError: the folder holds something else already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    strangers = {entry.name for entry in folder.iterdir()} - {
        SIGNERS,
        POLICY,
        STAMP_AUTHORITIES,
        "README.txt",
    }
    if strangers:
        raise UserError(
            f"{folder} holds other files ({', '.join(sorted(strangers)[:3])})",
            advice="Name a folder that does not exist yet.",
        )
    for name in (SIGNERS, POLICY, STAMP_AUTHORITIES, "README.txt"):
        (folder / name).unlink(missing_ok=True)  # never written through a link, never left over
    (folder / SIGNERS).write_bytes(write_signers(trust.known))
    (folder / POLICY).write_text(write_policy(trust.known.logs), encoding="utf-8", newline="\n")
    if trust.stamp_authorities:
        (folder / STAMP_AUTHORITIES).write_bytes(trust.stamp_authorities)
    (folder / "README.txt").write_text(in_words(trust), encoding="utf-8", newline="\n")


def merge(first: TrustMaterial, second: TrustMaterial) -> TrustMaterial:
    """Two readers' trust as one; stamp authorities of both, each certificate file once.

    Raises:
        UserError: they say different things of one key or one log; neither may silently win.
    """
    for signer in second.known.signers:
        known = first.known.signer(signer.kid)
        if known is not None and known != signer:
            raise UserError(
                f"The folders differ about the key {signer.kid}: {known.actor.in_words()}, {signer.actor.in_words()}",
                advice="Ask its owner which is right, and leave the other out.",
            )
    for key in second.known.logs:
        known_log = first.known.log(key.name)
        if known_log is not None and known_log != key:
            raise UserError(
                f"The folders name two keys for the log {key.name}",
                advice="Ask the log's owner which is right, and leave the other out.",
            )
    stamps = first.stamp_authorities
    if second.stamp_authorities not in stamps:
        stamps += second.stamp_authorities
    return TrustMaterial(first.known.joined(second.known), stamps)


def fingerprint(trust: TrustMaterial) -> str:
    """Forty digits over all of it, in groups of four, for comparing by telephone."""
    parts = (write_signers(trust.known), write_policy(trust.known.logs).encode(), trust.stamp_authorities)
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    return in_groups(digest[:_FINGERPRINT_DIGITS])


def in_words(trust: TrustMaterial) -> str:
    """Whom the material trusts, for what, in sentences."""
    lines = [f"Trust material. Fingerprint {fingerprint(trust)}", ""]
    for signer in trust.known.signers:
        until = f"until {signer.until:%Y-%m-%d %H:%M}" if signer.until else "without an end"
        lines += [
            f"Signs custody steps: {signer.actor.in_words()},",
            f"    from {signer.begins:%Y-%m-%d %H:%M} UTC {until},",
            f"    with Ed25519 key {signer.keys[0].kid}",
            f"    and ML-DSA-65 key {signer.keys[1].kid}. A step needs both signatures.",
        ]
    lines += [f"Orders steps: the log {key.name}." for key in trust.known.logs]
    count = trust.stamp_authorities.count(b"-----BEGIN CERTIFICATE-----")
    if count:
        lines.append(f"Says the time: stamp authorities under {count} root certificate(s).")
    else:
        lines.append("Says the time: nobody. Stamps cannot be checked with this material.")
    lines += [
        "",
        "Nobody else is trusted for anything. Compare the fingerprint with its owner by another way.",
        "",
    ]
    return "\n".join(lines)


def _open_plain(path: Path) -> int:
    """An ordinary file, never through a link into a package, never waiting on a device."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not an ordinary file")
    return handle


def _read(path: Path) -> bytes:
    try:
        with os.fdopen(_open_plain(path), "rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as problem:
        raise UserError(
            f"The trust folder lacks {path.name} ({problem.strerror})",
            advice="Ask its owner for the whole folder again.",
        ) from problem
    if len(raw) > LARGEST_FILE:
        raise PeerError(f"{path.name} is larger than {LARGEST_FILE} bytes")
    return raw

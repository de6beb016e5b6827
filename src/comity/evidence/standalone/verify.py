"""Verifies a Comity evidence package (version 1) with nothing but Python and the `openssl` command.

    python3 -I verify.py PACKAGE --trust DIR [--json]

For whoever must judge evidence without trusting its sender: says of every part of the package whether it holds,
does not hold or cannot be checked here. It changes nothing and asks no network. "Section" below is one of the
format, docs/protocol/evidence-package.md. COMITY_OPENSSL may name another openssl than the one on the path.

It does not check that the acquisition was truthful, what the evidence means, or whether a later custody step is
being withheld: an older genuine package stays genuine. For that, ask the log.

Trust material (whose keys, which logs, which time-stamp authorities) must reach you by another way than the
package; a file of the package is never read as trust. A copy of this program found inside a package is only a
convenience: take the one you rely on from elsewhere.
"""

import argparse
import base64
import calendar
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import zip_longest
from pathlib import Path
from types import NoneType
from typing import Any, BinaryIO

HOLDS, FAILS, UNCHECKED = "holds", "does-not-hold", "cannot-be-checked"
VERDICTS = {
    0: ("verified", "trust material was given and every finding holds"),
    1: ("does-not-hold", "at least one finding above does not hold"),
    3: ("intact-signer-unknown", "nothing wrong was found, but without trust material nobody is identified"),
    4: ("holds-as-far-as-checked", "nothing wrong was found, but something above cannot be checked here"),
}
NO_TRUST = "no trust material given"
MALFORMED = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
CHUNK, DIGEST, KEY_ID, DEEPEST, LARGEST_NUMBER, LONGEST_NUMBER = 1 << 20, 32, 4, 16, 2**53 - 1, 19
SMALL_FILE, LARGE_FILE, LONGEST_LINE = 1 << 24, 1 << 32, 1 << 20
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
INFO, PAYLOAD, TAGS = "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
SEAL, ITEMS, CHUNKS, KEYS = "seal/seal.json", "seal/items.jsonl", "seal/chunks.bin", "seal/keys.json"
HANDOVER, STATEMENT = "handover.jws.json", "custody/{:04d}.jws.json"
PROOF, STAMP = "custody/{:04d}.tlog-proof", "custody/{:04d}.tsr"

# For each algorithm: the DER that stands before its public key, and the lengths of a key and of a signature.
ED25519, ML_DSA = "Ed25519", "ML-DSA-65"
ALGORITHMS = {
    ED25519: (bytes.fromhex("302a300506032b6570032100"), 32, 64),
    ML_DSA: (bytes.fromhex("308207b2300b0609608648016503040312038207a100"), 1952, 3309),
}
OLDEST_OPENSSL = {ED25519: (3, 0), ML_DSA: (3, 5)}

# What a value must be: of a type, text of a pattern, one of several, or an object with at least these keys.
Json = dict[str, Any]
ID, HASH, KID, B64U = "[0-9a-f]{32}", "[0-9a-f]{64}", "[A-Za-z0-9_-]{43}", "[A-Za-z0-9_-]*"
TIME, TEXT_OR_NULL = "[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z", (str, NoneType)
PERSON: Json = {"name": str, "role": str, "authority": str, "state": str}
SIGNED: Json = {"v": int, "exhibit": str, "by": PERSON, "time": TIME, "tool": {"name": str, "version": str}}
HANDED: Json = SIGNED | {"steps": int, "head": str, "tagmanifest": str}
STEP: Json = SIGNED | {"seq": int, "kind": str, "clock": str, "prev": str, "seal": str}
STEP |= dict.fromkeys(("purpose", "basis", "place", "device"), TEXT_OR_NULL)
STEP_KINDS: dict[str, Json] = {
    "seal": {"root": str, "count": int, "bytes": int},
    "offer": {"to": PERSON | {"kid": str}},
    "accept": {"offer": str, "root": str},
    "decline": {"offer": str, "why": str},
    "withdraw": {"offer": str, "why": str},
    "check": {"root": str},
    "export": {"for": str},
}
SEALED: Json = {"v": int, "exhibit": ID, "label": str, "chunk": int, "count": int, "bytes": int}
SEALED |= {"root": HASH, "sealed": TIME}
ITEM: Json = {"kind": str, "name": str, "salt": ID}
ITEM_KINDS: dict[str, Json] = {
    "file": {"path": "data/.+", "size": int, "sha256": HASH, "root": HASH, "modified": (TIME, NoneType)},
    "link": {"target": str},
    "folder": {},
    "special": {"what": str},
    "unreadable": {"why": str},
}
SIGNER: Json = PERSON | {"from": TIME, "until": (TIME, NoneType), "keys": list}
KEY: Json = {"alg": str, "kid": KID, "public": B64U}


class BrokenError(Exception):
    """Something does not hold: why, and where that can be said in which file and bytes [from, to)."""

    def __init__(self, why: str, file: str = "", span: tuple[int, int] | None = None) -> None:
        super().__init__(why)
        self.file, self.span = file, span


class UncheckedError(Exception):
    """Something cannot be checked here: why."""


def require(condition: object, why: str, file: str = "") -> None:
    """Goes on only when the condition is true."""
    if not condition:
        raise BrokenError(why, file)


def sha256(*parts: bytes) -> bytes:
    """The digest everything here rests on."""
    return hashlib.sha256(b"".join(parts)).digest()


def decimal(text: str) -> int:
    """A whole number without sign or leading zero."""
    require(
        len(text) <= LONGEST_NUMBER and re.fullmatch("0|[1-9][0-9]*", text), f"no plain number: {text[:40]!r}"
    )
    return int(text)


def b64(text: str) -> bytes:
    """Base64 with padding, in the one spelling a writer would produce."""
    raw = base64.b64decode(text, validate=True)
    require(base64.b64encode(raw).decode() == text, "base64 that no writer would spell so")
    return raw


def b64u(text: str) -> bytes:
    """Base64 for URLs without padding, likewise."""
    require(re.fullmatch(B64U, text), "a character that base64url does not have")
    return b64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))


def parse_json(raw: bytes) -> object:
    """JSON that all readers understand alike (section 2)."""

    def distinct(pairs: list[tuple[str, Any]]) -> Json:
        require(len(dict(pairs)) == len(pairs), "a key stands twice in one JSON object")
        return dict(pairs)

    def walk(value: object, depth: int) -> None:
        require(not isinstance(value, float), "JSON with a fraction, an exponent or no number at all")
        require(not isinstance(value, int) or abs(value) <= LARGEST_NUMBER, "JSON with too large a number")
        if isinstance(value, dict | list):
            require(depth < DEEPEST, f"JSON deeper than {DEEPEST}")
            for inner in value.values() if isinstance(value, dict) else value:
                walk(inner, depth + 1)

    value: object = json.loads(raw.decode(), object_pairs_hook=distinct)
    walk(value, 0)
    json.dumps(value, ensure_ascii=False).encode()  # refuses half a surrogate pair, which is no text
    return value


def fits(value: object, expected: object) -> bool:
    """Whether a value is what the table says."""
    if isinstance(expected, tuple):
        return any(fits(value, one) for one in expected)
    if isinstance(expected, str):
        matches = isinstance(value, str) and re.fullmatch(expected, value, re.DOTALL) is not None
        return matches and (expected != TIME or datetime.fromisoformat(str(value)).year > 0)
    return type(value) is expected and not (isinstance(value, int) and value < 0)


def fields(value: object, shape: Json, what: str) -> Json:
    """The object, when every expected key is there and as expected; further keys mean nothing."""
    if not isinstance(value, dict):
        raise BrokenError(f"{what} is not a JSON object")
    for key, expected in shape.items():
        require(key in value, f"{what} has no {key!r}")
        if isinstance(expected, dict):
            fields(value[key], expected, f"{key!r} of {what}")
        else:
            require(fits(value[key], expected), f"{key!r} of {what} is not what it must be")
    return value


def tree_hash(leaves: list[bytes]) -> str:
    """The Merkle tree hash of RFC 6962 section 2.1 over leaf hashes."""
    while len(leaves) > 1:
        pairs = (leaves[number : number + 2] for number in range(0, len(leaves), 2))
        leaves = [sha256(b"\1", *pair) if len(pair) > 1 else pair[0] for pair in pairs]
    return (leaves[0] if leaves else sha256()).hex()


def included_root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root to which an inclusion proof leads (RFC 9162 section 2.1.3.2)."""
    require(index < size, f"entry {index} lies outside a log of {size} entries")
    first, last, root = index, size - 1, leaf
    for sibling in path:
        require(last, "the inclusion path is too long")
        if first % 2 or first == last:
            root = sha256(b"\1", sibling, root)
            while first and not first % 2:
                first, last = first >> 1, last >> 1
        else:
            root = sha256(b"\1", root, sibling)
        first, last = first >> 1, last >> 1
    require(last == 0, "the inclusion path is too short")
    return root


class Folder:
    """The package as it lies on disk; opens only ordinary files found below ordinary folders."""

    def __init__(self, root: Path) -> None:
        self.root, self.sizes = os.fsencode(root) + b"/", dict[str, int]()
        self.strange: list[BrokenError] = []
        pending = [b""]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(self.root + folder) as entries:
                    found = [(folder + entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
            except OSError as fault:
                self.strange.append(
                    BrokenError(f"cannot be listed: {fault}", folder.decode(errors="replace"))
                )
                continue
            for path, status in found:
                name = path.decode(errors="replace")
                if stat.S_ISDIR(status.st_mode):
                    pending.append(path + b"/")
                elif stat.S_ISREG(status.st_mode) and name.encode() == path:
                    self.sizes[name] = status.st_size
                else:
                    self.strange.append(BrokenError("not an ordinary file, or its name is not UTF-8", name))

    def open(self, path: str, largest: float) -> BinaryIO:
        """Opens an ordinary file that is not absurdly large."""
        require(path in self.sizes, "missing, or not an ordinary file", path)
        flags = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
        stream = os.fdopen(os.open(self.root + path.encode(), flags), "rb")
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
            stream.close()
            raise BrokenError(f"not an ordinary file of at most {largest} bytes", path)
        return stream

    def read(self, path: str) -> bytes:
        """A whole small file."""
        with self.open(path, SMALL_FILE) as stream:
            return stream.read(SMALL_FILE)

    def digest(self, path: str) -> str:
        """The SHA-256 of a file, read piece by piece."""
        with self.open(path, LARGE_FILE) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a file without their LF; the last must have one too."""
        with self.open(path, LARGE_FILE) as stream:
            while line := stream.readline(LONGEST_LINE):
                require(line.endswith(b"\n"), "a line without end, or absurdly long", path)
                yield line[:-1]

    def manifest(self, name: str) -> dict[str, str]:
        """Paths and digests of a BagIt manifest, sorted by path, no path twice."""
        named: dict[str, str] = {}
        last = b""
        for line in self.lines(name):
            digest, path = line[:66].decode(), line[66:].decode()
            require(
                re.fullmatch(HASH + "  ", digest) and path.encode() > last,
                f"malformed or unsorted: {path!r}",
                name,
            )
            require(
                not re.search(r"[\\%\x00-\x1f\x7f-\x9f]", path), f"a character not allowed: {path!r}", name
            )
            require(not {"", ".", ".."} & set(path.split("/")), f"not a plain relative path: {path!r}", name)
            last, named[path] = path.encode(), digest[:64]
        return named


class OpenSSL:
    """The `openssl` command: it sees only bytes, under fixed names in a private folder."""

    def __init__(self) -> None:
        self.command = shutil.which(os.environ.get("COMITY_OPENSSL") or "openssl")
        self.name = "openssl is missing"
        with contextlib.suppress(UncheckedError):
            self.name = self.run("version", {})[1].strip()[:80]
        number = re.match(r"OpenSSL (\d+)\.(\d+)", self.name)
        self.version = (int(number[1]), int(number[2])) if number else (0, 0)

    def run(self, arguments: str, files: dict[str, bytes]) -> tuple[int, str]:
        """The exit code and everything printed."""
        if self.command is None:
            raise UncheckedError("openssl is missing on this machine")
        command = [str(Path(self.command).absolute()), *arguments.split()]
        try:
            with tempfile.TemporaryDirectory() as folder:
                for name, content in files.items():
                    (Path(folder) / name).write_bytes(content)
                ran = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise UncheckedError(f"openssl could not be run: {fault}") from fault
        return ran.returncode, (ran.stdout + b"\n" + ran.stderr).decode(errors="replace")

    def check_signature(self, algorithm: str, key: bytes, message: bytes, signature: bytes) -> None:
        """Passes when the signature over the message is the key's."""
        if self.version < OLDEST_OPENSSL[algorithm]:
            wanted = "{} needs {}.{}".format(algorithm.removesuffix("-65"), *OLDEST_OPENSSL[algorithm])
            raise UncheckedError(f"this openssl is {self.name.removeprefix('OpenSSL ')}; {wanted}")
        arguments = "pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in message -sigfile signature"
        files = {"key": ALGORITHMS[algorithm][0] + key, "message": message, "signature": signature}
        code, printed = self.run(arguments, files)
        require(
            "Signature Verification Failure" not in printed,
            "the signature is not this key's over these bytes",
        )
        if code != 0:  # openssl gave up before it came to judge the signature
            raise UncheckedError(f"openssl cannot check {algorithm}: {printed.strip()[:200]}")

    def stamped_time(self, response: bytes) -> int:
        """The time a time-stamp response names, in seconds since 1970."""
        _, printed = self.run("ts -reply -text -in response", {"response": response})
        # Text printed before it is not signed and could imitate this line, so it must stand there once only.
        times = re.findall(r"Time stamp: (\w{3} +\d+ [\d:]{8})(?:\.\d+)?( \d{4}) GMT", printed)
        require(len(times) == 1, "the time stamp cannot be read, or names no single time")
        return calendar.timegm(time.strptime("".join(times[0]), "%b %d %H:%M:%S %Y"))

    def check_stamp(self, response: bytes, stamped: bytes, authorities: bytes, at: int) -> None:
        """Passes when one of the authorities stamped these bytes, certificates judged at that time."""
        arguments = f"ts -verify -attime {at} -data stamped -in response -CAfile authorities"
        files = {"response": response, "stamped": stamped, "authorities": authorities}
        code, printed = self.run(arguments, files)
        require(
            code == 0 and "Verification: OK" in printed,
            "not a stamp of these authorities over this checkpoint",
        )


@dataclass
class Trust:
    """Whose keys count (section 7): by the reader's own folder, or else merely by the package's word."""

    source: str
    given: bool = False
    authorities: bytes = b""
    signers: dict[str, Json] = field(default_factory=dict)  # by kid
    keys: dict[tuple[str, str], bytes] = field(default_factory=dict)  # by algorithm and kid
    logs: dict[tuple[str, str], bytes] = field(default_factory=dict)  # by name and key id

    def add(self, signers: Json, logs: Iterable[str]) -> None:
        """Takes signers, each with exactly its two keys, and logs."""
        require(fields(signers, {"v": int, "signers": list}, "signers.json")["v"] == 1, "not of version 1")
        for signer in signers["signers"]:
            keys = [fields(key, KEY, "a key") for key in fields(signer, SIGNER, "a signer")["keys"]]
            require(
                [key["alg"] for key in keys] == list(ALGORITHMS), "a signer must have its two keys, in order"
            )
            for key in keys:
                algorithm, kid, public = key["alg"], key["kid"], key["public"]
                members = {"alg": algorithm, "kty": "AKP", "pub": public}
                if algorithm == ED25519:
                    members = {"crv": algorithm, "kty": "OKP", "x": public}
                thumbprint = sha256(json.dumps(members, separators=(",", ":")).encode())
                require(len(b64u(public)) == ALGORITHMS[algorithm][1], f"the key {kid} has the wrong length")
                require(b64u(kid) == thumbprint, f"the kid {kid} is not the thumbprint of its key")
                require(kid not in self.signers, f"the kid {kid} stands twice")
                self.signers[kid], self.keys[algorithm, kid] = signer, b64u(public)
        for vkey in logs:
            name, key_id, key = vkey.split("+", 2)
            require(
                name and not re.search(r"\s", name) and len(b64(key)) == DIGEST + 1, f"not a log: {vkey!r}"
            )
            require(b64(key)[:1] == b"\1", f"the key of the log {name!r} is not for Ed25519")
            require(
                sha256(name.encode(), b"\n", b64(key))[:KEY_ID].hex() == key_id, f"wrong key id: {vkey!r}"
            )
            self.logs[name, key_id] = b64(key)[1:]


def trust_from_reader(folder: Path) -> Trust:
    """The trust material the reader brings; raises when any of it is unusable."""
    logs = []
    for line in (folder / "log-policy").read_text(encoding="utf-8").split("\n"):
        words = line.split()
        if words[:1] == ["log"] and len(words) == len(["log", "vkey"]):
            logs.append(words[1])
        else:
            known = not words or words[0].startswith("#") or words == ["quorum", "none"]
            require(known, f"this verifier does not know the line {line!r} of log-policy")
    authorities = folder / "stamp-authorities.pem"
    trust = Trust(
        "the trust material",
        given=True,
        authorities=authorities.read_bytes() if authorities.exists() else b"",
    )
    certificate = b"-----BEGIN CERTIFICATE-----" in trust.authorities
    require(certificate or not authorities.exists(), "stamp-authorities.pem has no certificate")
    trust.add(fields(parse_json((folder / "signers.json").read_bytes()), {}, "signers.json"), logs)
    return trust


def trust_from_package(folder: Folder) -> Trust:
    """The public keys as the package names them; enough to see damage, never to know a signer."""
    trust = Trust(KEYS)
    try:
        content = fields(parse_json(folder.read(KEYS)), {"logs": list}, KEYS)
        trust.add(content, content["logs"])
    except (BrokenError, *MALFORMED) as fault:
        return Trust(f"{KEYS} ({fault})")
    return trust


@dataclass(frozen=True)
class Statement:
    """A signed statement that is in form: what it says, and for each algorithm the kid, bytes and signature."""

    file: str
    digest: str
    content: Json
    signatures: dict[str, tuple[str, bytes, bytes]]

    @property
    def signer(self) -> str:
        """The Ed25519 kid, by which custody knows who acts."""
        return self.signatures[ED25519][0]


def read_statement(folder: Folder, file: str, typ: str, shape: Json) -> Statement:
    """A statement as section 4 spells it; its signatures are not checked here."""
    raw = folder.read(file)
    outer = fields(parse_json(raw), {"payload": B64U, "signatures": list}, "the statement")
    both = len(outer["signatures"]) == len(ALGORITHMS)
    require(outer.keys() == {"payload", "signatures"} and both, "not exactly a payload and two signatures")
    signatures = {}
    for algorithm, entry in zip(ALGORITHMS, outer["signatures"], strict=True):
        fields(entry, {"protected": B64U, "signature": B64U}, f"the {algorithm} signature")
        header = fields(parse_json(b64u(entry["protected"])), {"kid": KID}, f"the {algorithm} header")
        b64u(header["kid"])
        require(entry.keys() == {"protected", "signature"}, f"the {algorithm} signature has further keys")
        require(
            header == {"alg": algorithm, "kid": header["kid"], "typ": typ},
            f"the {algorithm} header is not {typ}'s",
        )
        message = f"{entry['protected']}.{outer['payload']}".encode()
        signatures[algorithm] = (header["kid"], message, b64u(entry["signature"]))
    content = fields(parse_json(b64u(outer["payload"])), shape, "the payload")
    require(content["v"] == 1, "not of version 1")
    fields(content, STEP_KINDS.get(content.get("kind", ""), {}), "the payload")
    return Statement(file, sha256(raw).hex(), content, signatures)


def read_proof(raw: bytes) -> tuple[bytes, int, list[bytes], bytes]:
    """Salt, index, inclusion path and checkpoint of a C2SP tlog-proof."""
    head, _, checkpoint = raw.partition(b"\n\n")
    kind, extra, index, *path = head.decode().split("\n")
    require(kind == "c2sp.org/tlog-proof@v1", "not a tlog-proof of version 1")
    require(extra.startswith("extra ") and index.startswith("index "), "no salt or no index")
    salt, hashes = b64(extra.removeprefix("extra ")), [b64(line) for line in path]
    require({len(salt), *map(len, hashes)} == {DIGEST}, "a salt or hash that is not 32 bytes long")
    return salt, decimal(index.removeprefix("index ")), hashes, checkpoint


class Examination:
    """Asks every question of section 8 of one package and keeps the findings."""

    def __init__(self, folder: Folder, trust: Trust, openssl: OpenSSL) -> None:
        self.folder, self.trust, self.openssl = folder, trust, openssl
        self.findings: list[Json] = []
        self.seal: Json = {}
        self.items: list[tuple[Json, int]] = []  # each file with the number of its first chunk
        self.steps: dict[int, Statement] = {}
        self.remarks: dict[int, str] = {}  # for each step, where it stands in a log and when it was stamped
        self.leaf: str | None = ""  # hash of the last step's log leaf, None when it cannot be computed
        self.unread = ""  # says which step cannot be read
        self.lost = ""  # says why the holder is not known any more
        self.holder: str | None = None
        self.offer: Statement | None = None

    def judge(
        self, part: str, check: str, question: Callable[[], Iterable[BrokenError] | None], file: str
    ) -> bool:
        """Asks one question and keeps the answer; whatever is wrong, the next question can still be asked."""
        faults: list[BrokenError] = []
        try:
            faults.extend(question() or ())
        except UncheckedError as gap:
            self.findings.append({"part": part, "check": check, "result": UNCHECKED, "why": str(gap)})
            return False
        except BrokenError as fault:
            faults.append(fault)
        except MALFORMED as fault:
            faults.append(BrokenError(f"malformed: {fault}"))
        for fault in faults:
            finding = {
                "part": part,
                "check": check,
                "result": FAILS,
                "why": str(fault),
                "file": fault.file or file,
            }
            self.findings.append(finding | ({"bytes": list(fault.span)} if fault.span else {}))
        if not faults:
            self.findings.append({"part": part, "check": check, "result": HOLDS})
        return not faults

    def examine(self) -> None:
        """Reads the whole package once."""
        self.judge("package", "layout", self.check_layout, "")
        self.judge("seal", "content", self.check_seal, SEAL)
        if not self.seal:
            self.unread = self.lost = f"{SEAL} cannot be read"
        for item, first in self.items:
            self.judge(f"item {item['path']}", "digest", partial(self.check_item, item, first), item["path"])
        for number in range(self.count_steps()):
            self.examine_step(number)
        self.examine_handover()

    def count_steps(self) -> int:
        """How many statements there are, or would be without gaps; there is always a first."""
        numbers = [path for path in self.folder.sizes if re.fullmatch(r"custody/[0-9]{4}\.jws\.json", path)]
        return 1 + max((int(path[8:12]) for path in numbers), default=0)

    def check_layout(self) -> Iterator[BrokenError]:
        """Section 1: the manifests against the disk and against each other, and every tag file's digest."""
        folder = self.folder
        yield from folder.strange
        count = self.count_steps()
        wanted = {form.format(number) for form in (STATEMENT, PROOF) for number in range(count)}
        for path in sorted({SEAL, ITEMS, CHUNKS, KEYS, HANDOVER, *wanted} - folder.sizes.keys()):
            yield BrokenError("missing", path)
        wanted |= {STAMP.format(number) for number in range(count)}
        for path in sorted(folder.sizes.keys() - wanted):
            if path.startswith("custody/"):
                yield BrokenError("does not belong into custody/", path)
        payload, tags = folder.manifest(PAYLOAD), folder.manifest(TAGS)
        named = {TAGS, HANDOVER, *payload, *tags}
        for path in sorted(named ^ folder.sizes.keys()):
            yield BrokenError(
                "named in a manifest, but not there" if path in named else "in no manifest", path
            )
        yield from self.check_manifests(payload, tags)
        require(folder.read("bagit.txt") == BAGIT, "not as BagIt 1.0 demands", "bagit.txt")
        lines = [line.partition(": ")[::2] for line in folder.read(INFO).decode().split("\n")]
        sizes = [size for path, size in folder.sizes.items() if path.startswith("data/")]
        for label, pattern in (
            ("Bagging-Date", "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
            ("Payload-Oxum", rf"{sum(sizes)}\.{len(sizes)}"),
            ("Comity-Package", "1"),
        ):
            values = [value for name, value in lines if name == label]
            require(
                len(values) == 1 and re.fullmatch(pattern, values[0]), f"{label} is not what it must be", INFO
            )

    def check_manifests(self, payload: dict[str, str], tags: dict[str, str]) -> Iterator[BrokenError]:
        """The names in the manifests, and the digests of all but the payload, which is read with the items."""
        alike: dict[str, str] = {}
        for path in payload:
            if not path.startswith("data/"):
                yield BrokenError(f"does not belong into {PAYLOAD}", path)
            other = alike.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if other != path:
                yield BrokenError(f"a name too like {other!r}", path)
        for path, digest in tags.items():
            if path.startswith("data/") or path in (TAGS, HANDOVER):
                yield BrokenError(f"does not belong into {TAGS}", path)
            elif path in self.folder.sizes and self.folder.digest(path) != digest:
                yield BrokenError(f"its SHA-256 is not the one in {TAGS}", path)

    def check_seal(self) -> None:
        """Section 3: seal.json against items.jsonl, chunks.bin and the payload manifest."""
        seal = fields(parse_json(self.folder.read(SEAL)), SEALED, SEAL)
        require((seal["v"], seal["chunk"]) == (1, CHUNK), "not of version 1, or not in chunks of 1 MiB")
        self.seal = seal
        leaves, chunks = [], 0
        for line in self.folder.lines(ITEMS):
            leaves.append(sha256(b"\0", line))
            item = fields(parse_json(line), ITEM, f"item {len(leaves)}")
            fields(item, ITEM_KINDS[item["kind"]], f"item {len(leaves)}")
            if "name_bytes" in item:
                b64(item["name_bytes"])
            if item["kind"] == "file":
                self.items.append((item, chunks))
                chunks += -(-item["size"] // CHUNK)
        require(len(leaves) == seal["count"], "not as many items as sealed", ITEMS)
        require(tree_hash(leaves) == seal["root"], "the items do not lead to the sealed root", ITEMS)
        require(
            sum(item["size"] for item, _ in self.items) == seal["bytes"], "not as many bytes as sealed", ITEMS
        )
        require(
            self.folder.sizes.get(CHUNKS) == DIGEST * chunks, "not as many chunk digests as sealed", CHUNKS
        )
        for item, first in self.items:
            root = tree_hash(self.sealed_chunks(item, first))
            require(
                root == item["root"], f"the chunk digests of {item['path']!r} do not lead to its root", CHUNKS
            )
        listed = {item["path"]: item["sha256"] for item, _ in self.items}
        same = len(listed) == len(self.items) and listed == self.folder.manifest(PAYLOAD)
        require(same, f"the items and {PAYLOAD} do not list the same files", PAYLOAD)

    def sealed_chunks(self, item: Json, first: int) -> list[bytes]:
        """The chunk digests that chunks.bin holds for a file, as far as it goes."""
        count = min(-(-item["size"] // CHUNK), self.folder.sizes.get(CHUNKS, 0) // DIGEST - first)
        if count <= 0:
            return []
        with self.folder.open(CHUNKS, LARGE_FILE) as stream:
            stream.seek(first * DIGEST)
            return [stream.read(DIGEST) for _ in range(count)]

    def check_item(self, item: Json, first: int) -> Iterator[BrokenError]:
        """Size, SHA-256 and chunk root of a file in one reading; names the bytes that differ where it can."""
        found, whole, size = [], hashlib.sha256(), 0
        with self.folder.open(item["path"], float("inf")) as stream:
            while block := stream.read(CHUNK):
                size += len(block)
                whole.update(block)
                found.append(sha256(b"\0", block))
        if (size, whole.hexdigest(), tree_hash(found)) == (item["size"], item["sha256"], item["root"]):
            return
        why = "not the sealed bytes" + (
            f": {size} bytes, sealed were {item['size']}" if size != item["size"] else ""
        )
        sealed, spans = self.sealed_chunks(item, first), list[tuple[int, int]]()
        for number, (one, other) in enumerate(zip_longest(found, sealed)):
            if one != other:
                start, end = number * CHUNK, min((number + 1) * CHUNK, max(size, item["size"]))
                spans.append((spans.pop()[0] if spans and spans[-1][1] == start else start, end))
        known = tree_hash(sealed) == item["root"] and spans
        yield from [BrokenError(why, item["path"], span) for span in (spans if known else [None])]

    def examine_step(self, number: int) -> None:
        """All checks of one custody step."""
        part, file = f"step {number}", STATEMENT.format(number)
        previous, self.leaf = self.leaf, None
        with contextlib.suppress(BrokenError, *MALFORMED):
            self.leaf = self.next_leaf(number, previous)

        def form() -> None:
            self.steps[number] = read_statement(self.folder, file, "comity-custody+jws", STEP)

        if not self.judge(part, "form", form, file):
            self.unread = self.unread or f"{part} cannot be read"
            self.lost = self.lost or self.unread
            return
        step = self.steps[number]
        self.judge(part, "order", partial(self.check_order, number, step), file)
        self.examine_signatures(part, step)
        self.judge(part, "signer", partial(self.check_signer, step), file)
        self.judge(part, "custody", partial(self.check_custody, number, step), file)
        self.judge(part, "log", partial(self.check_log, number), PROOF.format(number))
        if STAMP.format(number) in self.folder.sizes:
            self.judge(part, "stamp", partial(self.check_stamp, number), STAMP.format(number))

    def examine_signatures(self, part: str, statement: Statement) -> None:
        """Both signatures, each for itself."""
        for algorithm in ALGORITHMS:
            question = partial(self.check_signature, algorithm, *statement.signatures[algorithm])
            self.judge(part, f"signature-{algorithm.lower()}", question, statement.file)

    def check_signature(self, algorithm: str, kid: str, message: bytes, signature: bytes) -> None:
        """One signature under the key its kid names."""
        require(
            len(signature) == ALGORITHMS[algorithm][2],
            f"no {algorithm} signature is {len(signature)} bytes long",
        )
        if (algorithm, kid) not in self.trust.keys:
            missing = f"{self.trust.source} has no {algorithm} key {kid}"
            raise UncheckedError(missing) if self.trust.given else BrokenError(missing)
        self.openssl.check_signature(algorithm, self.trust.keys[algorithm, kid], message, signature)

    def check_signer(self, statement: Statement) -> None:
        """Whether both kids, the claimed quality and the claimed time are those of one known signer."""
        kids = [(algorithm, statement.signatures[algorithm][0]) for algorithm in ALGORITHMS]
        signers = [self.trust.signers[kid] for algorithm, kid in kids if (algorithm, kid) in self.trust.keys]
        require(len(signers) == len(kids), f"{self.trust.source} names no such signer")
        signer, claimed = signers[0], statement.content
        require(signer is signers[1], "the two keys belong to different signers")
        require(
            all(claimed["by"][key] == signer[key] for key in PERSON),
            "the signer claims another name or quality",
        )
        ends = signer["until"] or claimed["time"]
        require(
            signer["from"] <= claimed["time"] <= ends,
            "the claimed time lies outside the time of the signer's keys",
        )
        if not self.trust.given:
            raise UncheckedError(NO_TRUST)

    def check_order(self, number: int, step: Statement) -> None:
        """Whether a step stands where it says, in this exhibit's history."""
        if self.unread:
            raise UncheckedError(self.unread)
        previous = self.steps[number - 1].digest if number else ""
        require(step.content["seq"] == number, "its number is not that of its file")
        require(step.content["prev"] == previous, "it does not follow the step before it")
        require(step.content["seal"] == self.folder.digest(SEAL), "it belongs to another seal")
        require(step.content["exhibit"] == self.seal["exhibit"], "it belongs to another exhibit")

    def check_custody(self, number: int, step: Statement) -> None:
        """Whether the signer may do this now (section 4); if so, who holds the exhibit from then on."""
        kind = step.content["kind"]
        if kind not in STEP_KINDS:
            self.lost = self.lost or f"the kind {kind!r} of step {number} is not known to this verifier"
        if self.lost:
            raise UncheckedError(self.lost)
        if number == 0:
            self.lost = "step 0 is no valid seal"
            require(kind == "seal", "the first step must be the seal")
        self.check_permission(number, step)
        for key in ("root", "count", "bytes"):
            same = step.content.get(key) == self.seal[key]
            require(key not in STEP_KINDS[kind] or same, f"its {key} is not the sealed one")
        self.lost = ""
        if kind in ("seal", "accept"):
            self.holder = step.signer
        if kind != "check":
            self.offer = step if kind == "offer" else None

    def check_permission(self, number: int, step: Statement) -> None:
        """Whether the kind of step is allowed to this key in this state of things."""
        kind, offer = step.content["kind"], self.offer
        require((kind == "seal") == (number == 0), "an exhibit is sealed once only")
        if kind in ("accept", "decline"):
            receiver = offer.content["to"]["kid"] if offer else None
            require(step.signer == receiver, "not by the key to which the exhibit is on offer")
        elif kind != "seal":
            require(step.signer == self.holder, "not by the holder")
        if "offer" in STEP_KINDS[kind]:
            require(offer and step.content["offer"] == offer.digest, "it answers no open offer")
        require(kind not in ("offer", "export") or offer is None, "the exhibit is already on offer")

    def next_leaf(self, number: int, previous: str | None) -> str | None:
        """The hash of the leaf that a log must hold for this step (section 5)."""
        if previous is None or not self.seal:
            return None
        salt, *_ = read_proof(self.folder.read(PROOF.format(number)))
        commitment = sha256(salt, self.folder.read(STATEMENT.format(number))).hex()
        leaf = {"c": commitment, "i": self.seal["exhibit"], "n": number, "p": previous, "v": 1}
        return sha256(b"\0", json.dumps(leaf, separators=(",", ":")).encode()).hex()

    def check_log(self, number: int) -> None:
        """Leaf, inclusion and the log's signature over the checkpoint."""
        _, index, path, checkpoint = read_proof(self.folder.read(PROOF.format(number)))
        body, gap, notes = checkpoint.decode().partition("\n\n")
        origin, size, root = body.split("\n")
        require(gap and notes.endswith("\n"), "the checkpoint is not a signed note")
        signatures = []
        for line in notes.removesuffix("\n").split("\n"):
            dash, name, signature = line.split(" ")
            require(dash == "\u2014" and name and len(b64(signature)) > KEY_ID, "a malformed signature line")
            signatures.append((name, b64(signature)[:KEY_ID].hex(), b64(signature)[KEY_ID:]))
        require(
            any(name == origin for name, _ in self.trust.logs), f"{self.trust.source} names no log {origin!r}"
        )
        own = [found for found in signatures if found[0] == origin and found[:2] in self.trust.logs]
        require(len(own) == 1, "not exactly one signature line is the log's own")
        if self.leaf is None:
            raise UncheckedError(
                "the leaf cannot be computed, as the seal or an earlier proof cannot be read"
            )
        reached = included_root(bytes.fromhex(self.leaf), index, decimal(size), path)
        require(reached == b64(root), "the inclusion proof does not lead to the checkpoint's root")
        self.remarks[number] = f"entry {index} of {size} in the log {origin}"
        (key,) = (self.trust.logs[found[:2]] for found in own)
        self.openssl.check_signature(ED25519, key, f"{body}\n".encode(), own[0][2])
        if not self.trust.given:
            raise UncheckedError(NO_TRUST)

    def check_stamp(self, number: int) -> None:
        """Whether an authority stamped the checkpoint."""
        response = self.folder.read(STAMP.format(number))
        checkpoint = self.folder.read(PROOF.format(number)).partition(b"\n\n")[2]
        require(sha256(checkpoint) in response, "the stamp is not over this checkpoint")
        at = self.openssl.stamped_time(response)
        self.remarks[number] += time.strftime("; its checkpoint stamped %Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        if not self.trust.authorities:
            raise UncheckedError(
                "the trust material names no time-stamp authority" if self.trust.given else NO_TRUST
            )
        self.openssl.check_stamp(response, checkpoint, self.trust.authorities, at)

    def examine_handover(self) -> None:
        """The handover statement (section 6)."""
        statements: list[Statement] = []

        def form() -> None:
            statements.append(read_statement(self.folder, HANDOVER, "comity-handover+jws", HANDED))

        if self.judge("handover", "form", form, HANDOVER):
            self.judge("handover", "content", partial(self.check_handover, statements[0].content), HANDOVER)
            self.examine_signatures("handover", statements[0])
            self.judge("handover", "signer", partial(self.check_handing_over, statements[0]), HANDOVER)

    def check_handover(self, content: Json) -> None:
        """Whether it hands over this package."""
        count = self.count_steps()
        require(content["steps"] == count, f"it hands over {content['steps']} steps, not {count}")
        require(
            content["head"] == self.folder.digest(STATEMENT.format(count - 1)), "it names another last step"
        )
        require(content["tagmanifest"] == self.folder.digest(TAGS), f"it names another {TAGS}")
        if not self.seal:
            raise UncheckedError(self.unread)
        require(content["exhibit"] == self.seal["exhibit"], "it hands over another exhibit")

    def check_handing_over(self, statement: Statement) -> None:
        """Whether the holder hands over."""
        require(self.lost or statement.signer == self.holder, "not by the holder")
        self.check_signer(statement)
        if self.lost:
            raise UncheckedError(self.lost)

    def verdict(self) -> int:
        """The exit code of section 8."""
        results = {finding["result"] for finding in self.findings}
        if FAILS in results:
            return 1
        if not self.trust.given:
            return 3
        return 4 if UNCHECKED in results else 0

    def as_json(self) -> Json:
        """The object of section 8."""
        code = self.verdict()
        exhibit, holder = self.seal.get("exhibit"), None if self.lost else self.holder
        known = {"v": 1, "verdict": VERDICTS[code][0], "exit": code, "exhibit": exhibit, "holder": holder}
        return known | {"findings": self.findings}

    def tell_findings(self) -> Iterator[str]:
        """One line for what holds of each part, one for each thing that does not."""
        rows: dict[tuple[str, str, str], list[str]] = {}
        for finding in self.findings:
            held = finding["result"] == HOLDS
            part = "items" if held and finding["part"].startswith("item ") else finding["part"]
            remark = "" if held else f": {finding['why']}"
            if finding["result"] == FAILS:
                remark += f" [{finding['file']}" if finding["file"] else ""
                remark += ", bytes {} to {}]".format(*finding["bytes"]) if "bytes" in finding else "]"
            rows.setdefault((part, finding["result"], remark), []).append(finding["check"])
        for (part, result, remark), checks in rows.items():
            listed = f"digests of {len(checks)} files" if part == "items" else ", ".join(checks)
            yield f"{part:<12} {result:<17}  {listed}{remark}"

    def tell_custody(self) -> Iterator[str]:
        """The custody steps in words, as their signers state them."""
        for number, step in self.steps.items():
            content = step.content
            yield f"{number:4}  {content['kind']} by {person(content['by'])}, claimed {content['time']} ({content['clock']})"
            if content["kind"] == "offer":
                yield f"      to: {person(content['to'])}"
            for key in ("for", "why", "purpose", "basis", "place", "device"):
                if key in content:
                    yield f"      {key}: {'not stated' if content[key] is None else content[key]}"
            yield f"      log: {self.remarks.get(number, 'no entry that could be read')}"

    def tell(self) -> Iterator[str]:
        """The report a judge can follow."""
        trust, code = self.trust, self.verdict()
        yield f"Package   {os.fsdecode(self.folder.root)}"
        yield f"Trust     {trust.source if trust.given else NO_TRUST}"
        if trust.given:
            stamps = "given" if trust.authorities else "none"
            yield f"          {len(trust.keys) // 2} signers, {len(trust.logs)} logs, time-stamp authorities: {stamps}"
        yield f"openssl   {self.openssl.name}"
        if self.seal:
            yield "Exhibit   {exhibit}: {label}; {count} items, {bytes} bytes, sealed {sealed}".format(
                **self.seal
            )
        yield from ("", "Findings", *self.tell_findings(), "", "Custody, as stated by the signers")
        yield from self.tell_custody()
        holder = next(
            (step for step in self.steps.values() if step.signer == self.holder and not self.lost), None
        )
        yield (
            f"      held now by {person(holder.content['by'])}"
            if holder
            else "      who holds it now is not known"
        )
        yield from ("", "Nobody can see offline whether a later step is being withheld: ask the log.")
        yield f"Verdict: {VERDICTS[code][0]} ({VERDICTS[code][1]})."


def person(stated: Json) -> str:
    """Somebody in their quality."""
    return f"{stated['name']}, {stated['role']}, {stated['authority']} ({stated['state']})"


def harmless(line: str) -> str:
    """A line in which the package can neither steer the terminal nor pretend to be a line of ours."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def main() -> int:
    """Reads the command line, examines, reports."""
    parser = argparse.ArgumentParser(description="Verifies a Comity evidence package.", allow_abbrev=False)
    parser.add_argument("package", type=Path, metavar="PACKAGE")
    parser.add_argument(
        "--trust", type=Path, metavar="DIR", help="trust material, from elsewhere than the package"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        root = options.package.resolve(strict=True)
        require(root.is_dir(), f"{root} is no folder")
        if options.trust:
            inside = options.trust.resolve(strict=True).is_relative_to(root)
            require(not inside, "the trust material lies inside the package and is not read as trust")
        folder = Folder(root)
        trust = trust_from_reader(options.trust) if options.trust else trust_from_package(folder)
    except (BrokenError, *MALFORMED) as fault:
        print(harmless(f"verify.py could not run: {fault}"), file=sys.stderr)
        return 2
    examination = Examination(folder, trust, OpenSSL())
    examination.examine()
    for line in [json.dumps(examination.as_json())] if options.json else examination.tell():
        print(harmless(line))
    return examination.verdict()


if __name__ == "__main__":
    sys.exit(main())

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

HOLDS, FAILS, UNCHECKED, NO_TRUST = "holds", "does-not-hold", "cannot-be-checked", "no trust material given"
VERDICTS = {
    0: ("verified", "trust material was given and every finding holds"),
    1: ("does-not-hold", "at least one finding above does not hold"),
    3: ("intact-signer-unknown", "nothing wrong was found, but without trust material nobody is identified"),
    4: ("holds-as-far-as-checked", "nothing wrong was found, but something above cannot be checked here"),
}
MALFORMED = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
CHUNK, DIGEST, KEY_ID, DEEPEST, LARGEST_NUMBER = 1 << 20, 32, 4, 16, 2**53 - 1
SMALL_FILE, LARGE_FILE, LONGEST_LINE, LARGEST_STATEMENT, LONGEST_PATH = 1 << 24, 1 << 32, 1 << 20, 1 << 20, 63
BAGIT, INFO = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "bag-info.txt"
PAYLOAD, TAGS, HANDOVER = "manifest-sha256.txt", "tagmanifest-sha256.txt", "handover.jws.json"
SEAL, ITEMS, CHUNKS, KEYS = "seal/seal.json", "seal/items.jsonl", "seal/chunks.bin", "seal/keys.json"
STATEMENT, PROOF, STAMP = (f"custody/{{:04d}}.{ending}" for ending in ("jws.json", "tlog-proof", "tsr"))

TAG_FILES = (
    r"bagit\.txt|bag-info\.txt|manifest-sha256\.txt|VERIFY\.txt|verify\.py"
    r"|seal/(seal\.json|items\.jsonl|chunks\.bin|keys\.json)|custody/[0-9]{4}\.(jws\.json|tlog-proof|tsr)"
)

# For each algorithm: the DER that stands before its public key, the lengths of a key and of a signature, and
# the first openssl that knows it.
ED25519, ML_DSA = "Ed25519", "ML-DSA-65"
ALGORITHMS = {
    ED25519: (bytes.fromhex("302a300506032b6570032100"), 32, 64, (3, 0)),
    ML_DSA: (bytes.fromhex("308207b2300b0609608648016503040312038207a100"), 1952, 3309, (3, 5)),
}

# What the value of a key must be, wherever the key stands: of a type, text of a pattern, or one of several.
Json = dict[str, Any]
DATE, TIME = "[0-9]{4}(-[0-9]{2}){2}", "[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z"
NUMBER, B64U = "0|[1-9][0-9]{0,18}", "[A-Za-z0-9_-]*"
FORMS: dict[object, str] = {
    int: "v chunk count bytes size seq steps",
    str: "label kind name role authority state version clock prev for why target what alg typ",
    list: "signatures signers keys logs",
    (str, NoneType): "purpose basis place device",
    (TIME, NoneType): "modified until",
    TIME: "sealed time from",
    "[0-9a-f]{32}": "exhibit salt",
    "[0-9a-f]{64}": "root sha256 seal offer head tagmanifest",
    "[A-Za-z0-9_-]{43}": "kid",
    B64U: "payload protected signature public",
    "data/.+": "path",
}
EXPECTED = {key: form for form, keys in FORMS.items() for key in keys.split()}
PERSON = "name role authority state"
INNER = {"by": PERSON, "to": f"{PERSON} kid", "tool": "name version"}
SEALED, SIGNED = "v exhibit label chunk count bytes root sealed", "v exhibit by time tool"
STEP = f"{SIGNED} seq kind clock purpose basis place device prev seal"
STEP_KINDS = {
    "seal": "root count bytes",
    "offer": "to",
    "accept": "offer root",
    "decline": "offer why",
    "withdraw": "offer why",
    "check": "root",
    "export": "for",
}
FILE = "path size sha256 root modified"
ITEM_KINDS = {"file": FILE, "link": "target", "folder": "", "special": "what", "unreadable": "why"}


class BrokenError(Exception):
    """Something does not hold: why, and where that can be said in which file and bytes [from, to)."""

    def __init__(self, why: str, file: str = "", span: tuple[int, int] | None = None) -> None:
        super().__init__(why)
        self.file, self.span = file, span


class UncheckedError(Exception):
    """Something cannot be checked here: why."""


Question = Callable[[], Iterable[BrokenError] | None]


def require(condition: object, why: str, file: str = "") -> None:
    """Goes on only when the condition is true."""
    if not condition:
        raise BrokenError(why, file)


def sha256(*parts: bytes) -> bytes:
    """The digest everything here rests on."""
    return hashlib.sha256(b"".join(parts)).digest()


def parts_of(text: str, pattern: str, what: str) -> tuple[str, ...]:
    """The groups of a pattern that must describe the whole text."""
    match = re.fullmatch(pattern, text)
    if match is None:
        raise BrokenError(f"malformed {what}: {text[:80]!r}")
    return match.groups()


def b64(text: str) -> bytes:
    """Base64 with padding, in the one spelling a writer would produce."""
    raw = base64.b64decode(text, validate=True)
    require(base64.b64encode(raw).decode() == text, "base64 that no writer would spell so")
    return raw


def b64u(text: str) -> bytes:
    """Base64 for URLs without padding, likewise."""
    parts_of(text, B64U, "base64url")
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
    """Whether a value is what FORMS says."""
    if isinstance(expected, tuple):
        return any(fits(value, one) for one in expected)
    if isinstance(expected, str):
        matches = isinstance(value, str) and re.fullmatch(expected, value, re.DOTALL) is not None
        return matches and (expected != TIME or datetime.fromisoformat(str(value)).year > 0)
    return type(value) is expected and not (isinstance(value, int) and value < 0)


def fields(value: object, keys: str, what: str) -> Json:
    """The object, when every key is there with a value as expected; further keys mean nothing."""
    if not isinstance(value, dict):
        raise BrokenError(f"{what} is not a JSON object")
    for key in keys.split():
        require(key in value, f"{what} has no {key!r}")
        if key in INNER:
            fields(value[key], INNER[key], f"{key!r} of {what}")
        else:
            require(fits(value[key], EXPECTED[key]), f"{key!r} of {what} is not what it must be")
    return value


def der_length(raw: bytes) -> int:
    """How long a DER value is by its own first bytes."""
    size = raw[1] & 0x7F if raw[1] & 0x80 else 0
    return 2 + size + (int.from_bytes(raw[2 : 2 + size], "big") if size else raw[1])


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
            folder, found = pending.pop(), list[tuple[bytes, os.stat_result]]()
            try:
                with os.scandir(self.root + folder) as entries:
                    found += [(folder + entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
            except OSError as fault:
                self.strange.append(BrokenError(f"cannot be listed: {fault}", os.fsdecode(folder)))
            for path, status in found:
                name = path.decode(errors="replace")
                if stat.S_ISDIR(status.st_mode):
                    pending.append(path + b"/")
                elif stat.S_ISREG(status.st_mode) and name.encode() == path:
                    self.sizes[name] = status.st_size
                else:
                    self.strange.append(BrokenError("no ordinary file, or its name is not UTF-8", name))

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
        state = hashlib.sha256()
        with self.open(path, LARGE_FILE) as stream:
            while block := stream.read(CHUNK):
                state.update(block)
        return state.hexdigest()

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a file without their LF; the last must have one too."""
        with self.open(path, LARGE_FILE) as stream:
            while line := stream.readline(LONGEST_LINE):
                require(line.endswith(b"\n"), "a line without end, or absurdly long", path)
                yield line[:-1]

    def manifest(self, name: str) -> dict[str, str]:
        """Paths and digests of a BagIt manifest in its order: none twice, none leading out of the package."""
        named: dict[str, str] = {}
        for line in self.lines(name):
            pattern = r"([0-9a-f]{64})  ([^\\%\x00-\x1f\x7f-\x9f]+)"
            digest, path = parts_of(line.decode(), pattern, f"line in {name}")
            plain = not {"", ".", ".."} & set(path.split("/"))
            require(plain and path not in named, f"no plain path, or twice: {path!r}", name)
            named[path] = digest
        return named


class OpenSSL:
    """The `openssl` command: it sees only bytes, under fixed names in a private folder."""

    def __init__(self) -> None:
        self.command = shutil.which(os.environ.get("COMITY_OPENSSL") or "openssl")
        self.name = "missing on this machine"
        with contextlib.suppress(UncheckedError):
            self.name = self.run("version")[1].strip()[:80].partition(" (")[0]
        number = re.match(r"OpenSSL (\d+)\.(\d+)", self.name)
        self.version = (int(number[1]), int(number[2])) if number else (0, 0)

    def run(self, arguments: str, **files: bytes) -> tuple[int, str]:
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
        prefix, _, _, oldest = ALGORITHMS[algorithm]
        if self.version < oldest:
            wanted = f"{algorithm.removesuffix('-65')} needs {oldest[0]}.{oldest[1]}"
            raise UncheckedError(f"this openssl is {self.name.removeprefix('OpenSSL ')}; {wanted}")
        arguments = "pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in message -sigfile signature"
        code, printed = self.run(arguments, key=prefix + key, message=message, signature=signature)
        require("Signature Verification Failure" not in printed, "not this key's signature over these bytes")
        if code != 0 or "Signature Verified Successfully" not in printed:  # it gave up before judging
            raise UncheckedError(f"openssl cannot check {algorithm}: {printed.strip()[:200]}")


@dataclass
class Trust:
    """Whose keys count (section 7): by the reader's own folder, or else merely by the package's word."""

    source: str
    given: bool = False
    authorities: bytes = b""
    signers: dict[tuple[str, str], Json] = field(default_factory=dict)  # by algorithm and kid
    keys: dict[tuple[str, str], bytes] = field(default_factory=dict)  # likewise
    logs: dict[tuple[str, str], bytes] = field(default_factory=dict)  # by name and key id

    def add_signers(self, value: object) -> None:
        """Takes a list of signers, each with exactly two keys."""
        content = fields(value, "v signers", "the list of signers")
        require(content["v"] == 1, "not of version 1")
        for signer in content["signers"]:
            keys = fields(signer, f"{PERSON} from until keys", "a signer")["keys"]
            algorithms = [fields(key, "alg kid public", "a key")["alg"] for key in keys]
            require(algorithms == list(ALGORITHMS), "a signer must have exactly its two keys, in order")
            for algorithm, kid, public in ((key["alg"], key["kid"], key["public"]) for key in keys):
                members = {"alg": algorithm, "kty": "AKP", "pub": public}
                if algorithm == ED25519:
                    members = {"crv": algorithm, "kty": "OKP", "x": public}
                thumbprint = sha256(json.dumps(members, separators=(",", ":")).encode())
                require(len(b64u(public)) == ALGORITHMS[algorithm][1], f"the key {kid} has a wrong length")
                require(b64u(kid) == thumbprint, f"the kid {kid} is not the thumbprint of its key")
                require((algorithm, kid) not in self.keys, f"the kid {kid} stands twice")
                self.signers[algorithm, kid], self.keys[algorithm, kid] = signer, b64u(public)

    def add_log(self, vkey: str) -> None:
        """Takes a log by name, key id and key."""
        name, key_id, encoded = parts_of(vkey, r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)", "key of a log")
        key = b64(encoded)
        require(key[:1] == b"\1" and len(key) == 1 + DIGEST, f"not an Ed25519 key: {vkey!r}")
        require(sha256(name.encode(), b"\n", key)[:KEY_ID].hex() == key_id, f"wrong key id of {name!r}")
        require(name not in {known for known, _ in self.logs}, f"the log {name!r} stands twice")
        self.logs[name, key_id] = key[1:]


def ordinary_file(path: Path) -> bytes:
    """A file of the trust material: no link, which could lead into the package, and nothing that waits."""
    flags = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    with os.fdopen(os.open(path, flags), "rb") as stream:
        status = os.fstat(stream.fileno())
        require(
            stat.S_ISREG(status.st_mode) and status.st_size <= SMALL_FILE, f"{path.name} is no ordinary file"
        )
        return stream.read(SMALL_FILE)


def trust_from_reader(folder: Path) -> Trust:
    """The trust material the reader brings; raises when any of it is unusable."""
    trust = Trust(str(folder), given=True)
    trust.add_signers(parse_json(ordinary_file(folder / "signers.json")))
    policy = ordinary_file(folder / "log-policy").decode()
    require(
        len(re.findall(r"(?m)^\s*quorum\s+none\s*$", policy)) == 1,
        "log-policy has not one line 'quorum none'",
    )
    for line in policy.split("\n"):
        known = r"\s*(?:#.*|quorum\s+none|log\s+(\S+))?\s*"
        (vkey,) = parts_of(line, known, "log-policy, this verifier does not know")
        if vkey:
            trust.add_log(vkey)
    require(trust.logs, "log-policy names no log")
    if os.path.lexists(folder / "stamp-authorities.pem"):
        trust.authorities = ordinary_file(folder / "stamp-authorities.pem")
        require(b"BEGIN CERTIFICATE" in trust.authorities, "stamp-authorities.pem has no certificate")
    return trust


def trust_from_package(folder: Folder) -> Trust:
    """The keys as the package names them: enough to see damage, never to know a signer."""
    trust = Trust(KEYS)
    try:
        content = parse_json(folder.read(KEYS))
        trust.add_signers(content)
        for vkey in fields(content, "logs", KEYS)["logs"]:
            trust.add_log(vkey)
    except (BrokenError, *MALFORMED) as fault:
        return Trust(f"{KEYS} ({fault})")
    return trust


@dataclass(frozen=True)
class Statement:
    """A signed statement that is in form; for each algorithm the kid, the bytes signed and the signature."""

    file: str
    digest: str
    content: Json
    signatures: dict[str, tuple[str, bytes, bytes]]
    signer: str  # the Ed25519 kid, by which custody knows who acts


def read_statement(folder: Folder, file: str, typ: str, keys: str) -> Statement:
    """A statement as section 4 spells it; its signatures are not checked here."""
    raw, signatures = folder.read(file), {}
    require(len(raw) <= LARGEST_STATEMENT, f"a statement of {len(raw)} bytes")
    outer = fields(parse_json(raw), "payload signatures", "the statement")
    spelled = json.dumps(outer, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    require(spelled == raw, "a statement in a spelling that no writer makes")
    both = outer.keys() == {"payload", "signatures"} and len(outer["signatures"]) == len(ALGORITHMS)
    require(both, "not exactly a payload and two signatures")
    for algorithm, entry in zip(ALGORITHMS, outer["signatures"], strict=True):
        fields(entry, "protected signature", f"the {algorithm} signature")
        header = fields(parse_json(b64u(entry["protected"])), "kid", f"the {algorithm} header")
        right = header == {"alg": algorithm, "kid": header["kid"], "typ": typ} and b64u(header["kid"])
        right = right and entry.keys() == {"protected", "signature"}
        require(right, f"not an {algorithm} signature of {typ}")
        message = f"{entry['protected']}.{outer['payload']}".encode()
        signatures[algorithm] = (header["kid"], message, b64u(entry["signature"]))
    content = fields(parse_json(b64u(outer["payload"])), keys, "the payload")
    if "kind" in keys.split():
        fields(content, STEP_KINDS.get(content["kind"], ""), "the payload")
    require(content["v"] == 1, "not of version 1")
    return Statement(file, sha256(raw).hex(), content, signatures, signatures[ED25519][0])


def read_proof(raw: bytes) -> tuple[bytes, int, list[bytes], bytes]:
    """Salt, index, inclusion path and checkpoint of a C2SP tlog-proof."""
    head, _, checkpoint = raw.partition(b"\n\n")
    grammar = rf"c2sp\.org/tlog-proof@v1\nextra (.+)\nindex ({NUMBER})((?:\n.+)*)"
    extra, index, lines = parts_of(head.decode(), grammar, "tlog-proof")
    salt, path = b64(extra), [b64(line) for line in lines.split("\n")[1:]]
    require({len(salt), *map(len, path)} == {DIGEST}, "a salt or hash that is not 32 bytes long")
    require(len(path) <= LONGEST_PATH, "an inclusion path that is too long")
    return salt, int(index), path, checkpoint


class Examination:
    """Asks every question of section 8 of one package and keeps the findings."""

    def __init__(self, folder: Folder, trust: Trust, openssl: OpenSSL) -> None:
        self.folder, self.trust, self.openssl = folder, trust, openssl
        self.findings: list[Json] = []
        self.seal: Json = {}
        self.seal_digest = ""
        self.items: list[tuple[Json, int]] = []  # each file with the number of its first chunk
        self.steps: dict[int, Statement] = {}
        self.entries: dict[int, str] = {}  # where each step stands in a log, and when that was stamped
        self.leaf: str | None = ""  # hash of the last step's log leaf, None when it cannot be computed
        self.unread = self.lost = ""  # which step cannot be read, and why the holder is not known any more
        self.holder: str | None = None
        self.offer: Statement | None = None
        self.handover: Statement | None = None
        numbers = [path[8:12] for path in folder.sizes if re.fullmatch(r"custody/[0-9]{4}\.jws\.json", path)]
        self.count = 1 + max(map(int, numbers), default=0)

    def judge(self, part: str, check: str, question: Question, file: str = "") -> bool:
        """Asks one question and keeps the answer; whatever is wrong, the next question can still be asked."""
        faults: list[BrokenError] = []
        try:
            faults.extend(question() or ())
        except UncheckedError as gap:
            self.findings.append({"part": part, "check": check, "result": UNCHECKED, "why": str(gap)})
            return False
        except BrokenError as broken:
            faults.append(broken)
        except MALFORMED as malformed:
            faults.append(BrokenError(f"malformed: {malformed}"))
        for fault in faults:
            finding = {
                "part": part,
                "check": check,
                "result": FAILS,
                "why": str(fault),
                "file": fault.file or file,
            }
            self.findings.append(finding | ({"bytes": fault.span} if fault.span else {}))
        if not faults:
            self.findings.append({"part": part, "check": check, "result": HOLDS})
        return not faults

    def examine(self) -> None:
        """Reads the whole package."""
        self.judge("package", "layout", self.check_layout)
        self.judge("seal", "content", self.check_seal, SEAL)
        if not self.seal:
            self.unread = self.lost = f"{SEAL} cannot be read"
        for item, first in self.items:
            self.judge(f"item {item['path']}", "digest", partial(self.check_item, item, first), item["path"])
        for number in range(self.count):
            self.examine_step(number)
        self.examine_handover()

    def check_layout(self) -> Iterator[BrokenError]:
        """Section 1: the files on disk, the manifests against them and each other, the two bag files."""
        folder = self.folder
        yield from folder.strange
        wanted = {form.format(number) for form in (STATEMENT, PROOF) for number in range(self.count)}
        for path in sorted({SEAL, ITEMS, CHUNKS, KEYS, HANDOVER, *wanted} - folder.sizes.keys()):
            yield BrokenError("missing", path)
        wanted |= {STAMP.format(number) for number in range(self.count)}
        strays = [path for path in folder.sizes if path.startswith("custody/") and path not in wanted]
        yield from (BrokenError("does not belong there", path) for path in strays)
        payload, tags = folder.manifest(PAYLOAD), folder.manifest(TAGS)
        require(list(tags) == sorted(tags, key=str.encode), "not sorted", TAGS)
        named = {TAGS, HANDOVER, *payload, *tags}
        for path in sorted(named ^ folder.sizes.keys()):
            yield BrokenError("in a manifest, but not there" if path in named else "in no manifest", path)
        yield from self.check_manifests(payload, tags)
        require(folder.read("bagit.txt") == BAGIT, "not as BagIt 1.0 demands", "bagit.txt")
        information = folder.read(INFO).decode()
        sizes = [size for path, size in folder.sizes.items() if path.startswith("data/")]
        oxum = rf"{sum(sizes)}\.{len(sizes)}"
        for label, value in (("Bagging-Date", DATE), ("Payload-Oxum", oxum), ("Comity-Package", "1")):
            values = re.findall(f"^{label}: (.*)$", information, re.MULTILINE)
            require(len(values) == 1 and re.fullmatch(value, values[0]), f"wrong {label}", INFO)

    def check_manifests(self, payload: dict[str, str], tags: dict[str, str]) -> Iterator[BrokenError]:
        """The names in the manifests, and the digests of all but the payload, which is read with the items."""
        alike: dict[str, str] = {}
        for path in payload:
            other = alike.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if other != path:
                yield BrokenError(f"some disks cannot tell it from {other!r}", path)
            if not path.startswith("data/"):
                yield BrokenError(f"does not belong into {PAYLOAD}", path)
        for path, digest in tags.items():
            if not re.fullmatch(TAG_FILES, path):
                yield BrokenError(f"does not belong into {TAGS}", path)
            elif path in self.folder.sizes and self.folder.digest(path) != digest:
                yield BrokenError(f"its SHA-256 is not the one in {TAGS}", path)

    def check_seal(self) -> None:
        """Section 3: seal.json against items.jsonl, chunks.bin and the payload manifest."""
        raw = self.folder.read(SEAL)
        seal, self.seal_digest = fields(parse_json(raw), SEALED, SEAL), sha256(raw).hex()
        require((seal["v"], seal["chunk"]) == (1, CHUNK), "not of version 1, or not in chunks of 1 MiB")
        self.seal, leaves, chunks = seal, list[bytes](), 0
        for line in self.folder.lines(ITEMS):
            leaves.append(sha256(b"\0", line))
            item = fields(parse_json(line), "kind name salt", f"item {len(leaves)}")
            fields(item, ITEM_KINDS[item["kind"]], f"item {len(leaves)}")
            b64(item.get("name_bytes", ""))
            if item["kind"] == "file":
                self.items.append((item, chunks))
                chunks += -(-item["size"] // CHUNK)
        require(len(leaves) == seal["count"], "not as many items as sealed", ITEMS)
        require(tree_hash(leaves) == seal["root"], "the items do not lead to the sealed root", ITEMS)
        size = sum(item["size"] for item, _ in self.items)
        require(size == seal["bytes"], "not as many bytes as sealed", ITEMS)
        require(self.folder.sizes.get(CHUNKS) == DIGEST * chunks, "not as many chunks as sealed", CHUNKS)
        for item, first in self.items:
            same = tree_hash(self.sealed_chunks(item, first)) == item["root"]
            require(same, f"the chunk digests of {item['path']!r} do not lead to its root", CHUNKS)
        listed = [(item["path"], item["sha256"]) for item, _ in self.items]
        same = listed == list(self.folder.manifest(PAYLOAD).items())
        require(same, "does not list the files of the items in their order", PAYLOAD)

    def sealed_chunks(self, item: Json, first: int) -> list[bytes]:
        """The chunk digests that chunks.bin holds for a file, as far as it goes."""
        available = self.folder.sizes.get(CHUNKS, 0) // DIGEST - first
        count = min(-(-item["size"] // CHUNK), available)
        if count <= 0:
            return []
        with self.folder.open(CHUNKS, LARGE_FILE) as stream:
            stream.seek(first * DIGEST)
            return [stream.read(DIGEST) for _ in range(count)]

    def check_item(self, item: Json, first: int) -> Iterator[BrokenError]:
        """Size, SHA-256 and chunk root of a file in one reading; names the bytes that differ where it can."""
        found, whole, size = list[bytes](), hashlib.sha256(), 0
        here = self.folder.sizes.get(item["path"], item["size"])
        if here != item["size"]:  # the size alone settles it, however long the file is
            span = (min(here, item["size"]), max(here, item["size"]))
            yield BrokenError(f"{here} bytes here, {item['size']} sealed", item["path"], span)
            return
        with self.folder.open(item["path"], float("inf")) as stream:
            while block := stream.read(CHUNK):
                size += len(block)
                whole.update(block)
                found.append(sha256(b"\0", block))
        if (size, whole.hexdigest(), tree_hash(found)) == (item["size"], item["sha256"], item["root"]):
            return
        why = f"not the sealed bytes; {size} here, {item['size']} sealed"
        sealed, spans = self.sealed_chunks(item, first), list[tuple[int, int]]()
        for number, (one, other) in enumerate(zip_longest(found, sealed)):
            if one != other:
                start, end = number * CHUNK, min((number + 1) * CHUNK, max(size, item["size"]))
                spans.append((spans.pop()[0] if spans and spans[-1][1] == start else start, end))
        known = tree_hash(sealed) == item["root"] and spans
        yield from (BrokenError(why, item["path"], span) for span in (spans if known else [None]))

    def examine_step(self, number: int) -> None:
        """All checks of one custody step."""
        part, file = f"step {number}", STATEMENT.format(number)
        proof, stamp = PROOF.format(number), STAMP.format(number)
        previous, self.leaf = self.leaf, None
        with contextlib.suppress(BrokenError, *MALFORMED):
            self.leaf = self.next_leaf(number, previous)
        if not self.judge(part, "form", partial(self.read_step, number, file), file):
            self.unread = self.unread or f"{part} cannot be read"
            self.lost = self.lost or self.unread
            return
        step = self.steps[number]
        self.judge(part, "order", partial(self.check_order, number, step), file)
        self.examine_signatures(part, step)
        self.judge(part, "signer", partial(self.check_signer, step), file)
        self.judge(part, "custody", partial(self.check_custody, number, step), file)
        self.judge(part, "log", partial(self.check_log, number, proof), proof)
        if stamp in self.folder.sizes:
            self.judge(part, "stamp", partial(self.check_stamp, number, proof, stamp), stamp)

    def read_step(self, number: int, file: str) -> None:
        """Whether a step is in form."""
        self.steps[number] = read_statement(self.folder, file, "comity-custody+jws", STEP)

    def examine_signatures(self, part: str, statement: Statement) -> None:
        """Both signatures, each for itself."""
        for algorithm, signature in statement.signatures.items():
            question = partial(self.check_signature, algorithm, *signature)
            self.judge(part, f"signature-{algorithm.lower()}", question, statement.file)

    def check_signature(self, algorithm: str, kid: str, message: bytes, signature: bytes) -> None:
        """One signature under the key its kid names."""
        require(len(signature) == ALGORITHMS[algorithm][2], f"a signature of {len(signature)} bytes")
        if (algorithm, kid) not in self.trust.keys:
            missing = f"{self.trust.source} has no {algorithm} key {kid}"
            raise UncheckedError(missing) if self.trust.given else BrokenError(missing)
        self.openssl.check_signature(algorithm, self.trust.keys[algorithm, kid], message, signature)

    def check_signer(self, statement: Statement) -> None:
        """Whether both kids, the claimed quality and the claimed time are those of one known signer."""
        kids = ((algorithm, kid) for algorithm, (kid, _, _) in statement.signatures.items())
        signer, other = (self.trust.signers.get(kid) for kid in kids)
        if signer is None or signer is not other:
            raise BrokenError(f"{self.trust.source} names no signer with these two keys")
        claimed, until = statement.content, signer["until"]
        named = all(claimed["by"][key] == signer[key] for key in PERSON.split())
        require(named, "the signer claims another name or quality than that of the keys")
        timely = signer["from"] <= claimed["time"] and (until is None or claimed["time"] <= until)
        require(timely, "the claimed time lies outside the time of the signer's keys")
        if not self.trust.given:
            raise UncheckedError(NO_TRUST)

    def check_order(self, number: int, step: Statement) -> None:
        """Whether a step stands in its place in this exhibit's history."""
        if self.unread:
            raise UncheckedError(self.unread)
        previous = self.steps[number - 1].digest if number else ""
        expected = {"exhibit": self.seal["exhibit"], "seq": number, "prev": previous}
        expected["seal"] = self.seal_digest
        for key, value in expected.items():
            require(step.content[key] == value, f"{key!r} is {step.content[key]!r}, not {value!r}")

    def check_custody(self, number: int, step: Statement) -> None:
        """Whether the signer may do this now (section 4); if so, who holds the exhibit from then on."""
        kind = step.content["kind"]
        if kind not in STEP_KINDS:
            self.lost = self.lost or f"this verifier does not know the kind {kind!r} of step {number}"
        if self.lost:
            raise UncheckedError(self.lost)
        if number == 0:
            self.lost = "step 0 is no valid seal"
        self.check_permission(number, step)
        expected = self.seal | {"offer": self.offer and self.offer.digest}
        for key in set(STEP_KINDS[kind].split()) & {"root", "count", "bytes", "offer"}:
            require(step.content[key] == expected[key], f"{key!r} is not that of the seal or the open offer")
        self.lost = ""
        self.holder = step.signer if kind in ("seal", "accept") else self.holder
        if kind != "check":
            self.offer = step if kind == "offer" else None

    def check_permission(self, number: int, step: Statement) -> None:
        """Whether this kind of step is allowed to this key as things stand."""
        kind = step.content["kind"]
        require((kind == "seal") == (number == 0), "the seal comes first and once")
        if kind in ("accept", "decline"):
            receiver = self.offer and self.offer.content["to"]["kid"]
            require(step.signer == receiver, "not by the key to which the exhibit is on offer")
        elif kind != "seal":
            require(step.signer == self.holder, "not by the holder")
        require(kind not in ("offer", "export") or not self.offer, "the exhibit is already on offer")

    def next_leaf(self, number: int, previous: str | None) -> str | None:
        """The hash of the leaf that a log must hold for this step (section 5)."""
        if previous is None or not self.seal:
            return None
        salt, *_ = read_proof(self.folder.read(PROOF.format(number)))
        commitment = sha256(salt, self.folder.read(STATEMENT.format(number))).hex()
        leaf = {"c": commitment, "i": self.seal["exhibit"], "n": number, "p": previous, "v": 1}
        return sha256(b"\0", json.dumps(leaf, separators=(",", ":")).encode()).hex()

    def check_log(self, number: int, proof: str) -> None:
        """Leaf, inclusion and the log's signature over the checkpoint."""
        _, index, path, checkpoint = read_proof(self.folder.read(proof))
        grammar = rf"((.+)\n({NUMBER})\n(.+)\n)\n((?:\u2014 [^\s+]+ \S+\n)+)"
        body, origin, size, root, lines = parts_of(checkpoint.decode(), grammar, "checkpoint")
        own = []
        for name, encoded in re.findall(r"(\S+) (\S+)\n", lines):
            key_id, signature = b64(encoded)[:KEY_ID], b64(encoded)[KEY_ID:]
            require(signature, "a signature line too short to hold a signature")
            if name == origin and (name, key_id.hex()) in self.trust.logs:
                own.append((self.trust.logs[name, key_id.hex()], body.encode(), signature))
        known = any(name == origin for name, _ in self.trust.logs)
        require(known, f"{self.trust.source} names no log {origin!r}")
        require(len(own) == 1, "not exactly one signature line is the log's own")
        if self.leaf is None:
            raise UncheckedError("the log leaf rests on something that cannot be read")
        reached = included_root(bytes.fromhex(self.leaf), index, int(size), path)
        require(reached == b64(root), "the inclusion proof does not lead to the checkpoint's root")
        self.openssl.check_signature(ED25519, *own[0])
        self.entries[number] = f"entry {index} of {size} in the log {origin}"
        if not self.trust.given:
            raise UncheckedError(NO_TRUST)

    def check_stamp(self, number: int, proof: str, stamp: str) -> None:
        """Whether an authority we trust stamped the checkpoint, its certificates judged at that time."""
        response, checkpoint = self.folder.read(stamp), self.folder.read(proof).partition(b"\n\n")[2]
        require(len(response) == der_length(response), "bytes before or after the stamp")
        _, printed = self.openssl.run("ts -reply -text -in response", response=response)
        require("Status: Granted.\n" in printed, "the authority did not simply grant the stamp")
        rows = re.findall(r"(?m)^ {4}00[01]0 - ((?:[0-9a-f]{2}[ -]){15}[0-9a-f]{2})", printed)
        require(
            "Hash Algorithm: sha256\n" in printed and len(rows) == DIGEST // 16, "not a stamp over a SHA-256"
        )
        imprint = bytes.fromhex("".join(rows).replace("-", " "))
        require(imprint == sha256(checkpoint), "the stamp is not over this checkpoint")
        # Text printed before it is not signed and could imitate this line, so it must stand there once only.
        times = re.findall(r"Time stamp: (\w{3} +\d+ [\d:]{8})(?:\.\d+)?( \d{4}) GMT", printed)
        require(len(times) == 1, "the time stamp cannot be read, or names no single time")
        at = calendar.timegm(time.strptime("".join(times[0]), "%b %d %H:%M:%S %Y"))
        entry = self.entries.get(number, "no entry that could be confirmed")
        told = time.strftime("stamped %Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        self.entries[number] = f"{entry}, by its own word {told}"
        if not self.trust.authorities:
            raise UncheckedError("no stamp-authorities.pem" if self.trust.given else NO_TRUST)
        arguments = f"ts -verify -attime {at} -data stamped -in response -CAfile authorities"
        files = {"response": response, "stamped": checkpoint, "authorities": self.trust.authorities}
        code, printed = self.openssl.run(arguments, **files)
        require(code == 0 and "Verification: OK" in printed, "no trusted authority's stamp over these bytes")
        self.entries[number] = f"{entry}, {told}"

    def examine_handover(self) -> None:
        """The handover statement (section 6)."""
        self.judge("handover", "form", self.read_handover, HANDOVER)
        if self.handover:
            self.judge("handover", "content", partial(self.check_handover, self.handover), HANDOVER)
            self.examine_signatures("handover", self.handover)
            self.judge("handover", "signer", partial(self.check_handing_over, self.handover), HANDOVER)

    def read_handover(self) -> None:
        """Whether the handover is in form."""
        keys = f"{SIGNED} steps head tagmanifest"
        self.handover = read_statement(self.folder, HANDOVER, "comity-handover+jws", keys)

    def check_handover(self, statement: Statement) -> None:
        """Whether it hands over this package."""
        expected = {"steps": self.count, "head": self.folder.digest(STATEMENT.format(self.count - 1))}
        expected["tagmanifest"] = self.folder.digest(TAGS)
        if self.seal:
            expected["exhibit"] = self.seal["exhibit"]
        for key, value in expected.items():
            require(statement.content[key] == value, f"{key!r} is {statement.content[key]!r}, not {value!r}")
        if not self.seal:
            raise UncheckedError(self.unread)

    def check_handing_over(self, statement: Statement) -> None:
        """Whether it is signed with the keys that signed the last step."""
        last = self.steps.get(self.count - 1)
        same = last and all(last.signatures[name][0] == statement.signatures[name][0] for name in ALGORITHMS)
        require(same or not last, "not by the keys that signed the last step")
        self.check_signer(statement)
        if not last:
            raise UncheckedError(self.unread)

    def verdict(self) -> int:
        """The exit code of section 8."""
        results = {finding["result"] for finding in self.findings}
        if FAILS in results or not self.trust.given:
            return 1 if FAILS in results else 3
        return 4 if UNCHECKED in results else 0

    def as_json(self) -> str:
        """The object of section 8."""
        code, holder = self.verdict(), None if self.lost else self.holder
        known = {"v": 1, "verdict": VERDICTS[code][0], "exit": code, "exhibit": self.seal.get("exhibit")}
        return json.dumps(known | {"holder": holder, "findings": self.findings})

    def tell(self) -> Iterator[str]:
        """The report a judge can follow."""
        trust = self.trust
        yield f"Package  {os.fsdecode(self.folder.root)}"
        yield f"Trust    {trust.source if trust.given else NO_TRUST}"
        if trust.given:
            stamps = "with" if trust.authorities else "without"
            yield f"         {len(trust.keys) // 2} signers, {len(trust.logs)} logs, {stamps} time-stamp authorities"
        yield f"openssl  {self.openssl.name}"
        if self.seal:
            known = "Exhibit  {exhibit}: {label}; {count} items, {bytes} bytes, sealed {sealed}"
            yield known.format(**self.seal)
        yield from ("", *self.tell_findings(), "", "Custody, as the signers state it:", *self.tell_custody())
        yield from ("", "Whether a later step is being withheld cannot be seen offline: ask the log.")
        yield "Verdict: {}: {}.".format(*VERDICTS[self.verdict()])

    def tell_findings(self) -> Iterator[str]:
        """One line for all that holds of a part, one for each thing else."""
        rows: dict[tuple[str, str, str], list[str]] = {}
        for finding in self.findings:
            part, remark = finding["part"], f": {finding['why']}" if "why" in finding else ""
            if finding["result"] == HOLDS and part.startswith("item "):
                part = "items"
            if finding.get("file"):
                span = ", bytes {} to {}".format(*finding["bytes"]) if "bytes" in finding else ""
                remark += f" [{finding['file']}{span}]"
            rows.setdefault((part, finding["result"], remark), []).append(finding["check"])
        for (part, result, remark), checks in rows.items():
            listed = f"digests of {len(checks)} files" if part == "items" else ", ".join(checks)
            yield f"{part:<9} {result:<17}  {listed}{remark}"

    def tell_custody(self) -> Iterator[str]:
        """The custody steps in words."""
        holder = "nobody who can be named"
        for number, step in self.steps.items():
            content, person = step.content, "{name}, {role}, {authority} ({state})".format
            by = person(**content["by"])
            holder = by if step.signer == self.holder and not self.lost else holder
            yield f"{number:4}  {content['kind']} by {by}, claimed {content['time']} ({content['clock']})"
            if content["kind"] == "offer":
                yield f"      to: {person(**content['to'])}"
            for key in ("for", "why", "purpose", "basis", "place", "device"):
                if key in content:
                    yield f"      {key}: {'not stated' if content[key] is None else content[key]}"
            yield f"      log: {self.entries.get(number, 'no entry that could be confirmed')}"
        yield f"      held now by {holder}"


def main() -> int:
    """Reads the command line, examines, reports."""
    parser = argparse.ArgumentParser(description="Verifies a Comity evidence package.", allow_abbrev=False)
    parser.add_argument("package", type=Path, metavar="PACKAGE")
    parser.add_argument("--trust", type=Path, metavar="DIR", help="trust material, from elsewhere")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        root = options.package.resolve(strict=True)
        require(root.is_dir(), f"{root} is no folder")
        if options.trust:
            inside = options.trust.resolve(strict=True).is_relative_to(root)
            require(not inside, "trust material is not taken from inside the package")
        folder = Folder(root)
        trust = trust_from_reader(options.trust) if options.trust else trust_from_package(folder)
    except (BrokenError, *MALFORMED) as fault:
        print(f"verify.py could not run: {str(fault)!r}", file=sys.stderr)
        return 2
    examination = Examination(folder, trust, OpenSSL())
    examination.examine()
    for line in [examination.as_json()] if options.json else examination.tell():
        # A package can neither steer the terminal nor pretend to be a line of ours; Persian needs its joiners.
        shown = (
            c if c.isprintable() or c in "\u200c\u200d" else c.encode("unicode_escape").decode() for c in line
        )
        print("".join(shown))
    return examination.verdict()


if __name__ == "__main__":
    sys.exit(main())

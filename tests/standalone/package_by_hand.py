"""A small evidence package made by hand from docs/protocol/evidence-package.md, with nothing of the product.

The keys come from fixed seeds. The cast: Ada of Arcadia (XA) seals and hands over to Bram of Borealia (XB);
Sly is a stranger in no trust material.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Json = dict[str, Any]
CHUNK = 1 << 20
EXHIBIT = "0123456789abcdef0123456789abcdef"
EVIDENCE = {
    "data/disk.img": bytes(range(256)) * (4096 * 3) + b"tail",  # three chunks and a rest
    "data/Фото/ünïcode 1.txt": "Grüße\n".encode(),
    "data/empty.bin": b"",
}


def digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def spelled(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def split_point(count: int) -> int:
    point = 1
    while point * 2 < count:
        point *= 2
    return point


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return digest()
    if len(leaves) == 1:
        return leaves[0]
    left = split_point(len(leaves))
    return digest(b"\1", tree_hash(leaves[:left]), tree_hash(leaves[left:]))


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    left = split_point(len(leaves))
    if index < left:
        return [*inclusion(index, leaves[:left]), tree_hash(leaves[left:])]
    return [*inclusion(index - left, leaves[left:]), tree_hash(leaves[:left])]


def chunk_leaves(content: bytes) -> list[bytes]:
    return [digest(b"\0", content[start : start + CHUNK]) for start in range(0, len(content), CHUNK)]


@dataclass(eq=False)
class Party:
    """Somebody with two keys."""

    name: str
    role: str
    authority: str
    state: str
    seed: int

    def __post_init__(self) -> None:
        self.ed25519 = Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)
        self.ml_dsa = MLDSA65PrivateKey.from_seed_bytes(bytes([self.seed]) * 32)
        x = b64u(self.ed25519.public_key().public_bytes_raw())
        pub = b64u(self.ml_dsa.public_key().public_bytes_raw())
        self.kid = b64u(digest(spelled({"crv": "Ed25519", "kty": "OKP", "x": x})))
        self.ml_dsa_kid = b64u(digest(spelled({"alg": "ML-DSA-65", "kty": "AKP", "pub": pub})))
        self.keys = [
            {"alg": "Ed25519", "kid": self.kid, "public": x},
            {"alg": "ML-DSA-65", "kid": self.ml_dsa_kid, "public": pub},
        ]

    def stated(self) -> Json:
        return {"name": self.name, "role": self.role, "authority": self.authority, "state": self.state}

    def as_signer(self) -> Json:
        return {**self.stated(), "from": "2026-01-01T00:00:00Z", "until": None, "keys": self.keys}

    def sign(self, typ: str, payload: bytes) -> bytes:
        body = b64u(payload)
        heads = [b64u(spelled({"alg": key["alg"], "kid": key["kid"], "typ": typ})) for key in self.keys]
        first = self.ed25519.sign(f"{heads[0]}.{body}".encode())
        second = self.ml_dsa.sign(f"{heads[1]}.{body}".encode())
        signatures = [
            {"protected": head, "signature": b64u(signature)}
            for head, signature in zip(heads, (first, second), strict=True)
        ]
        return spelled({"payload": body, "signatures": signatures})


@dataclass
class Log:
    """A transparency log with other people's entries before and between ours."""

    name: str
    seed: int
    leaves: list[bytes] = field(default_factory=lambda: [digest(b"other", bytes([n])) for n in range(5)])

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)
        public = b"\1" + self.key.public_key().public_bytes_raw()
        self.key_id = digest(self.name.encode(), b"\n", public)[:4]
        self.vkey = f"{self.name}+{self.key_id.hex()}+{b64(public)}"

    def enter(self, leaf: bytes, salt: bytes) -> bytes:
        index = len(self.leaves)
        self.leaves += [leaf, digest(b"somebody else's", leaf)]
        body = f"{self.name}\n{len(self.leaves)}\n{b64(tree_hash(self.leaves))}\n"
        signature = b64(self.key_id + self.key.sign(body.encode()))
        path = "".join(f"{b64(node)}\n" for node in inclusion(index, self.leaves))
        witness = f"\u2014 witness.example {b64(bytes(4 + 72))}\n"
        head = f"c2sp.org/tlog-proof@v1\nextra {b64(salt)}\nindex {index}\n{path}"
        return f"{head}\n{body}\n\u2014 {self.name} {signature}\n{witness}".encode()


ADA = Party("Ada Winter", "examiner", "Cybercrime Unit", "XA", 1)
BRAM = Party("Bram Oost", "prosecutor", "Office of the Prosecutor", "XB", 2)
SLY = Party("Sly Nobody", "examiner", "Cybercrime Unit", "XA", 3)


def arcadian_log(seed: int = 9) -> Log:
    return Log("log.arcadia.example/custody", seed)


@dataclass
class Act:
    """One custody step as planned; `changed` overrides what an honest writer would put into the payload."""

    kind: str
    by: Party
    changed: Json = field(default_factory=dict)
    signed_by: Party | None = None


def story() -> list[Act]:
    return [
        Act("seal", ADA),
        Act("offer", ADA, {"to": {**BRAM.stated(), "kid": BRAM.kid}}),
        Act("accept", BRAM),
        Act("check", BRAM),
        Act("export", BRAM, {"for": "District Court", "place": None}),
    ]


@dataclass
class Maker:
    """Writes the package; every file is first in `files`, so that a test can change it before it is sealed in."""

    acts: list[Act] = field(default_factory=story)
    evidence: dict[str, bytes] = field(default_factory=lambda: dict(EVIDENCE))
    handed_by: Party = BRAM
    known: tuple[Party, ...] = (ADA, BRAM)
    log: Log = field(default_factory=arcadian_log)
    files: dict[str, bytes] = field(default_factory=dict)
    seal: Json = field(default_factory=dict)

    def item_lines(self) -> Iterator[bytes]:
        for number, (path, content) in enumerate(self.evidence.items()):
            yield spelled(
                {
                    "kind": "file",
                    "name": path.removeprefix("data/"),
                    "salt": f"{number:032x}",
                    "path": path,
                    "size": len(content),
                    "sha256": digest(content).hex(),
                    "root": tree_hash(chunk_leaves(content)).hex(),
                    "modified": "2026-01-02T03:04:05Z",
                }
            )
        others: list[Json] = [
            {"kind": "link", "target": "/etc/passwd"},
            {"kind": "folder"},
            {"kind": "special", "what": "fifo"},
            {"kind": "unreadable", "why": "permission denied"},
        ]
        for number, other in enumerate(others):
            yield spelled({**other, "name": f"other-{number}", "salt": f"{number + 100:032x}"})

    def make_seal(self) -> None:
        lines = list(self.item_lines())
        self.seal = {
            "v": 1,
            "exhibit": EXHIBIT,
            "label": "Phone of Mx. Grau",
            "chunk": CHUNK,
            "count": len(lines),
            "bytes": sum(map(len, self.evidence.values())),
            "root": tree_hash([digest(b"\0", line) for line in lines]).hex(),
            "sealed": "2026-02-01T10:00:00Z",
        }
        self.files |= self.evidence
        self.files["seal/seal.json"] = spelled(self.seal)
        self.files["seal/items.jsonl"] = b"".join(line + b"\n" for line in lines)
        self.files["seal/chunks.bin"] = b"".join(b"".join(chunk_leaves(it)) for it in self.evidence.values())
        keys = {"v": 1, "signers": [party.as_signer() for party in self.known], "logs": [self.log.vkey]}
        self.files["seal/keys.json"] = spelled({**keys, "note": "a convenience, never trust"})

    def payload(self, number: int, act: Act, previous: bytes, offer: bytes) -> Json:
        root = self.seal["root"]
        further: dict[str, Json] = {
            "seal": {"root": root, "count": self.seal["count"], "bytes": self.seal["bytes"]},
            "accept": {"offer": digest(offer).hex(), "root": root},
            "decline": {"offer": digest(offer).hex(), "why": "not addressed to us"},
            "withdraw": {"offer": digest(offer).hex(), "why": "sent too early"},
            "check": {"root": root},
        }
        return {
            "v": 1, "exhibit": EXHIBIT, "seq": number, "kind": act.kind, "by": act.by.stated(),
            "time": f"2026-02-01T10:00:{number:02}Z", "clock": "NTP of the office", "purpose": "investigation",
            "basis": "warrant 12/26", "place": "Laboratory 3", "device": None,
            "tool": {"name": "by hand", "version": "1"},
            "prev": digest(previous).hex() if number else "",
            "seal": digest(self.files["seal/seal.json"]).hex(),
            **further.get(act.kind, {}), **act.changed,
        }  # fmt: skip

    def make_steps(self) -> None:
        previous = offer = b""
        leaf_hash = ""
        for number, act in enumerate(self.acts):
            payload = self.payload(number, act, previous, offer)
            previous = (act.signed_by or act.by).sign("comity-custody+jws", spelled(payload))
            offer = previous if act.kind == "offer" else offer
            salt = digest(b"salt", bytes([number]))
            leaf = {"c": digest(salt, previous).hex(), "i": EXHIBIT, "n": number, "p": leaf_hash, "v": 1}
            leaf_hash = digest(b"\0", spelled(leaf)).hex()
            self.files[f"custody/{number:04d}.jws.json"] = previous
            self.files[f"custody/{number:04d}.tlog-proof"] = self.log.enter(bytes.fromhex(leaf_hash), salt)

    def make_bag(self) -> None:
        payload = {path: content for path, content in self.files.items() if path.startswith("data/")}
        oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
        self.files["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        info = f"Bagging-Date: 2026-02-01\nPayload-Oxum: {oxum}\nComity-Package: 1\n"
        self.files["bag-info.txt"] = info.encode()
        self.files["manifest-sha256.txt"] = manifest(payload)
        self.files["VERIFY.txt"] = b"Get the verifier elsewhere.\n"
        apart = ("tagmanifest-sha256.txt", "handover.jws.json")
        tags = {
            path: it for path, it in sorted(self.files.items()) if path not in payload and path not in apart
        }
        self.files["tagmanifest-sha256.txt"] = manifest(tags)

    def make_handover(self) -> None:
        statements = [
            content
            for path, content in sorted(self.files.items())
            if path.endswith(".jws.json") and "/" in path
        ]
        payload = {
            "v": 1,
            "exhibit": EXHIBIT,
            "steps": len(statements),
            "head": digest(statements[-1]).hex(),
            "tagmanifest": digest(self.files["tagmanifest-sha256.txt"]).hex(),
            "by": self.handed_by.stated(),
            "time": "2026-02-01T11:00:00Z",
            "tool": {"name": "by hand", "version": "1"},
        }
        self.files["handover.jws.json"] = self.handed_by.sign("comity-handover+jws", spelled(payload))

    def make(self) -> Maker:
        self.make_seal()
        self.make_steps()
        self.make_bag()
        self.make_handover()
        return self

    def forge_ml_dsa(self, path: str) -> None:
        statement = json.loads(self.files[path])
        signature = statement["signatures"][1]
        signature["signature"] = "AAAA" + signature["signature"][4:]
        self.files[path] = spelled(statement)

    def write(self, folder: Path) -> Path:
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder


def manifest(files: dict[str, bytes]) -> bytes:
    return b"".join(
        b"%s  %s\n" % (digest(content).hex().encode(), path.encode()) for path, content in files.items()
    )


def write_trust(folder: Path, *parties: Party, log: Log | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    signers = {"v": 1, "signers": [party.as_signer() for party in parties or (ADA, BRAM)]}
    (folder / "signers.json").write_bytes(spelled(signers))
    policy = f"# whom the court believes\n\nlog {(log or arcadian_log()).vkey}\nquorum none\n"
    (folder / "log-policy").write_text(policy, encoding="utf-8")
    (folder / "README.txt").write_text("brought by courier\n", encoding="utf-8")
    return folder

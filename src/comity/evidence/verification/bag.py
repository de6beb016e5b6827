"""The outside of a package: the files that are there, the files that are listed, and their digests."""

import os
import re
import unicodedata
from dataclasses import dataclass, field

from comity.base.errors import PeerError
from comity.evidence import layout
from comity.evidence.streams import Pass
from comity.evidence.verification.findings import Findings
from comity.evidence.verification.folder import PackageFolder
from comity.evidence.wire import is_safe_path

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_TAGS = re.compile(r"(?:seal|custody)/[A-Za-z0-9._-]+|[A-Za-z0-9._-]+")
_PART, _CHECK = "package", "layout"
_NAMED_AT_MOST = 100


@dataclass(slots=True)
class Bag:
    """What the manifests list, and which tag files were found as listed."""

    payload: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    tagmanifest: bytes = b""

    @property
    def steps(self) -> int:
        """How many custody statements the tag manifest lists from 0000 on."""
        count = 0
        while layout.statement_name(count) in self.tags and count < layout.MOST_STEPS:
            count += 1
        return count


def read_manifest(raw: bytes, *, payload: bool) -> dict[str, str]:
    """A manifest's digests by path.

    Raises:
        PeerError: a line not in the form, a path twice, or a path of the other kind.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise PeerError("is not UTF-8") from problem
    if text and not text.endswith("\n"):
        raise PeerError("does not end with a line end")
    listed: dict[str, str] = {}
    for number, line in enumerate(text.split("\n")[:-1], 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise PeerError(f"line {number} is not '<digest>  <path>'")
        digest, path = match.groups()
        if path in listed:
            raise PeerError(f"line {number} lists {path[:80]!r} a second time")
        if not (is_safe_path(path) if payload else _TAGS.fullmatch(path)):
            raise PeerError(f"line {number} lists {path[:80]!r}, which does not belong here")
        listed[path] = digest
    return listed


def check_bag(package: PackageFolder, findings: Findings) -> Bag:
    """The part ``package``: every file named, every tag file as named, nothing else there."""
    bag = Bag()
    faults: list[tuple[str, str]] = []
    try:
        bag.tagmanifest = package.read(layout.TAGMANIFEST, layout.LARGEST_LISTING)
        bag.tags = read_manifest(bag.tagmanifest, payload=False)
    except PeerError as problem:
        faults.append((layout.TAGMANIFEST, problem.what))
    try:
        bag.payload = read_manifest(package.read(layout.MANIFEST, layout.LARGEST_LISTING), payload=True)
        faults += _names_alike(bag.payload)
    except PeerError as problem:
        faults.append((layout.MANIFEST, problem.what))
    faults += _tag_faults(package, bag)
    faults += _presence_faults(package, bag)
    faults += _declaration_faults(package)
    for file, why in faults[:_NAMED_AT_MOST]:
        findings.fails(_PART, _CHECK, why, file=file)
    if len(faults) > _NAMED_AT_MOST:
        findings.fails(_PART, _CHECK, f"and {len(faults) - _NAMED_AT_MOST} more files are not as listed")
    if not faults:
        findings.holds(_PART, _CHECK)
    return bag


def _names_alike(payload: dict[str, str]) -> list[tuple[str, str]]:
    seen: dict[str, str] = {}
    faults = []
    for path in payload:
        key = unicodedata.normalize("NFC", path).casefold()
        if key in seen:
            faults.append((path, f"differs from {seen[key]!r} only in case or in Unicode form"))
        seen[key] = path
    return faults


def _tag_faults(package: PackageFolder, bag: Bag) -> list[tuple[str, str]]:
    required = {layout.BAGIT, layout.BAG_FACTS, layout.MANIFEST, layout.SEAL, layout.ITEMS, layout.CHUNKS}
    required |= {layout.KEYS, layout.statement_name(0)}
    faults = [(name, "is not listed in the tag manifest") for name in sorted(required - set(bag.tags))]
    count = bag.steps
    custody = {f(seq) for seq in range(count) for f in (layout.statement_name, layout.proof_name)}
    faults += [(name, "is not listed in the tag manifest") for name in sorted(custody - set(bag.tags))]
    stamps = {layout.stamp_name(seq) for seq in range(count)}
    others = {name for name in bag.tags if name.startswith("custody/")} - custody - stamps
    faults += [(name, "belongs to no step: numbers run from 0000 without gaps") for name in sorted(others)]
    for name, digest in bag.tags.items():
        try:
            handle = package.open(name)
        except PeerError as problem:
            faults.append((name, problem.what))
            continue
        if digest != digest_of(handle):
            faults.append((name, "is not the file that the tag manifest lists: its digest differs"))
    return faults


def digest_of(handle: int) -> str:
    """SHA-256 of an open file, which is closed; empty where it cannot be read to its end."""
    try:
        return Pass(lambda _: None).run(handle).sha256
    finally:
        os.close(handle)


def _presence_faults(package: PackageFolder, bag: Bag) -> list[tuple[str, str]]:
    listed = {*bag.payload, *bag.tags, layout.TAGMANIFEST, layout.HANDOVER}
    faults, there = [], set()
    for name, fault in package.entries():
        there.add(name)
        if fault:
            faults.append((name, fault))
        elif name not in listed:
            faults.append((name, "is not listed: it was added"))
    faults += [(name, "is missing") for name in sorted(listed - there)]
    return faults


def _declaration_faults(package: PackageFolder) -> list[tuple[str, str]]:
    faults = []
    try:
        if package.read(layout.BAGIT, layout.LARGEST_SMALL_FILE) != layout.BAG_DECLARATION:
            faults.append((layout.BAGIT, "does not declare BagIt 1.0 in UTF-8"))
        lines = package.read(layout.BAG_FACTS, layout.LARGEST_SMALL_FILE).split(b"\n")
        if layout.PACKAGE_VERSION.encode() not in lines:
            faults.append((layout.BAG_FACTS, f"does not say '{layout.PACKAGE_VERSION}'"))
    except PeerError as problem:
        faults.append((layout.BAGIT, problem.what))
    return faults

"""The outside of a package: the files that are there, the files that are listed, and their digests."""

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from comity.base.errors import PeerError
from comity.evidence import layout
from comity.evidence.streams import Pass
from comity.evidence.verification.findings import Findings
from comity.evidence.verification.folder import PackageFolder
from comity.evidence.wire import is_safe_path

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_TAGS = re.compile(
    r"bagit\.txt|bag-info\.txt|manifest-sha256\.txt|VERIFY\.txt|verify\.py"
    r"|seal/(?:seal\.json|items\.jsonl|chunks\.bin|keys\.json)|custody/[0-9]{4}\.(?:jws\.json|tlog-proof|tsr)"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PART, _CHECK = "package", "layout"
_NAMED_AT_MOST = 100


@dataclass(slots=True)
class Bag:
    """What the manifests list, and which tag files were found as listed."""

    payload: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    tagmanifest: bytes = b""
    payload_files: int = 0
    payload_bytes: int = 0

    @property
    def oxum(self) -> str:
        """Bytes and files under ``data/`` as they lie on the disk, as BagIt writes them."""
        return f"{self.payload_bytes}.{self.payload_files}"

    @property
    def steps(self) -> int:
        """How many custody statements the tag manifest lists from 0000 on."""
        count = 0
        while layout.statement_name(count) in self.tags and count < layout.MOST_STEPS:
            count += 1
        return count


def read_manifest(lines: Iterable[bytes], *, payload: bool) -> dict[str, str]:
    """A manifest's digests by path, in its order.

    Raises:
        PeerError: a line not in the form, a path twice, or a path that does not belong there.
    """
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        try:
            match = _LINE.fullmatch(line.decode("utf-8"))
        except UnicodeDecodeError as problem:
            raise PeerError(f"line {number} is not UTF-8") from problem
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
        bag.tagmanifest = package.read(layout.TAGMANIFEST, layout.LARGEST_SMALL_FILE)
        bag.tags = read_manifest(package.lines(layout.TAGMANIFEST, layout.LONGEST_LINE), payload=False)
        if list(bag.tags) != sorted(bag.tags):
            faults.append((layout.TAGMANIFEST, "is not sorted"))
    except PeerError as problem:
        faults.append((layout.TAGMANIFEST, problem.what))
    try:
        bag.payload = read_manifest(package.lines(layout.MANIFEST, layout.LONGEST_LINE), payload=True)
        faults += _names_alike(bag.payload)
    except PeerError as problem:
        faults.append((layout.MANIFEST, problem.what))
    faults += _tag_faults(package, bag)
    faults += _presence_faults(package, bag)
    faults += _declaration_faults(package, bag)
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
            handle = package.open(name, _limit(name))
        except PeerError as problem:
            faults.append((name, problem.what))
            continue
        if digest != digest_of(handle):
            faults.append((name, "is not the file that the tag manifest lists: its digest differs"))
    return faults


def _limit(name: str) -> int:
    """How large a tag file may be: the lists grow with the evidence, nothing else does."""
    lists = {layout.MANIFEST, layout.ITEMS, layout.CHUNKS}
    return layout.LARGEST_LISTING if name in lists else layout.LARGEST_SMALL_FILE


def digest_of(handle: int) -> str:
    """SHA-256 of an open file, which is closed; empty where it cannot be read to its end."""
    try:
        return Pass(lambda _: None).run(handle).sha256
    finally:
        os.close(handle)


def _presence_faults(package: PackageFolder, bag: Bag) -> list[tuple[str, str]]:
    listed = {*bag.payload, *bag.tags, layout.TAGMANIFEST, layout.HANDOVER}
    faults, there = [], set()
    for name, fault, size in package.entries():
        there.add(name)
        if name.startswith("data/") and not fault:
            bag.payload_files += 1
            bag.payload_bytes += size
        if fault:
            faults.append((name, fault))
        elif name not in listed:
            faults.append((name, "is not listed: it was added"))
    faults += [(name, "is missing") for name in sorted(listed - there)]
    return faults


def _declaration_faults(package: PackageFolder, bag: Bag) -> list[tuple[str, str]]:
    faults = []
    try:
        if package.read(layout.BAGIT, layout.LARGEST_SMALL_FILE) != layout.BAG_DECLARATION:
            faults.append((layout.BAGIT, "does not declare BagIt 1.0 in UTF-8"))
    except PeerError as problem:
        faults.append((layout.BAGIT, problem.what))
    try:
        facts = package.read(layout.BAG_FACTS, layout.LARGEST_SMALL_FILE).decode("utf-8")
    except (PeerError, UnicodeDecodeError) as problem:
        return [
            *faults,
            (layout.BAG_FACTS, problem.what if isinstance(problem, PeerError) else "is not UTF-8"),
        ]
    expected = {
        "Bagging-Date": _DATE,
        "Payload-Oxum": re.compile(re.escape(bag.oxum)),
        "Comity-Package": re.compile("1"),
    }
    for label, form in expected.items():
        said = [
            line.removeprefix(f"{label}: ") for line in facts.split("\n") if line.startswith(f"{label}: ")
        ]
        if len(said) != 1 or not form.fullmatch(said[0]):
            faults.append((layout.BAG_FACTS, f"says no {label}, or not the right one"))
    return faults

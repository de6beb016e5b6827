"""The seal against its lists, and every byte against the seal."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from comity.base.errors import PeerError
from comity.base.merkle import HASH_BYTES, GrowingRoot, leaf_hash, root_of_packed
from comity.evidence import layout
from comity.evidence.streams import ReadingStoppedError, StreamDigests, read_pass
from comity.evidence.terms import CHUNK_BYTES, Item, ItemKind, Seal
from comity.evidence.verification.bag import Bag
from comity.evidence.verification.findings import Findings
from comity.evidence.verification.folder import PackageFolder
from comity.evidence.wire import digest, read_item, read_seal

_PART, _CHECK = "seal", "content"
_SPANS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal that was read, and the items under it."""

    seal: Seal
    digest: str
    items: tuple[Item, ...]
    leaves: bytes


def check_seal(package: PackageFolder, bag: Bag, findings: Findings) -> Sealed | None:
    """The part ``seal``: seal.json against the item list, the chunk digests and the payload manifest."""
    try:
        raw = package.read(layout.SEAL, layout.LARGEST_SMALL_FILE)
        lines = package.lines(layout.ITEMS, layout.LONGEST_LINE)
        sealed = read_sealed(raw, lines, lambda limit: package.read(layout.CHUNKS, limit))
    except PeerError as problem:
        findings.fails(_PART, _CHECK, problem.what)
        return None
    before = len(findings.found)
    listed = {item.path: item.sha256 for item in sealed.items if item.kind is ItemKind.FILE}
    for path in sorted(set(listed) | set(bag.payload)):
        if listed.get(path) != bag.payload.get(path):
            findings.fails(_PART, _CHECK, "is not in seal and manifest alike", file=path)
    if list(listed) != list(bag.payload) and len(findings.found) == before:
        findings.fails(_PART, _CHECK, "lists the files in another order than the seal", file=layout.MANIFEST)
    if len(findings.found) == before:
        findings.holds(_PART, _CHECK)
    return sealed


def read_sealed(raw: bytes, lines: Iterable[bytes], read_leaves: Callable[[int], bytes]) -> Sealed:
    """The seal and its items, each against the other.

    Args:
        raw: the bytes of the seal.
        lines: the lines of the item list, read one at a time.
        read_leaves: reads the chunk digests, at most so many bytes.

    Raises:
        PeerError: they do not belong together.
    """
    seal = read_seal(raw)
    items, growing, size = [], GrowingRoot(), 0
    for line in lines:
        item = read_item(line)
        growing.add(leaf_hash(line))
        size += item.size
        items.append(item)
    if (growing.count, size) != (seal.count, seal.size):
        raise PeerError(
            f"the seal counts {seal.count} items, {seal.size} bytes; the list {growing.count}, {size}"
        )
    if growing.root().hex() != seal.root:
        raise PeerError("the item list is not the one that was sealed: its root differs")
    expected = HASH_BYTES * sum(item.chunks for item in items)
    leaves = read_leaves(expected)
    if len(leaves) != expected:
        raise PeerError("the chunk digests are not as many as the items have chunks")
    paths = [item.path for item in items if item.kind is ItemKind.FILE]
    if len(set(paths)) != len(paths):
        raise PeerError("two items lie at one path")
    sealed = Sealed(seal, digest(raw), tuple(items), leaves)
    for item, packed in with_leaves(sealed):
        if root_of_packed(packed).hex() != item.root:
            raise PeerError(f"the chunk digests of {item.path} are not the ones that were sealed")
    return sealed


def with_leaves(sealed: Sealed) -> Iterator[tuple[Item, bytes]]:
    """Each file item with its chunk digests."""
    at = 0
    for item in sealed.items:
        if item.kind is ItemKind.FILE:
            end = at + HASH_BYTES * item.chunks
            yield item, sealed.leaves[at:end]
            at = end


def check_items(
    open_item: Callable[[Item], int],
    sealed: Sealed,
    findings: Findings,
    progress: Callable[[int], object] | None = None,
) -> None:
    """The parts ``item …``: every file read once, its size, SHA-256 and chunk root against the seal."""
    for item, leaves in with_leaves(sealed):
        part = f"item {item.path}"
        try:
            handle = open_item(item)
        except PeerError as problem:
            findings.fails(part, "digest", problem.what, file=item.path)
            continue
        size = os.fstat(handle).st_size
        if size != item.size:
            # The size alone settles it; a file of another size is not read, however long it is.
            os.close(handle)
            span = (min(size, item.size), max(size, item.size))
            findings.fails(
                part, "digest", f"has {size} bytes, sealed were {item.size}", file=item.path, span=span
            )
            continue
        try:
            found, found_leaves = read_pass(handle, progress)
        except ReadingStoppedError as problem:
            findings.fails(part, "digest", problem.what, file=item.path)
            continue
        finally:
            os.close(handle)
        if (found.size, found.sha256, found.root) == (item.size, item.sha256, item.root):
            findings.holds(part, "digest")
        else:
            _name_spans(
                part, item, found, findings, list(_spans(leaves, found_leaves, item.size, found.size))
            )


def _name_spans(
    part: str, item: Item, found: StreamDigests, findings: Findings, spans: list[tuple[int, int]]
) -> None:
    size = "" if found.size == item.size else f"; it has {found.size} bytes, sealed were {item.size}"
    for begin, end in spans[:_SPANS_AT_MOST]:
        why = f"bytes {begin} to {end} are not the bytes that were sealed{size}"
        findings.fails(part, "digest", why, file=item.path, span=(begin, end))
    if len(spans) > _SPANS_AT_MOST:
        findings.fails(
            part, "digest", f"and {len(spans) - _SPANS_AT_MOST} more ranges differ", file=item.path
        )
    if not spans:
        findings.fails(part, "digest", f"its digest is not the one that was sealed{size}", file=item.path)


def _spans(sealed: bytes, found: bytes, sealed_size: int, found_size: int) -> Iterator[tuple[int, int]]:
    """The byte ranges whose chunks differ, neighbours joined; the end is not part of a range."""
    total = max(sealed_size, found_size)
    begin = None
    for at in range(0, max(len(sealed), len(found)), HASH_BYTES):
        differs = sealed[at : at + HASH_BYTES] != found[at : at + HASH_BYTES]
        offset = at // HASH_BYTES * CHUNK_BYTES
        if differs and begin is None:
            begin = offset
        elif not differs and begin is not None:
            yield begin, offset
            begin = None
    if begin is not None:
        yield begin, total

"""One tree for chunks of a file, items of an exhibit and entries of a log.

RFC 6962 section 2.1 with SHA-256: leaf H(00 || entry), node H(01 || left || right). Proof algorithms follow
RFC 9162 section 2.1.3 and 2.1.4. Nothing here reads or stores; callers bring the leaf hashes.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeAt = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The leaf hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class GrowingRoot:
    """The root over leaf hashes as they come, holding only one hash a level (RFC 6962 section 2.1)."""

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self.count = 0

    def add(self, leaf: bytes) -> None:
        """Take the next leaf hash."""
        top, covered = leaf, self.count
        while covered & 1:
            top = node_hash(self._peaks.pop(), top)
            covered >>= 1
        self._peaks.append(top)
        self.count += 1

    def root(self) -> bytes:
        """The root over the leaf hashes so far."""
        if not self._peaks:
            return EMPTY_ROOT
        top = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            top = node_hash(peak, top)
        return top


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in order."""
    growing = GrowingRoot()
    for leaf in leaves:
        growing.add(leaf)
    return growing.root()


def root_of_packed(packed: bytes | memoryview) -> bytes:
    """The root over leaf hashes lying one after the other, 32 bytes each."""
    return root_of(bytes(packed[at : at + HASH_BYTES]) for at in range(0, len(packed), HASH_BYTES))


def largest_power_below(count: int) -> int:
    """The largest power of two smaller than a count of two or more."""
    return 1 << ((count - 1).bit_length() - 1)


def range_hash(begin: int, end: int, node_at: NodeAt) -> bytes:
    """The hash over the leaves from begin up to end, from the tree's complete nodes.

    Args:
        begin: first leaf; a multiple of the range's largest complete subtree.
        end: leaf after the last.
        node_at: gives the complete node of a level at an index on that level.
    """
    width = end - begin
    if width == 0:
        return EMPTY_ROOT
    if width & (width - 1) == 0 and begin % width == 0:
        return node_at(width.bit_length() - 1, begin // width)
    split = begin + largest_power_below(width)
    return node_hash(range_hash(begin, split, node_at), range_hash(split, end, node_at))


def inclusion_path(index: int, size: int, node_at: NodeAt) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves (RFC 9162 section 2.1.3.1)."""
    begin, end, path = 0, size, list[bytes]()
    while end - begin > 1:
        split = begin + largest_power_below(end - begin)
        if index < split:
            path.append(range_hash(split, end, node_at))
            end = split
        else:
            path.append(range_hash(begin, split, node_at))
            begin = split
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves the leaf at index in the tree of that size and root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, top = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            top = node_hash(sibling, top)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            top = node_hash(top, sibling)
        here >>= 1
        last >>= 1
    return last == 0 and top == root


def consistency_path(older: int, newer: int, node_at: NodeAt) -> list[bytes]:
    """The proof that the tree of ``older`` leaves is the beginning of the newer (RFC 9162 2.1.4.1)."""
    if not 0 < older < newer:
        return []
    path: list[bytes] = []
    begin, end, whole = 0, newer, True
    while older != end:
        split = begin + largest_power_below(end - begin)
        if older <= split:
            path.append(range_hash(split, end, node_at))
            end = split
        else:
            path.append(range_hash(begin, split, node_at))
            begin, whole = split, False
    if not whole:
        path.append(range_hash(begin, end, node_at))
    return path[::-1]


def extends(older: int, newer: int, path: Sequence[bytes], older_root: bytes, newer_root: bytes) -> bool:
    """Whether the path proves that the newer tree only appends to the older (RFC 9162 section 2.1.4.2)."""
    if older == newer:
        return not path and older_root == newer_root
    if not 0 < older < newer:
        return older == 0 and not path
    proof = list(path)
    if older & (older - 1) == 0:
        proof.insert(0, older_root)
    if not proof:
        return False
    here, last = older - 1, newer - 1
    while here & 1:
        here >>= 1
        last >>= 1
    first = second = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        here >>= 1
        last >>= 1
    return last == 0 and first == older_root and second == newer_root

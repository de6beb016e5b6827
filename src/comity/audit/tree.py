"""How a log's tree lies in tiles, and how it grows.

C2SP tlog-tiles: a tile of level L holds up to 256 hashes, each the root over 256^L entries; full tiles never
change, the last of each level only grows. Pure arithmetic: a reader of tiles is handed in.
"""

from collections.abc import Callable, Sequence

from comity.base.errors import OurError
from comity.base.merkle import HASH_BYTES, NodeAt, leaf_hash, range_hash, root_of_packed

TILE_WIDTH = 256
_TILE_BITS = 8

TileAt = Callable[[int, int], bytes]
"""Gives the hashes, 32 bytes each, of the tile of a level at an index; empty where there is none."""


def path_number(index: int) -> str:
    """An index as tlog-tiles writes it in a path: groups of three digits, all but the last with x."""
    text = f"{index:03d}"
    text = text.zfill(-(-len(text) // 3) * 3)
    groups = [text[at : at + 3] for at in range(0, len(text), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def tile_path(level: int, index: int, width: int) -> str:
    """Where a tile lies in a log published as files."""
    return f"tile/{level}/{path_number(index)}{_partial(width)}"


def entries_path(index: int, width: int) -> str:
    """Where a bundle of entries lies in a log published as files."""
    return f"tile/entries/{path_number(index)}{_partial(width)}"


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle: each with its length in two bytes before it."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(raw: bytes) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        OurError: the bundle ends in the middle of an entry.
    """
    entries, at = list[bytes](), 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 2], "big")
        entry = raw[at + 2 : at + 2 + length]
        if len(entry) != length:
            raise OurError("a bundle of log entries is cut short")
        entries.append(entry)
        at += 2 + length
    return entries


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes the tile of a level at an index holds in a log of a size."""
    return max(0, min(TILE_WIDTH, (size >> (_TILE_BITS * level)) - index * TILE_WIDTH))


def grow(size: int, entries: Sequence[bytes], tile_at: TileAt) -> dict[tuple[int, int], bytes]:
    """The tiles that change when entries are appended to a log of a size, by level and index."""
    changed: dict[tuple[int, int], bytes] = {}
    added = b"".join(leaf_hash(entry) for entry in entries)
    level, held = 0, size
    while added:
        index, used = divmod(held, TILE_WIDTH)
        packed = tile_at(level, index)[: used * HASH_BYTES] if used else b""
        if len(packed) != used * HASH_BYTES:
            raise OurError(f"tile {level}/{index} of the log holds less than its size says")
        packed += added
        above = b""
        for offset in range(0, len(packed), TILE_WIDTH * HASH_BYTES):
            tile = packed[offset : offset + TILE_WIDTH * HASH_BYTES]
            changed[(level, index)] = tile
            index += 1
            if len(tile) == TILE_WIDTH * HASH_BYTES:
                above += root_of_packed(tile)
        added, held, level = above, held >> _TILE_BITS, level + 1
    return changed


def nodes(tile_at: TileAt) -> NodeAt:
    """A reader of complete nodes, from a reader of tiles."""

    def node_at(level: int, index: int) -> bytes:
        tile_level, rest = divmod(level, _TILE_BITS)
        first = index << rest
        tile = tile_at(tile_level, first // TILE_WIDTH)
        at = (first % TILE_WIDTH) * HASH_BYTES
        packed = tile[at : at + (HASH_BYTES << rest)]
        if len(packed) != HASH_BYTES << rest:
            raise OurError(
                f"tile {tile_level}/{first // TILE_WIDTH} of the log holds less than its size says"
            )
        return root_of_packed(packed)

    return node_at


def root_at(size: int, tile_at: TileAt) -> bytes:
    """The root over the first entries of a log."""
    return range_hash(0, size, nodes(tile_at))

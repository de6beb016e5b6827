"""The tree against a second implementation written straight from the definition, and RFC 6962's own roots."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base import merkle

# The eight entries of the Certificate Transparency reference tests (RFC 6962, its implementation's vectors).
ENTRIES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
ENTRIES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def by_definition(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


def leaves_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def nodes_of(leaves: list[bytes]) -> merkle.NodeAt:
    def node_at(level: int, index: int) -> bytes:
        return by_definition(leaves[index << level : (index + 1) << level])

    return node_at


@pytest.mark.parametrize("size", list(ROOTS))
def test_the_reference_vectors_of_certificate_transparency_hold(size: int) -> None:
    assert merkle.root_of(map(merkle.leaf_hash, ENTRIES[:size])).hex() == ROOTS[size]


def test_every_tree_up_to_130_leaves_has_the_root_of_the_definition() -> None:
    for size in range(131):
        assert merkle.root_of(leaves_of(size)) == by_definition(leaves_of(size))


def test_every_leaf_of_every_tree_up_to_40_is_proved_and_no_other_leaf_is() -> None:
    for size in range(1, 41):
        leaves = leaves_of(size)
        root = by_definition(leaves)
        for index, leaf in enumerate(leaves):
            path = merkle.inclusion_path(index, size, nodes_of(leaves))
            assert merkle.includes(leaf, index, size, path, root)
            assert not merkle.includes(leaves[index - 1], index, size, path, root) or size == 1
            assert not merkle.includes(leaf, (index + 1) % size, size, path, root) or size == 1
            assert not merkle.includes(leaf, index, size, [*path, root], root)
            assert not path or not merkle.includes(leaf, index, size, path[:-1], root)


def test_every_pair_of_sizes_up_to_40_is_consistent_and_a_changed_past_is_not() -> None:
    for newer in range(1, 41):
        leaves = leaves_of(newer)
        root = by_definition(leaves)
        for older in range(1, newer + 1):
            path = merkle.consistency_path(older, newer, nodes_of(leaves))
            assert merkle.extends(older, newer, path, by_definition(leaves[:older]), root)
            assert not merkle.extends(older, newer, path, merkle.leaf_hash(b"another past"), root)
            assert not merkle.extends(older, newer, [*path, root], by_definition(leaves[:older]), root)


@pytest.mark.soak
@given(st.integers(1, 300), st.data())
def test_a_path_with_one_bit_changed_proves_nothing(size: int, draw: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = draw.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, size, nodes_of(leaves))
    if not path:
        return
    at = draw.draw(st.integers(0, len(path) - 1))
    changed = bytearray(path[at])
    changed[draw.draw(st.integers(0, 31))] ^= 1 << draw.draw(st.integers(0, 7))
    assert not merkle.includes(
        leaves[index], index, size, [*path[:at], bytes(changed), *path[at + 1 :]], by_definition(leaves)
    )

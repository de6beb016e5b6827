"""The node of these tests."""

from pathlib import Path

import pytest

import cast
from nodes import Node


@pytest.fixture
def node(tmp_path: Path, db: None) -> Node:
    del db
    first = cast.person(tmp_path / "node", cast.AMINA, "log.arcadia.example/custody")
    second = cast.Person(first.home, first.home.make_holder("bruno", cast.BRUNO, cast.NOON))
    return Node(tmp_path / "node", {"amina": first, "bruno": second})

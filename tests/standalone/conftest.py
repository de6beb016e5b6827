"""Packages made by hand, good until a test spoils them."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from standalone import package_by_hand as hand

if TYPE_CHECKING:
    from pathlib import Path

from standalone.running import COMMAND, STAND_IN, Bench


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    hand.Maker().make().write(folder / "package")
    hand.write_trust(folder / "trust")
    return folder


@pytest.fixture
def bench(good: Path, tmp_path: Path) -> Bench:
    shutil.copytree(good, tmp_path / "bench")
    return Bench(tmp_path / "bench")


@pytest.fixture
def small(tmp_path: Path) -> Bench:
    """The same with next to no evidence, for tests that verify very often."""
    hand.Maker(evidence={"data/note.txt": b"note"}).make().write(tmp_path / "small/package")
    hand.write_trust(tmp_path / "small/trust")
    return Bench(tmp_path / "small")


@pytest.fixture(scope="module")
def new_openssl(tmp_path_factory: pytest.TempPathFactory) -> str:
    stand_in = tmp_path_factory.mktemp("openssl") / "openssl"
    stand_in.write_text(STAND_IN.format(python=sys.executable, command=COMMAND))
    stand_in.chmod(0o755)
    return str(stand_in)

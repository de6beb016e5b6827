"""Documents are executed: commands, make targets and the README's lines are compared with the program."""

import argparse
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from comity.cli import door

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def verbs_of(noun: str) -> list[str]:
    parser = argparse.ArgumentParser()
    if noun == "verify":
        return []
    below = parser.add_subparsers()
    importlib.import_module(f"comity.cli.{noun}").add_verbs(below)
    return list(below.choices)


@pytest.mark.parametrize("noun", door.NOUNS)
def test_every_command_stands_in_the_page_of_commands(noun: str) -> None:
    page = read("docs/commands.md")
    for verb in verbs_of(noun) or [""]:
        assert f"comity {noun} {verb}".strip() in page


def test_every_command_in_the_page_is_one_that_the_program_knows() -> None:
    known = {f"{noun} {verb}".strip() for noun in door.NOUNS for verb in [*verbs_of(noun), ""]}
    named = {
        " ".join(match.split())
        for match in re.findall(r"`comity ([a-z]+(?: [a-z]+)?)", read("docs/commands.md"))
    }
    nouns = {name.split()[0] for name in named}
    assert nouns <= set(door.NOUNS)
    assert {name for name in named if not name.startswith("verify")} <= known


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", read("Makefile")))
    for name in ("README.md", "CONTRIBUTING.md", "docs/house.md"):
        for target in re.findall(r"`make ([a-z]+)", read(name)):
            assert target in targets, f"{name} names make {target}"
    assert {"demo", "run", "test", "check", "soak", "bench", "diagrams", "docs"} <= targets


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "law" / "README.md"]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_threats_that_tests_cite_are_numbered_in_the_threat_model() -> None:
    model = read("docs/threat-model.md")
    cited = {
        number
        for path in (ROOT / "tests").rglob("*.py")
        for number in re.findall(r"\bT[0-9]{2}\b", path.read_text(encoding="utf-8"))
    }
    assert cited
    assert sorted(number for number in cited if number not in model) == []


def test_the_readmes_commands_do_what_they_say(tmp_path: Path) -> None:
    """Every line of the README's ``sh`` blocks that seals or verifies, as typed, in a copy of the tree."""
    blocks = re.findall(r"```sh\n(.*?)```", read("README.md"), re.DOTALL)
    lines = [
        line for block in blocks for line in block.splitlines() if line and not line.startswith(("#", "make"))
    ]
    assert any("exhibit seal" in line for line in lines)
    assert any("verify.py" in line for line in lines)
    shutil.copy(ROOT / "README.md", tmp_path / "README.md")
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for tool in ("comity", "python"):
        (tmp_path / ".venv" / "bin" / tool).symlink_to(Path(sys.executable).with_name(tool))
    environment = os.environ | {"COMITY_HOME": str(tmp_path / "somebody"), "HOME": str(tmp_path)}
    for line in lines:
        ran = subprocess.run(
            line,
            shell=True,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert ran.returncode in ({0, 4} if "verify.py" in line else {0}), f"{line}\n{ran.stdout}{ran.stderr}"

"""The commands as somebody types them: real processes, real exit codes, errors that say what to do."""

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import cast

COMITY = Path(sys.executable).with_name("comity")
ALL_NOUNS = ("exhibit", "key", "law", "node", "trust", "verify")


@dataclass
class Terminal:
    """Somebody's terminal: a folder and a home."""

    folder: Path

    def __call__(self, words: str, *more: str, code: int = 0, home: str = "home") -> str:
        """Type a command; what it printed, after its exit code was the expected one."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("COMITY", "DJANGO"))
        }
        environment |= {"HOME": str(self.folder), "COMITY_HOME": str(self.folder / home)}
        typed = [str(COMITY), *words.split(), *more]
        ran = subprocess.run(
            typed,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        assert ran.returncode == code, f"{words}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr


@pytest.fixture
def comity(tmp_path: Path) -> Terminal:
    cast.evidence(tmp_path)
    return Terminal(tmp_path)


def test_sealing_needs_nothing_but_a_path_and_a_target(comity: Terminal) -> None:
    said = comity("exhibit seal seized --out package")
    assert "sealed" in said
    assert "package" in said
    comity("trust export trust")
    assert "VERIFIED" in comity("verify package --trust trust")
    assert "INTACT, SIGNER UNKNOWN" in comity("verify package", code=3)
    found = json.loads(comity("verify package --trust trust --json"))
    assert (found["verdict"], found["exit"]) == ("verified", 0)


def test_what_was_said_is_in_the_step_and_what_was_not_is_not_stated(comity: Terminal) -> None:
    comity("exhibit seal seized --out package --purpose search --place Northport")
    comity("trust export trust")
    said = comity("verify package --trust trust")
    assert "purpose: search; authority: not stated; place: Northport; device: not stated" in said


def test_an_exhibit_goes_from_the_field_into_a_node_and_out_to_a_court(comity: Terminal) -> None:
    comity("node init node --log log.arcadia.example/custody")
    named = ["--name", "Bruno Keller", "--role", "custodian", "--authority", "Cyber Police", "--state", "XA"]
    comity("key make bruno", *named, home="node")
    comity("trust export receiver --only bruno", home="node")
    comity("exhibit seal seized --out package")
    comity("exhibit transfer package --to receiver")
    comity("trust export sender")
    assert "every signer trusted" in comity(
        "exhibit transfer package --accept --trust sender --home node --as bruno"
    )
    listed = comity("exhibit show --home node")
    name = listed.split()[1]
    assert "3 step(s)" in listed
    comity(f"exhibit check {name} --home node")
    assert "custodian" in comity(f"exhibit show {name} --home node")
    comity(f"exhibit export {name} --out for-court --for", "Court of Northport", "--home", "node")
    comity("trust export keeper", home="node")
    comity("trust join both sender keeper")
    assert "VERIFIED" in comity("verify for-court --trust both")
    assert "DOES NOT HOLD" in comity("verify for-court --trust keeper", code=1)


def test_a_package_of_strangers_is_not_accepted_where_trust_is_asked(comity: Terminal) -> None:
    comity("exhibit seal seized --out package", home="stranger")
    comity("key make dalia --name Dalia --role expert --authority Court --state XB", home="hers")
    comity("trust export dalia --only dalia", home="hers")
    comity("exhibit transfer package --to dalia", home="stranger")
    said = comity("exhibit transfer package --accept --trust dalia", home="hers", code=2)
    assert "does not hold" in said
    assert "was not checked" in comity("exhibit transfer package --accept", home="hers")


REFUSED = {
    "sealing nothing": ("exhibit seal missing --out package", 2, "Check the path"),
    "sealing without a target": ("exhibit seal seized", 2, "--out"),
    "sealing over something": ("exhibit seal seized --out seized", 2, "does not exist yet"),
    "sealing a device": ("exhibit seal /dev/null --out package", 2, "image"),
    "verifying nothing": ("verify missing", 2, "no package folder"),
    "trusting nothing": ("verify seized --trust missing", 2, "no trust folder"),
    "showing without a node": ("exhibit show", 2, "not a node"),
    "acting with a key that is not there": ("exhibit seal seized --out package --as nobody", 2, "Keys here"),
    "a key of a forbidden name": (
        "key make ../up --name a --role b --authority c --state d",
        2,
        "lower-case",
    ),
    "a node in a full folder": ("node init seized", 2, "does not exist yet"),
    "exporting trust without keys": ("trust export trust", 2, "key make"),
    "a target without a folder": ("exhibit seal seized --out nowhere/package", 2, "Make it first"),
    "a stamp authority that is none": (
        "exhibit seal seized --out package --stamp-authority ftp://x --stamp-roots /dev/null",
        2,
        "https://",
    ),
    "a stamp authority without roots": (
        "exhibit seal seized --out package --stamp-authority http://127.0.0.1:9/",
        2,
        "--stamp-roots",
    ),
    "an unknown noun": ("evidence seal", 2, "invalid choice"),
}


@pytest.mark.parametrize(("words", "code", "advice"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_input_gets_an_error_that_says_what_to_do_and_leaves_nothing(
    comity: Terminal, words: str, code: int, advice: str
) -> None:
    before = sorted(path.name for path in comity.folder.iterdir())
    assert advice in comity(words, code=code)
    assert sorted(path.name for path in comity.folder.iterdir() if path.name != "home") == before
    assert not (comity.folder / "home" / "stamp-authority").exists()


def test_what_the_machine_refuses_is_said_and_not_thrown(comity: Terminal) -> None:
    """T15."""
    for words in (
        "exhibit seal seized --out /proc/package",
        "node init /proc/node",
        "trust export /proc/trust",
    ):
        assert "refuses" in comity(words, code=2) or "No key" in comity(words, code=2)


def test_a_refusal_names_its_rule(comity: Terminal) -> None:
    comity("exhibit seal seized --out package")
    said = comity("exhibit transfer package --accept", code=1)
    assert "It was not offered to anybody" in said
    assert "basis" in said


def test_showing_a_package_never_calls_it_verified_and_fails_where_it_does_not_hold(comity: Terminal) -> None:
    comity("exhibit seal seized --out package")
    assert "NOT VERIFIED" in comity("exhibit show package")
    seal = comity.folder / "package/seal/seal.json"
    seal.write_bytes(seal.read_bytes().replace(b"seized", b"sealed"))
    assert "DOES NOT HOLD" in comity("exhibit show package", code=1)


def test_trust_is_never_taken_from_inside_the_package(comity: Terminal) -> None:
    """T22."""
    comity("exhibit seal seized --out package")
    comity("trust export package/trust")
    assert "inside the package" in comity("verify package --trust package/trust", code=2)


def test_a_trust_folder_says_whom_it_trusts_in_words(comity: Terminal) -> None:
    comity("exhibit seal seized --out package")
    fingerprint = comity("trust export trust").split("fingerprint")[1].split("\n")[0].strip()
    said = comity("trust show trust")
    assert fingerprint in said
    assert "Nobody else is trusted for anything" in said


def test_words_of_strangers_cannot_steer_the_terminal(comity: Terminal) -> None:
    """T06."""
    (comity.folder / "seized" / "plain\x1b[2Jname").write_bytes(b"")
    said = comity(
        "exhibit seal seized --out package --label", "\x1b[31mred\u202e", "--purpose", "a\rVERIFIED"
    )
    comity("trust export trust")
    for text in (said, comity("verify package --trust trust"), comity("exhibit show package")):
        assert not {"\x1b", "\r", "\u202e"} & set(text)
    assert "<001B>[31mred<202E>" in said


def test_a_package_with_a_fifo_for_its_facts_does_not_hold_and_does_not_hang(comity: Terminal) -> None:
    comity("exhibit seal seized --out package")
    (comity.folder / "package/bag-info.txt").unlink()
    os.mkfifo(comity.folder / "package/bag-info.txt")
    assert "DOES NOT HOLD" in comity("verify package", code=1)


def test_a_package_with_an_endless_list_does_not_hold_and_does_not_exhaust(comity: Terminal) -> None:
    """T23."""
    comity("exhibit seal seized --out package")
    for name, size in (
        ("seal/items.jsonl", 3 << 30),
        ("manifest-sha256.txt", 1 << 28),
        ("seal/chunks.bin", 1 << 28),
    ):
        shutil.copytree(comity.folder / "package", comity.folder / "copy")
        os.truncate(comity.folder / "copy" / name, size)
        assert "DOES NOT HOLD" in comity("verify copy", code=1)
        shutil.rmtree(comity.folder / "copy")


def test_what_lies_beside_a_package_is_not_let_in(comity: Terminal) -> None:
    """T34: somebody who hands us a package lays a half-done change beside it, with a link to our keys."""
    comity("exhibit seal seized --out package")
    comity("trust export trust")
    planted = comity.folder / ".package.pending"
    (planted / "data").mkdir(parents=True)
    (planted / "WHOLE").write_bytes(b"")
    (planted / "data" / "stolen").symlink_to(next((comity.folder / "home/keys").glob("*.json")))
    comity("exhibit check package")
    assert not (comity.folder / "package/data/stolen").exists()
    assert "VERIFIED" in comity("verify package --trust trust")


def test_keys_are_readable_by_their_owner_alone(comity: Terminal) -> None:
    """T26."""
    comity("exhibit seal seized --out package")
    home = comity.folder / "home"
    assert home.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (home / "keys").iterdir())
    kept = b"".join(path.read_bytes() for path in (comity.folder / "package").rglob("*") if path.is_file())
    for key in (home / "keys").iterdir():
        fields = json.loads(key.read_bytes())
        assert not any(
            seed.encode() in kept for seed in [*fields.get("seeds", []), fields.get("seed", "")] if seed
        )


def test_progress_is_drawn_on_a_terminal_with_rate_and_time_left(comity: Terminal) -> None:
    with (comity.folder / "seized" / "large").open("wb") as file:
        file.truncate(700 << 20)
    master, slave = pty.openpty()
    typed = [str(COMITY), "exhibit", "seal", "seized", "--out", "package", "--home", "home"]
    typed += ["--purpose", "", "--basis", "", "--place", "", "--device", ""]
    running = subprocess.Popen(
        typed, cwd=comity.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave
    )
    os.close(slave)
    drawn = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        drawn += part
    os.close(master)
    assert running.wait() == 0
    assert "s left" in drawn.decode()
    assert "MiB/s" in drawn.decode() or "GiB/s" in drawn.decode()


def test_a_question_is_asked_at_a_terminal_only(comity: Terminal) -> None:
    master, slave = pty.openpty()
    typed = [str(COMITY), "exhibit", "seal", "seized", "--out", "package", "--home", "home"]
    running = subprocess.Popen(typed, cwd=comity.folder, stdin=slave, stdout=slave, stderr=slave)
    os.write(master, b"investigation 12\nwarrant 44\n\nlaptop\n")
    os.close(slave)
    seen = b""
    while running.poll() is None or b"package  " not in seen:
        try:
            seen += os.read(master, 4096)
        except OSError:
            break
    assert running.wait() == 0
    os.close(master)
    assert b"Purpose (Enter: not stated)" in seen
    comity("trust export trust")
    assert "purpose: investigation 12; authority: warrant 44; place: not stated" in comity(
        "verify package --trust trust"
    )


@pytest.mark.parametrize("noun", ALL_NOUNS)
def test_every_noun_explains_itself(comity: Terminal, noun: str) -> None:
    assert "usage: comity" in comity(f"{noun} --help")


def test_verifying_never_loads_the_framework(comity: Terminal) -> None:
    comity("exhibit seal seized --out package")
    script = "import sys; from comity.cli.door import main; main(['verify', 'package']); sys.exit('django' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=comity.folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert "INTACT" in ran.stdout

"""The demonstration does what its story says, is only a client, and its invented evidence is what it claims."""

import ast
import csv
import email
import email.policy
import http.client
import json
import mailbox
import os
import pty
import sqlite3
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

DEMO = Path(__file__).parents[2] / "demo"
STEPS = 14
WIDTH = 100
SECTOR, FAT_SECTORS, ROOT_SECTORS = 512, 9, 14


def drive(*words: str | Path, code: int = 0) -> str:
    """What the demonstration prints, when it ends as it should."""
    command = [sys.executable, DEMO / "drive.py", *words]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def make(folder: Path) -> Path:
    subprocess.run([sys.executable, DEMO / "evidence.py", folder], capture_output=True, check=True)
    return folder


def contents(folder: Path) -> dict[str, bytes | str]:
    found: dict[str, bytes | str] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else "folder"
    return found


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made") / "evidence")


# --- the evidence, each file by its own reader


def test_the_same_evidence_is_made_every_time(evidence: Path, tmp_path: Path) -> None:
    again = make(tmp_path / "evidence")
    assert contents(again) == contents(evidence)
    for path in again.rglob("*"):
        assert path.lstat().st_mtime == (evidence / path.relative_to(again)).lstat().st_mtime


def test_the_evidence_is_small_and_has_what_a_walk_meets(evidence: Path) -> None:
    found = contents(evidence)
    assert sum(len(content) for content in found.values() if isinstance(content, bytes)) < 3 << 20
    assert found["latest-statement.csv"] == "bank/statement.csv"
    assert (evidence / "latest-statement.csv").is_symlink()
    assert (evidence / "downloads").is_dir()
    assert not list((evidence / "downloads").iterdir())
    assert "یادداشت.txt" in found


def test_a_folder_that_exists_is_left_alone(evidence: Path) -> None:
    command = [sys.executable, str(DEMO / "evidence.py"), str(evidence)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "exists already" in ran.stderr


def test_the_letters_are_a_mailbox_and_its_addresses_belong_to_nobody(evidence: Path) -> None:
    box = mailbox.mbox(evidence / "mail" / "correspondence.mbox", create=False)
    letters = [email.message_from_bytes(one.as_bytes(), policy=email.policy.default) for one in box]
    box.close()
    assert len(letters) == 6
    for letter in letters:
        for header in ("from", "to"):
            assert str(letter[header]).rstrip(">").endswith((".example.org", ".invalid"))
    assert any("پرداخت" in str(letter["subject"]) for letter in letters)


def test_the_forged_letter_carries_a_page(evidence: Path) -> None:
    raw = (evidence / "mail" / "changed-account.eml").read_bytes()
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "invoice-2207.pdf"
    page = attached.get_content()
    table = int(page.rsplit(b"startxref\n", 1)[1].split()[0])
    assert page.startswith(b"%PDF-1.4\n")
    assert page[table:].startswith(b"xref\n0 6\n")
    for number, line in enumerate(page[table:].splitlines()[3:8], 1):
        assert page[int(line[:10]) :].startswith(f"{number} 0 obj".encode())


def test_the_picture_is_a_png_whose_every_chunk_holds(evidence: Path) -> None:
    raw = (evidence / "pictures" / "payment-confirmation.png").read_bytes()
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, dict[bytes, bytes]()
    while at < len(raw):
        length, kind = struct.unpack_from(">I4s", raw, at)
        body = raw[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", raw, at + 8 + length)[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        at += length + 12
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)
    assert list(chunks)[-1] == b"IEND"


def test_the_chat_is_a_database_without_fault(evidence: Path) -> None:
    with closing(sqlite3.connect(evidence / "chat" / "messages.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = database.execute(
            "SELECT shown_as, body FROM message JOIN person ON person.id = sender ORDER BY sent"
        ).fetchall()
    assert len(rows) == 5
    assert rows[0][0] == "North Star"


def test_the_statement_adds_up(evidence: Path) -> None:
    with (evidence / "bank" / "statement.csv").open(encoding="utf-8", newline="") as file:
        _, opening, *rows = csv.reader(file)
    balance = float(opening[5])
    for row in rows:
        balance = round(balance + float(row[4]), 2)
        assert balance == float(row[5])


def fat_chain(table: bytes, cluster: int) -> Iterator[int]:
    while 2 <= cluster < 0xFF0:
        yield cluster
        pair = int.from_bytes(table[cluster * 3 // 2 : cluster * 3 // 2 + 2], "little")
        cluster = pair >> 4 if cluster % 2 else pair & 0xFFF


def test_the_disk_holds_two_files_and_an_erased_one(evidence: Path) -> None:
    raw = (evidence / "disk" / "floppy.img").read_bytes()
    assert (raw[0], raw[510:512], raw[54:62]) == (0xEB, b"\x55\xaa", b"FAT12   ")
    assert len(raw) == struct.unpack_from("<H", raw, 19)[0] * SECTOR == 1_474_560
    table, copy = (raw[SECTOR * at : SECTOR * (at + FAT_SECTORS)] for at in (1, 1 + FAT_SECTORS))
    assert table == copy
    root = SECTOR * (1 + 2 * FAT_SECTORS)
    first = root + SECTOR * ROOT_SECTORS - 2 * SECTOR
    files = {}
    for at in range(root, root + 4 * 32, 32):
        name, kind, cluster, size = raw[at : at + 11], raw[at + 11], *struct.unpack_from("<HI", raw, at + 26)
        clusters = list(fat_chain(table, cluster)) if raw[at] != 0xE5 else range(cluster, cluster + 1)
        files[name] = (
            kind,
            b"".join(raw[first + c * SECTOR : first + (c + 1) * SECTOR] for c in clusters)[:size],
        )
    assert list(files) == [b"BACKUP 2026", b"READ_ME TXT", b"\xe5LAN    TXT", b"ACCOUNTSTXT"]
    assert files[b"READ_ME TXT"][1] == b"Backup of the work computer, March 2026.\r\n" * 40
    assert files[b"ACCOUNTSTXT"][1].startswith(b"OLD XB00 INVENTED 0000 4711\r\n")
    assert files[b"\xe5LAN    TXT"][1].startswith(b"1. Write as Peter.")


# --- the test stamp authority


def test_the_stamper_says_what_it_is_refuses_what_is_no_query_and_ends_with_its_starter(
    tmp_path: Path,
) -> None:
    roots = tmp_path / "roots.pem"
    command = [sys.executable, str(DEMO / "stamper.py"), "--roots", str(roots), "--while-stdin-open"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stamper:
        assert stamper.stdin is not None
        assert stamper.stdout is not None
        address = urlsplit(stamper.stdout.readline().strip())
        assert address.hostname == "127.0.0.1"
        assert "test authority" in stamper.stdout.readline()
        assert roots.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        answers = []
        for kind in ("application/timestamp-query", "text/plain"):
            with closing(
                http.client.HTTPConnection(address.hostname, address.port or 0, timeout=30)
            ) as asked:
                asked.request("POST", "/", b"no query", {"Content-Type": kind})
                answers.append(asked.getresponse().status)
        assert answers == [400, 415]
        stamper.stdin.close()
        assert stamper.wait(30) == 0


# --- the story


@pytest.mark.judge
def test_every_step_of_the_story_goes_as_expected(tmp_path: Path) -> None:
    folder, listed = tmp_path / "work", tmp_path / "steps.json"
    printed = drive("--exit", "--folder", folder, "--json", listed)
    steps = json.loads(listed.read_text(encoding="utf-8"))
    assert len(steps) == STEPS
    for step in steps:
        assert set(step) == {"step", "ok", "seconds", "command", "exit", "shown"}
        assert step["ok"], step
        assert len(step["command"]) == len(step["exit"])
        assert step["seconds"] >= 0
    assert [step["exit"] for step in steps[10:13]] == [[3, 3], [1, 1], [0, 1, 1]]
    assert steps[13]["exit"] == [0, 0, 0, 3, 1, 1]
    assert any("bytes 0 to 1048576" in line for line in steps[11]["shown"])
    assert printed.rstrip().endswith("Every step went as the story expects.")
    assert "\033" not in printed
    assert all(len(line) <= WIDTH for line in printed.splitlines() if str(tmp_path) not in line)
    assert (folder / "for-the-court" / "custody" / "0004.tsr").exists()


def test_evidence_of_ones_own_is_sealed_and_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "my evidence"
    own.mkdir()
    (own / "a file.bin").write_bytes(b"evidence")
    (own / "empty").touch()
    Path(os.fsdecode(os.fsencode(own) + b"/not\xffutf-8")).write_bytes(b"x")
    before = contents(own)
    printed = drive("--exit", "--evidence", own, "--folder", tmp_path / "work")
    assert "data/my evidence/a file.bin" in printed
    assert contents(own) == before


@pytest.mark.parametrize(
    "words", [("--evidence", "nothing"), ("--folder", "full"), ("--json", "no/where.json")]
)
def test_what_cannot_begin_says_why(
    words: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    monkeypatch.chdir(tmp_path)
    assert drive(*words, code=2).startswith("demo: ")


def test_a_story_that_goes_wrong_ends_there_and_says_so(tmp_path: Path) -> None:
    listed = tmp_path / "steps.json"
    inside = tmp_path / "evidence" / "work"
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "file").write_bytes(b"x")
    words = ("--exit", "--evidence", tmp_path / "evidence", "--folder", inside, "--json", listed)
    printed = drive(*words, code=1)
    assert [step["ok"] for step in json.loads(listed.read_text(encoding="utf-8"))] == [True, True, False]
    assert "NOT AS EXPECTED: exit 0 was expected" in printed
    assert printed.rstrip().endswith("1 step(s) did NOT go as expected.")


def test_at_a_terminal_it_waits_and_says_where_everything_lies(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, str(DEMO / "drive.py"), "--folder", str(tmp_path / "work")]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True) as story:
        os.close(theirs)
        assert story.stdout is not None
        printed = ""
        while "Enter ends" not in printed:
            read = story.stdout.read(1)
            assert read, printed
            printed += read
        assert story.poll() is None
        assert "trust/joined/" in printed
        os.write(ours, b"\n")
        assert story.wait(60) == 0
    os.close(ours)


def test_the_driver_is_only_a_client() -> None:
    for file in sorted(DEMO.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in named if name.partition(".")[0] in {"comity", "django"}], file

"""Makes a folder of invented evidence in real formats, the same bytes every time.

    python demo/evidence.py DIR

A fraud that never happened, in States that do not exist: letters (mbox, EML with an attachment), a picture
(PNG), a chat (SQLite), a bank statement (CSV), a disk image (FAT12), and what a walk through a real folder
meets besides: a symbolic link, an empty folder, a name in Persian.
"""

import argparse
import csv
import io
import os
import sqlite3
import sys
from collections.abc import Sequence
from datetime import timedelta
from email.policy import SMTP
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo.evidence_images import FloppyFile, floppy, page, payment_picture
from demo.evidence_texts import (
    BEGIN,
    CHAT,
    CHAT_PEOPLE,
    FLOPPY_ACCOUNTS,
    FLOPPY_DELETED,
    FLOPPY_READ_ME,
    INVOICE_LINES,
    LETTERS,
    NOTE,
    NOTE_NAME,
    STATEMENT,
)

BOUNDARY = "=-=-part-of-letter-7-=-="


def mbox() -> bytes:
    """The correspondence as one mailbox file (RFC 4155)."""
    written = b""
    for number, letter in enumerate(LETTERS, 1):
        address = letter.sender.rpartition("<")[2].rstrip(">")
        body = letter.message(number).as_bytes().replace(b"\nFrom ", b"\n>From ")
        written += f"From {address} {letter.moment:%a %b %d %H:%M:%S %Y}\n".encode("ascii") + body + b"\n"
    return written


def letter_with_attachment() -> bytes:
    """The forged letter with its invoice, as one EML file (RFC 5322)."""
    message = LETTERS[1].message(7)
    message.add_attachment(
        page(INVOICE_LINES), maintype="application", subtype="pdf", filename="invoice-2207.pdf"
    )
    message.set_boundary(BOUNDARY)
    return message.as_bytes(policy=SMTP)


def write_chat(path: Path) -> None:
    """The chat of two helpers, in the tables of an invented messenger."""
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA page_size = 4096")
        database.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, handle TEXT, shown_as TEXT)")
        database.execute(
            "CREATE TABLE message (id INTEGER PRIMARY KEY, sender INTEGER REFERENCES person (id),"
            " sent INTEGER NOT NULL, body TEXT NOT NULL)"
        )
        database.executemany("INSERT INTO person VALUES (?, ?, ?)", CHAT_PEOPLE)
        rows = [
            (number, sender, int((BEGIN + timedelta(hours=hours)).timestamp()), body)
            for number, sender, hours, body in CHAT
        ]
        database.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", rows)
        database.commit()
    finally:
        database.close()


def statement() -> bytes:
    """The statement of the account to which the money went (RFC 4180)."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(STATEMENT)
    return written.getvalue().encode("utf-8")


def disk() -> bytes:
    """The image of a floppy disk, one of its files erased."""
    files = (
        FloppyFile("READ_ME.TXT", FLOPPY_READ_ME.encode("ascii"), BEGIN),
        FloppyFile("PLAN.TXT", FLOPPY_DELETED.encode("ascii"), BEGIN, erased=True),
        FloppyFile("ACCOUNTS.TXT", FLOPPY_ACCOUNTS.encode("ascii"), BEGIN),
    )
    return floppy("BACKUP 2026", files)


def make_evidence(folder: Path) -> None:
    """Write all of it into a folder that must not exist yet, every time of change the same."""
    for name in ("bank", "chat", "disk", "downloads", "mail", "pictures"):
        (folder / name).mkdir(parents=True)
    contents = {
        "bank/statement.csv": statement(),
        "disk/floppy.img": disk(),
        "mail/correspondence.mbox": mbox(),
        "mail/changed-account.eml": letter_with_attachment(),
        "pictures/payment-confirmation.png": payment_picture(),
        NOTE_NAME: NOTE.encode("utf-8"),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    write_chat(folder / "chat" / "messages.sqlite")
    (folder / "latest-statement.csv").symlink_to("bank/statement.csv")
    moment = (BEGIN + timedelta(days=9)).timestamp()
    for path in sorted(folder.rglob("*"), reverse=True):
        os.utime(path, (moment, moment), follow_symlinks=False)
    os.utime(folder, (moment, moment))


def main(words: Sequence[str] | None = None) -> int:
    """Make the folder that the command line names and list what is in it."""
    parser = argparse.ArgumentParser(description="Makes a folder of invented evidence in real formats.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that does not exist yet")
    folder: Path = parser.parse_args(words).folder
    if folder.exists():
        print(f"{folder} exists already; name a folder that does not.", file=sys.stderr)
        return 2
    make_evidence(folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            print(f"{'link':>9}  {name} -> {path.readlink()}")
        elif path.is_file():
            print(f"{path.stat().st_size:>9}  {name}")
        elif not any(path.iterdir()):
            print(f"{'empty':>9}  {name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())

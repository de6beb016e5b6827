"""What somebody with bad intentions does to a copy of a package, in files alone: no key, no product code."""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
STATEMENT = re.compile(r"(\d{4})\.jws\.json")
TAG_MANIFEST, HANDOVER = "tagmanifest-sha256.txt", "handover.jws.json"


@dataclass(frozen=True)
class Flip:
    """The bit that was flipped: in which file of the package, at which byte, and the range a verifier names."""

    path: str
    offset: int
    begin: int
    end: int


def largest_file(folder: Path) -> Path | None:
    """The largest ordinary file below a folder that holds at least one byte."""
    sizes = {
        path: path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
    largest = max(sizes, key=lambda path: sizes[path], default=None)
    return largest if largest is not None and sizes[largest] else None


def flip_one_bit(package: Path) -> Flip:
    """Flip the lowest bit of the middle byte of the largest evidence file.

    Raises:
        FileNotFoundError: no evidence file holds a byte.
    """
    path = largest_file(package / "data")
    if path is None:
        raise FileNotFoundError(package / "data")
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    size = path.stat().st_size
    offset = size // 2
    with path.open("r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 1]))
    begin = offset // CHUNK * CHUNK
    return Flip(path.relative_to(package).as_posix(), offset, begin, min(begin + CHUNK, size))


def remove_step(package: Path, number: int) -> None:
    """Take one custody step out, number the later ones anew and list all files as they lie now."""
    custody = package / "custody"
    count = sum(1 for path in custody.iterdir() if STATEMENT.fullmatch(path.name))
    for path in custody.glob(f"{number:04d}.*"):
        path.unlink()
    for later in range(number + 1, count):
        for path in sorted(custody.glob(f"{later:04d}.*")):
            path.rename(path.with_name(f"{later - 1:04d}{path.name[4:]}"))
    listed = sorted(_tag_files(package), key=os.fsencode)
    lines = [f"{hashlib.sha256((package / name).read_bytes()).hexdigest()}  {name}\n" for name in listed]
    (package / TAG_MANIFEST).write_text("".join(lines), encoding="utf-8")


def _tag_files(package: Path) -> list[str]:
    names = (path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())
    return [name for name in names if not name.startswith("data/") and name not in {TAG_MANIFEST, HANDOVER}]

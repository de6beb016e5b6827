"""Files that are whole or not there: written beside, flushed, renamed, and the folder flushed too.

The one way in which logs, packages and vaults put bytes on a disk, so that a machine that dies at any moment
leaves the old file or the new one and nothing between. Stands in this room because it is the lowest that
touches a disk.
"""

import os
from pathlib import Path


def write_whole(path: Path, raw: bytes) -> None:
    """Put bytes at a path, whole; what was there before stays until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

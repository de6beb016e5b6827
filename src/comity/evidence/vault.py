"""Where a node keeps the bytes of its exhibits: the port. Write-once, by content.

``vaults/folder.py`` keeps them in a folder; an S3-compatible store joins it with issue 6. An object's name is
its SHA-256; what is there is never written again.
"""

from pathlib import Path
from typing import Protocol


class Vault(Protocol):
    """Keeps objects by the SHA-256 of their bytes."""

    def begin(self, path: str) -> int:
        """A handle to write a new object to."""

    def finish(self, handle: int, path: str, sha256: str) -> None:
        """Keep what was written under its digest."""

    def abandon(self, handle: int, path: str) -> None:
        """Keep nothing of what was written."""

    def open(self, sha256: str) -> int:
        """A handle to read an object from."""

    def take(self, file: Path) -> str:
        """Keep a finished file as an object, by moving it; its digest."""

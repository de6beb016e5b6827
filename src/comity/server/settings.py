"""Settings of a node: one file, few readers, loud about what is missing or odd.

``COMITY_HOME`` names the node's folder; its embedded database is ``comity.sqlite3`` there.
``COMITY_DATABASE_URL`` (postgresql://user:password@host:port/name) puts the tables into PostgreSQL instead.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from comity.base.errors import UserError


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # FULL: a custody step that was confirmed survives a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA recursive_triggers=ON;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise UserError(
            f"COMITY_DATABASE_URL is not a PostgreSQL address: {parts.scheme}://…",
            advice="Write it as postgresql://user:password@host:port/name.",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


def _database() -> dict[str, Any]:
    url = os.environ.get("COMITY_DATABASE_URL")
    if url:
        return _postgresql(url)
    home = os.environ.get("COMITY_HOME")
    return _sqlite(str(Path(home) / "comity.sqlite3") if home else ":memory:")


DATABASES = {"default": _database()}
INSTALLED_APPS = ["comity.audit", "comity.evidence"]
USE_TZ = True
TIME_ZONE = "UTC"

"""The name and version of this tool, as every custody step states them."""

from importlib.metadata import PackageNotFoundError, version

try:
    _VERSION = version("comity")
except PackageNotFoundError:
    _VERSION = "unknown"

TOOL = {"name": "comity", "version": _VERSION}
CLOCK = "system clock of the signing machine"

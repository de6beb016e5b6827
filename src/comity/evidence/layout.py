"""The names in a package, in one place (docs/protocol/evidence-package.md section 1)."""

BAGIT = "bagit.txt"
BAG_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAG_FACTS = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAGMANIFEST = "tagmanifest-sha256.txt"
HANDOVER = "handover.jws.json"
SEAL = "seal/seal.json"
ITEMS = "seal/items.jsonl"
CHUNKS = "seal/chunks.bin"
KEYS = "seal/keys.json"
VERIFY_TEXT = "VERIFY.txt"
VERIFY_ALONE = "verify.py"
PACKAGE_VERSION = "Comity-Package: 1"

# Read whole, so bounded; a stranger's package must not fill the reader's memory.
LARGEST_SMALL_FILE = 16 << 20
LARGEST_LISTING = 4 << 30
LONGEST_LINE = 1 << 20
MOST_STEPS = 10_000


def statement_name(seq: int) -> str:
    """The file of a custody statement."""
    return f"custody/{seq:04d}.jws.json"


def proof_name(seq: int) -> str:
    """The file of its proof of entry into a log."""
    return f"custody/{seq:04d}.tlog-proof"


def stamp_name(seq: int) -> str:
    """The file of its time stamp, where there is one."""
    return f"custody/{seq:04d}.tsr"


def manifest_line(digest: str, path: str) -> str:
    """One line of a manifest."""
    return f"{digest}  {path}\n"

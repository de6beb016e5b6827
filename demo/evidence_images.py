"""A picture, a page and a disk image in their real formats, drawn from nothing but the standard library."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# --- PNG (ISO/IEC 15948)

WIDTH, HEIGHT = 480, 320
GLYPHS = {
    "P": (30, 17, 17, 30, 16, 16, 16),
    "A": (14, 17, 17, 31, 17, 17, 17),
    "I": (14, 4, 4, 4, 4, 4, 14),
    "D": (30, 17, 17, 17, 17, 17, 30),
    "0": (14, 17, 19, 21, 25, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    ".": (0, 0, 0, 0, 0, 12, 12),
    " ": (0, 0, 0, 0, 0, 0, 0),
}
GLYPH_WIDTH = 5
Colour = tuple[int, int, int]
INK, PAPER, SEA, MOSS = (29, 33, 38), (251, 250, 247), (11, 85, 96), (47, 107, 58)


class Canvas:
    """Pixels on which rectangles and blocky letters can be drawn."""

    def __init__(self) -> None:
        rows = range(HEIGHT)
        self.rows = [bytearray((*PAPER[:2], 200 + row * 47 // HEIGHT) * WIDTH) for row in rows]

    def rectangle(self, left: int, top: int, width: int, height: int, colour: Colour) -> None:
        """A filled rectangle."""
        for row in self.rows[top : top + height]:
            row[3 * left : 3 * (left + width)] = bytes(colour) * width

    def write(self, text: str, left: int, top: int, size: int, colour: Colour) -> None:
        """Letters of seven rows, each point a square of the size given."""
        for number, letter in enumerate(text):
            start = left + number * (GLYPH_WIDTH + 1) * size
            for line, points in enumerate(GLYPHS[letter]):
                for column in range(GLYPH_WIDTH):
                    if points >> (GLYPH_WIDTH - 1 - column) & 1:
                        self.rectangle(start + column * size, top + line * size, size, size, colour)

    def png(self) -> bytes:
        """The picture as a PNG file, eight bits for each of red, green and blue."""
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + row for row in self.rows), 9)
        text = b"Comment\0invented for a demonstration"
        chunks = ((b"IHDR", header), (b"tEXt", text), (b"IDAT", pixels), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def payment_picture() -> bytes:
    """A picture of a screen that says that invoice 2207 was paid."""
    canvas = Canvas()
    canvas.rectangle(0, 0, WIDTH, 48, SEA)
    canvas.rectangle(40, 80, 400, 200, (255, 255, 255))
    canvas.rectangle(40, 80, 400, 4, MOSS)
    canvas.write("PAID 2207", 64, 110, 6, MOSS)
    canvas.write("18 400.00", 64, 180, 6, INK)
    canvas.rectangle(64, 248, 240, 6, (190, 190, 184))
    canvas.rectangle(16, 14, 20, 20, PAPER)
    canvas.rectangle(48, 21, 120, 6, PAPER)
    return canvas.png()


# --- PDF (ISO 32000)

A4 = "[0 0 595 842]"


def page(lines: Sequence[str]) -> bytes:
    """A PDF of one page with a few lines of plain text."""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    content = f"BT /F1 14 Tf 20 TL 72 720 Td {shown} ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox {A4} /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    document, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(document))
        document += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    count = len(objects) + 1
    closing = f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\n"
    return f"{document}{closing}startxref\n{len(document)}\n%%EOF\n".encode("ascii")


# --- a floppy disk with a FAT12 file system

SECTOR, SECTORS, FAT_SECTORS, ROOT_ENTRIES = 512, 2880, 9, 224
ENTRY_BYTES = 32
FIRST_CLUSTER, END_OF_FILE, MEDIA = 2, 0xFFF, 0xF0
VOLUME_LABEL, ARCHIVE, ERASED = 0x08, 0x20, 0xE5


@dataclass(frozen=True)
class FloppyFile:
    """A file of the disk: its name in the form of eight and three, when it was written, what it holds."""

    name: str
    content: bytes
    moment: datetime
    erased: bool = False


def floppy(label: str, files: Sequence[FloppyFile]) -> bytes:
    """A disk image of 1.44 MB; an erased file lies there still, as on a real disk, but is not listed."""
    table = [0xF00 | MEDIA, END_OF_FILE] + [0] * (FAT_SECTORS * SECTOR * 2 // 3 - FIRST_CLUSTER)
    root = _entry(label, VOLUME_LABEL, files[0].moment, 0, 0)
    clusters = b""
    for file in files:
        first, count = FIRST_CLUSTER + len(clusters) // SECTOR, -(-len(file.content) // SECTOR)
        entry = _entry(file.name, ARCHIVE, file.moment, first, len(file.content))
        root += bytes([ERASED]) + entry[1:] if file.erased else entry
        clusters += file.content.ljust(count * SECTOR, b"\0")
        if not file.erased:
            table[first : first + count] = [*range(first + 1, first + count), END_OF_FILE]
    packed = b"".join(
        (low | high << 12).to_bytes(3, "little") for low, high in zip(table[::2], table[1::2], strict=True)
    )
    image = _boot_sector(label) + packed * 2 + root.ljust(ROOT_ENTRIES * ENTRY_BYTES, b"\0") + clusters
    return image.ljust(SECTORS * SECTOR, b"\0")


def _boot_sector(label: str) -> bytes:
    shape = struct.pack("<HBHBHHBHHHI", SECTOR, 1, 1, 2, ROOT_ENTRIES, SECTORS, MEDIA, FAT_SECTORS, 18, 2, 0)
    named = struct.pack("<IBBBI", 0, 0, 0, 0x29, 0x20260302) + label.ljust(11).encode("ascii") + b"FAT12   "
    halt = b"\xfa\xf4\xeb\xfd"  # interrupts off, halt, and again: nothing here can be started
    return (b"\xeb\x3c\x90INVENTED" + shape + named + halt).ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


def _entry(name: str, attributes: int, moment: datetime, cluster: int, size: int) -> bytes:
    stem, _, suffix = name.partition(".")
    short = f"{stem:<8}{suffix:<3}" if suffix else f"{name:<11}"
    day = (moment.year - 1980) << 9 | moment.month << 5 | moment.day
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    parts = (short.encode("ascii"), attributes, bytes(10), time, day, cluster, size)
    return struct.pack("<11sB10sHHHI", *parts)

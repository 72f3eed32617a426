"""Tell the encoding of a text file, and bring it to UTF-8 where it must be.

Files are read by blocks, however large they are.
"""

from __future__ import annotations

import codecs
import gzip
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO

from raw_data.common import RawDataError, is_packed

BLOCK = 1 << 20
HEAD = 1 << 16
LATIN_1 = "latin-1"

# the longer ones first: that of UTF-32 begins with that of UTF-16
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

ALL_BYTES = bytes(range(256))
ASCII = ALL_BYTES[:0x80]
# signs in cp1252; control characters, which nobody writes, in latin-1
SIGNS = ALL_BYTES[0x80:0xA0]
ALL_BUT_SIGNS = ALL_BYTES.translate(None, SIGNS)
# what cp1252 leaves free
ALL_BUT_FREE = ALL_BYTES.translate(None, b"\x81\x8d\x8f\x90\x9d")

# UTF-16 of a western text: every other byte is NUL, those between hardly ever
UTF16_NULS, UTF16_OTHERS = 0.4, 0.1
UTF16 = ("utf-16", "utf-16-le", "utf-16-be")

_copies: tempfile.TemporaryDirectory | None = None
_copy_numbers = count()


@dataclass(frozen=True)
class Survey:
    """What a reading of every byte has told: the encoding, and what is odd."""

    encoding: str
    nul_bytes: int = 0
    is_in_place: bool = True


class Undecodable(Exception):
    """A byte that the encoding does not have, and where it stands, from 0."""

    def __init__(self, position: int, byte: int) -> None:
        """Keep the byte and its place."""
        super().__init__(f"byte 0x{byte:02x} at position {position:,}")


def surveyed(site_name: str, path: Path, encoding: str | None) -> Survey:
    """Tell a file's encoding, unless it is given, and hold every byte against it.

    Args:
        site_name: the property, for the error.
        path: the file.
        encoding: the encoding that var `raw` gives, in Python's spelling.

    Raises:
        RawDataError: a byte that does not belong; nothing is read of such a file.
    """
    found = told_by_head(path) if encoding in (None, "utf-16") else encoding
    if encoding == "utf-16" and found not in UTF16:
        found = "utf-16-le"  # without a mark the order of bytes is a guess
    try:
        return checked(path, found or "utf-8")
    except Undecodable as fault:
        if found:
            raise RawDataError(
                f"{site_name}: {path} is not {found}: {fault} is no character of it. "
                "Mend the file, or give its `encoding` in var raw."
            ) from None
        not_utf8 = fault
    if is_mostly_utf8(path):
        raise RawDataError(
            f"{site_name}: {path} is UTF-8 but for {not_utf8}. Mend the file, or give "
            "its `encoding` in var raw, such as cp1252, to read all of it so."
        )
    try:
        return western(path)
    except Undecodable as fault:
        raise RawDataError(
            f"{site_name}: {path} is neither UTF-8 ({not_utf8}) nor cp1252 ({fault}). "
            "Give its `encoding` in var raw, such as latin-1."
        ) from None


def is_plain_utf8(path: Path, survey: Survey) -> bool:
    """Tell whether a file is UTF-8 without a mark, which not every reader skips."""
    with opened(path) as file:
        has_mark = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    return survey.encoding == "utf-8" and survey.is_in_place and not has_mark


def told_by_head(path: Path) -> str | None:
    """Tell UTF-8 and UTF-16 by their mark, and UTF-16 without one by its NUL bytes."""
    with opened(path) as file:
        head = file.read(HEAD)
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    if pairs:
        even, odd = (head[start : 2 * pairs : 2].count(0) / pairs for start in (0, 1))
        if odd > UTF16_NULS and even < UTF16_OTHERS:
            return "utf-16-le"
        if even > UTF16_NULS and odd < UTF16_OTHERS:
            return "utf-16-be"
    return None


def checked(path: Path, encoding: str) -> Survey:
    """Decode a whole file and count its NUL characters.

    Raises:
        Undecodable: a byte that is no character of the encoding.
    """
    nul_bytes = sum(text.count("\0") for text in decoded(path, encoding))
    return Survey(encoding, nul_bytes, encoding == "utf-8" and nul_bytes == 0)


def western(path: Path) -> Survey:
    """Tell latin-1 from cp1252: they differ in the bytes 0x80 to 0x9f alone.

    Raises:
        Undecodable: a byte that cp1252 leaves free, so that it is neither.
    """
    nul_bytes, has_signs, position = 0, False, 0
    for block in blocks(path):
        nul_bytes += block.count(0)
        has_signs = has_signs or bool(block.translate(None, ALL_BUT_SIGNS))
        if free := block.translate(None, ALL_BUT_FREE):
            raise Undecodable(position + block.index(free[0]), free[0])
        position += len(block)
    encoding = "cp1252" if has_signs else LATIN_1
    return Survey(encoding, nul_bytes, not has_signs and nul_bytes == 0)


def decoded(path: Path, encoding: str) -> Iterator[str]:
    """Decode a file block by block.

    Raises:
        Undecodable: a byte that is no character of the encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    for block in chain(blocks(path), [b""]):
        pending = len(decoder.getstate()[0])
        try:
            yield decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            place = position - pending + error.start
            raise Undecodable(place, error.object[error.start]) from None
        position += len(block)


def is_mostly_utf8(path: Path) -> bool:
    """Tell whether the bytes beyond ASCII are UTF-8 more often than not.

    In a file of another encoding hardly any are; reading a damaged UTF-8 file as such
    would garble each of its names.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
    beyond_ascii = valid = 0
    for block in blocks(path):
        beyond_ascii += len(block.translate(None, ASCII))
        valid += len(decoder.decode(block).encode().translate(None, ASCII))
    return 2 * valid > beyond_ascii


def blocks(path: Path) -> Iterator[bytes]:
    """Read a file block by block."""
    with opened(path) as file:
        while block := file.read(BLOCK):
            yield block


def opened(path: Path) -> BinaryIO:
    """Open a file, unpacked where gzip has packed it."""
    return gzip.open(path) if is_packed(path) else path.open("rb")


def copied(path: Path, survey: Survey) -> Path:
    """Copy a file as UTF-8 without mark and NUL characters.

    The copy goes with the process.
    """
    copy = name_of_copy(f"{path.name.split('.')[0]}.csv")
    with copy.open("wb") as file:
        for number, text in enumerate(decoded(path, survey.encoding)):
            unmarked = text if number else text.removeprefix("\ufeff")
            file.write(unmarked.replace("\0", "").encode())
    return copy


def name_of_copy(name: str) -> Path:
    """Give a path for a temporary file, which goes with the process."""
    global _copies
    if _copies is None:
        _copies = tempfile.TemporaryDirectory(prefix="tributary_")
    return Path(_copies.name) / f"{next(_copy_numbers)}_{name}"

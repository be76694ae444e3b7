"""Where the compressed members of an archive begin that hold records, found from anywhere."""

from collections.abc import Iterator

from haybale.pipeline.sources.compression import (
    BLOCK_BYTES,
    COMPRESSIONS,
    CompressedInput,
    DamagedMemberError,
    member_blocks,
)
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.warc_head import is_head
from haybale.pipeline.sources.zstd_padding import after_padding

_MAGIC = {
    ".gz": (b"\x1f\x8b\x08",),
    ".zst": (b"\x28\xb5\x2f\xfd",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\x00",),
}
_GLANCE_BYTES = 4096  # read at a place that may begin a record


def compression_of_bytes(file: SourceFile) -> tuple[str | None, int]:
    """How a file is compressed, by its bytes, and where what is no padding begins."""
    for offset in (0, after_padding(file)):
        file.seek(offset)
        head = file.read(8)
        for compression in COMPRESSIONS:
            if head.startswith(_MAGIC[compression]):
                return compression, offset
    return None, 0


def next_member(file: SourceFile, compression: str, start: int, stop: int) -> int | None:
    """Where the next member begins that holds a record, from `start` on and before `stop`."""
    magics = _MAGIC[compression]
    overlap = max(map(len, magics)) - 1
    while start < stop:
        file.seek(start)
        window = file.read(min(BLOCK_BYTES, stop - start) + overlap)
        found = sorted(start + at for magic in magics for at in _occurrences(window, magic))
        for candidate in found:
            if candidate < stop and is_member(file, compression, candidate):
                return candidate
        start += BLOCK_BYTES
    return None


def is_member(file: SourceFile, compression: str, offset: int) -> bool:
    """Whether a member begins at an offset that begins with a record."""
    source = input_from(file, offset, _GLANCE_BYTES)
    try:
        return is_head(PlainBytes(member_blocks(source, compression)))
    except DamagedMemberError:
        return False


def input_from(file: SourceFile, offset: int, block_bytes: int = BLOCK_BYTES) -> CompressedInput:
    """The file from an offset on."""
    file.seek(offset)
    return CompressedInput(file, offset, block_bytes)


def _occurrences(window: bytes, magic: bytes) -> Iterator[int]:
    at = window.find(magic)
    while at >= 0:
        yield at
        at = window.find(magic, at + 1)

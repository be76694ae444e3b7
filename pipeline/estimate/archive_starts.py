"""Where records begin in WARC and WET files, packed one by one or not at all."""

import re
import zlib

import pyarrow as pa
import zstandard

_SEARCH_BYTES = 1 << 20
_READ_BYTES = 32 << 10
_WARC_START = re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|WARC/1\.")  # gzip, zstd, plain
_WARC_START_BYTES = 7  # of the longest


def archive_start(source: pa.NativeFile, at: int) -> int:
    """Where the first record begins that begins at a place or behind it."""
    size = int(source.size())
    while at < size:
        source.seek(at)
        block = source.read(_SEARCH_BYTES)
        for found in _WARC_START.finditer(block):
            source.seek(at + found.start())
            if _begins_record(source.read(_READ_BYTES)):
                return at + found.start()
        # A start may lie across the end of the block.
        at += max(1, len(block) - _WARC_START_BYTES)
    return size


def _begins_record(stored: bytes) -> bool:
    """Whether these bytes are the beginning of a record, packed or not."""
    if stored.startswith(b"WARC/1."):
        return True
    try:
        if stored.startswith(b"\x1f\x8b"):
            plain = zlib.decompressobj(wbits=31).decompress(stored, 64)
        else:
            plain = zstandard.ZstdDecompressor().decompressobj().decompress(stored)
    except (zlib.error, zstandard.ZstdError):
        return False
    return plain.startswith(b"WARC/1.")

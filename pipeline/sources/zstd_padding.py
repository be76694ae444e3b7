"""Skippable frames of zstd (RFC 8878, 3.1.2): what stands between the others and is no data."""

from haybale.pipeline.sources.compression import CompressedInput
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.zstd_blocks import SKIPPABLE

_HEAD_BYTES = 8  # magic number and size
_DICTIONARY = 0x184D2A5D
_PIECE_BYTES = 1 << 20


def after_padding(file: SourceFile) -> int:
    """Where a file's first frame begins that is no skippable one."""
    offset, num_bytes = 0, file.size()
    while offset + _HEAD_BYTES <= num_bytes:
        file.seek(offset)
        head = file.read(_HEAD_BYTES)
        if _number(head[:4]) not in SKIPPABLE:
            break
        offset += _HEAD_BYTES + _number(head[4:])
    return min(offset, num_bytes)


def has_dictionary(file: SourceFile, begin: int) -> bool:
    """Whether a file begins with a frame that holds a dictionary for the others.

    IIPC, WARC compression with Zstandard 1.0, section "Dictionary frame".

    Args:
        file: At random access.
        begin: What `after_padding` gives.
    """
    file.seek(0)
    return begin > 0 and _number(file.read(4)) == _DICTIONARY


def skip_padding(source: CompressedInput) -> bool:
    """Skip a skippable frame; False: another stands there."""
    head = source.exactly(_HEAD_BYTES)
    if len(head) < _HEAD_BYTES or _number(head[:4]) not in SKIPPABLE:
        source.put_back(head)
        return False
    left = _number(head[4:])
    while left and (piece := source.take(min(left, _PIECE_BYTES))):
        left -= len(piece)
    return True


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")

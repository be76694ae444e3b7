"""Where records begin in WARC and WET files, packed one by one or not at all."""

import pyarrow as pa

from haybale.pipeline.sources.compression import BLOCK_BYTES
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.warc_members import compression_of_bytes, next_member
from haybale.pipeline.sources.warc_record import search


def archive_start(source: pa.NativeFile, at: int) -> int:
    """Where the first record begins that begins at a place or behind it."""
    size = int(source.size())
    file = SourceFile(source, None)
    compression, _ = compression_of_bytes(file)
    if compression is not None:
        found = next_member(file, compression, at, size)
        return size if found is None else found
    file.seek(at)
    stream = PlainBytes(iter(lambda: file.read(BLOCK_BYTES), b""), at)
    search(stream)
    return stream.position

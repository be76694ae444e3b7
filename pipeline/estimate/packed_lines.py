"""Pieces of a compressed file of lines, which can be read only from its beginning."""

import bz2
import contextlib
import gzip
import lzma
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zstandard

from haybale.corpus.listing import InputFile
from haybale.corpus.storage import open_input
from haybale.pipeline.estimate.ranges import Range
from haybale.pipeline.sources.compression import Stream, compression_of, plain_blocks

_READ_BYTES = 32 << 10  # the grain to which a place in the file is known
_FASTEST = 1


class _Counted:
    """A stream that says how much was read of it, in small steps."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.num_read = 0

    def read(self, num_bytes: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        block = self._stream.read(min(num_bytes, _READ_BYTES))
        self.num_read += len(block)
        return block


def cut_packed_lines(file: InputFile, ranges: Sequence[Range]) -> None:
    """A byte's place lies between how far the file was read before its block and after it."""
    edges = deque(edge for each in ranges for edge in ((each.start, each), (each.stop, None)))
    if edges and edges[-1][0] >= file.num_bytes:
        edges.pop()  # the file's end: more blocks may come from what was read with its last bytes
    with open_input(file.path) as opened, contextlib.ExitStack() as current:
        source, before, begins_line = _Counted(opened), 0, True
        target: Any = None
        for block in plain_blocks(source, file.name):
            written = 0
            while edges and edges[0][0] <= source.num_read:
                edge, opens = edges[0]
                at = _first_line(block, _place(edge, before, source.num_read, block), begins_line)
                if at is None:
                    break
                edges.popleft()
                if target:
                    target.write(block[written:at])
                written, target = at, None
                current.close()
                if opens:
                    target = current.enter_context(_packer(opens.target, file.name))
            if target:
                target.write(block[written:])
            elif not edges:
                return
            before, begins_line = source.num_read, block.endswith(b"\n")


def _place(edge: int, before: int, after: int, block: bytes) -> int:
    """Where in a block an edge falls that lies in the stored bytes which the block comes from."""
    if edge <= before:
        return 0
    return -(-(edge - before) * len(block) // (after - before))


def _first_line(block: bytes, at: int, begins_line: bool) -> int | None:
    """Where the first line begins at a place of a block or behind it; None: in no place of it."""
    if at == 0 and begins_line:
        return 0
    found = block.find(b"\n", max(0, at - 1)) + 1
    return found if 0 < found < len(block) else None


def _packer(path: Path, name: str) -> Any:
    """A file that packs as the original was packed, as fast as it goes."""
    suffix = compression_of(name)
    if suffix == ".zst":
        return zstandard.open(path, "wb", cctx=zstandard.ZstdCompressor(level=_FASTEST))
    if suffix == ".gz":
        return gzip.open(path, "wb", compresslevel=_FASTEST)
    if suffix == ".bz2":
        return bz2.open(path, "wb", compresslevel=_FASTEST)
    return lzma.open(path, "wb", preset=0)

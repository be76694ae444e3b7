"""Lines of a stream of blocks, in bounded memory."""

from collections.abc import Iterator
from typing import NamedTuple


class Line(NamedTuple):
    """A line and where it begins; `content` is None where it is longer than allowed."""

    position: int
    num_bytes: int
    content: bytes | None


def split_lines(blocks: Iterator[bytes], max_bytes: int, position: int = 0) -> Iterator[Line]:
    """Lines of a stream, holding no more than one block and one allowed line in memory.

    The unfinished line before damage is not yielded: it is part of what was lost.

    Args:
        blocks: Of the stream.
        max_bytes: Longer lines are yielded without their content.
        position: Of the first block.
    """
    num_bytes, pending = 0, bytearray()
    for block in blocks:
        *finished, last = block.split(b"\n")
        for piece in finished:
            num_bytes += len(piece)
            content = bytes(pending + piece) if pending else piece
            yield Line(position, num_bytes, content if num_bytes <= max_bytes else None)
            position, num_bytes, pending = position + num_bytes + 1, 0, bytearray()
        num_bytes += len(last)
        if num_bytes <= max_bytes:
            pending += last
        else:
            pending.clear()
    if num_bytes:
        yield Line(position, num_bytes, bytes(pending) if num_bytes <= max_bytes else None)

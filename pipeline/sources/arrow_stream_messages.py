"""Where the messages of Arrow IPC streams lie, and where one stream begins behind another."""

from collections.abc import Iterator

import pyarrow as pa

from haybale.pipeline.sources.arrow_messages import (
    CONTINUATION,
    DICTIONARY_BATCH,
    RECORD_BATCH,
    SCHEMA,
    Message,
    message_at,
    read_at,
)

_END = b"\0\0\0\0"
_PADDING_BYTES = 1 << 12  # looked at a time


class StreamMessages:
    """Dictionary and record batches of the stream that begins at an offset, in order.

    Iterating raises ValueError at damage, and all of DAMAGE.

    Args:
        file: What it stands in.
        start: Where it begins.

    Attributes:
        end: Where what follows the stream begins, once all of it is read.
    """

    def __init__(self, file: pa.NativeFile, start: int) -> None:
        self._file = file
        self.end = start

    def __iter__(self) -> Iterator[Message]:
        num_bytes, is_first = self._file.size(), True
        while self.end < num_bytes:
            if end_mark_bytes := self._end_mark():
                self.end += end_mark_bytes
                return
            message = message_at(self._file, self.end)
            if message.kind == SCHEMA and not is_first:
                return
            is_first = False
            if message.kind in (DICTIONARY_BATCH, RECORD_BATCH):
                yield message
            self.end = message.end

    def _end_mark(self) -> int:
        """Bytes of the mark that ends a stream, if it stands next."""
        prefix = read_at(self._file, self.end, 4)
        if prefix == _END:  # before version 0.15 it is all there is
            return 4
        return 8 if prefix == CONTINUATION and read_at(self._file, self.end + 4, 4) == _END else 0


def next_stream(file: pa.NativeFile, start: int) -> int | None:
    """Where the next stream begins; None: there is none.

    Before it may stand zeros, with which tapes and disks are padded, and marks that end no stream.
    """
    file.seek(start)
    while head := file.read(8):
        if head == CONTINUATION + _END:
            start += len(head)
        elif not head.strip(b"\0"):
            padding = head + file.read(_PADDING_BYTES)
            zeros = len(padding) - len(padding.lstrip(b"\0"))
            # The length with which an old stream begins may have zeros itself.
            start += zeros if zeros == len(padding) else zeros - zeros % len(_END)
        elif head.startswith(_END):
            start += len(_END)
        else:
            return start
        file.seek(start)
    return None

"""Bytes of a stream of blocks: looked at, taken, skipped and searched, in bounded memory."""

import re
from collections.abc import Callable, Iterator

_GLANCE_BYTES = 64


class PlainBytes:
    """What is left of a stream of blocks.

    Attributes:
        position: Of the next byte.
    """

    def __init__(self, blocks: Iterator[bytes], position: int = 0) -> None:
        self._blocks = blocks
        self._buffer = bytearray()
        self.position = position

    def hold(self, num_bytes: int) -> int:
        """Have the next bytes in memory; returns how many there are, fewer only at the end."""
        while len(self._buffer) < num_bytes and self._more():
            pass
        return min(num_bytes, len(self._buffer))

    def peek(self, num_bytes: int, at: int = 0) -> bytes:
        """Bytes from so many behind the next on, left where they are; fewer only at the end."""
        self.hold(at + num_bytes)
        with memoryview(self._buffer) as held:  # a slice of the buffer itself would be a copy more
            return bytes(held[at : at + num_bytes])

    def take(self, num_bytes: int) -> bytes:
        """The next bytes; fewer only where the stream ends."""
        taken = self.peek(num_bytes)
        self._drop(len(taken))
        return taken

    def skip(self, num_bytes: int) -> int:
        """Skip so many bytes; returns how many there were."""
        left = num_bytes
        while left and (self._buffer or self.peek(1)):
            dropped = min(left, len(self._buffer))
            self._drop(dropped)
            left -= dropped
        return num_bytes - left

    def skip_any(self, characters: bytes) -> None:
        """Skip as long as the next byte is one of these."""
        while found := self.peek(_GLANCE_BYTES):  # of what may be much, nothing else is copied
            rest = found.lstrip(characters)
            self._drop(len(found) - len(rest))
            if rest:
                return

    def find(self, patterns: tuple[bytes, ...], max_bytes: int) -> int:
        """Where the first of some patterns ends, counted from here; -1: not in so many bytes."""
        start, longest = 0, max(map(len, patterns))
        while True:
            end = max_bytes + 1
            for pattern in patterns:  # each no further than the one before was found
                at = self._buffer.find(pattern, start, min(end, max_bytes))
                if at >= 0:
                    end = min(end, at + len(pattern))
            if end <= max_bytes:
                return end
            start, before = max(0, len(self._buffer) - longest + 1), len(self._buffer)
            if before >= max_bytes or not self._more():
                return -1

    def search(
        self,
        pattern: re.Pattern[bytes],
        longest: int,
        is_right: Callable[[], bool],
        stop: int | None = None,
    ) -> bool:
        """Go to the next place where a pattern stands and `is_right` says yes; False: to the end.

        Args:
            pattern: What stands there.
            longest: Bytes of the longest that matches it.
            is_right: Called at each such place; may look but not move.
            stop: Where the search ends; it goes no further.
        """
        while self.hold(longest):
            found = pattern.search(self._buffer)
            at = -1 if found is None else found.start()
            del found  # while it is there the buffer cannot shrink
            passed = at if at >= 0 else max(1, len(self._buffer) - longest + 1)
            if stop is not None and self.position + passed >= stop:
                self._drop(max(0, stop - self.position))
                return False
            self._drop(passed)
            if at >= 0:
                if is_right():
                    return True
                self._drop(1)
        return False

    def _more(self) -> bool:
        """Another block in the buffer; False: there is none."""
        block = next(self._blocks, b"")
        self._buffer += block
        return bool(block)

    def _drop(self, num_bytes: int) -> None:
        del self._buffer[:num_bytes]
        self.position += num_bytes

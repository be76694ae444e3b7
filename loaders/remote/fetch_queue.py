"""Which record batches to ask for next: what is waited for, then what is expected, in order."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

MAX_REQUEST_BYTES = 8 << 20
"""Of neighbours in a shard that are asked for as one, on a link that is fast enough."""

_SHORT_SECONDS, _LONG_SECONDS = 0.15, 0.6
"""A request between the two is neither all latency nor in the way of what becomes urgent."""

_FIRST_FLIGHTS = 4
"""Rows fetched ahead at a time at first, one more for each that arrived: until something has, what
is only expected would slow down what is waited for."""

BUSY_SECONDS = 0.02
"""After which another process is looked at again that brings what is wanted."""


class FetchQueue:
    """Not safe for threads: its owner holds a lock. Rows are those of the shard index.

    Args:
        num_bytes: Of a row.
        shard: Number of a row's shard.
        max_ahead_bytes: That may be fetched before it is held.
        max_flight_bytes: That may be asked for at a time.
    """

    def __init__(
        self,
        num_bytes: Callable[[int], int],
        shard: Callable[[int], int],
        max_ahead_bytes: int,
        max_flight_bytes: int,
    ) -> None:
        self._num_bytes, self._shard = num_bytes, shard
        self._max_ahead_bytes, self._max_flight_bytes = max_ahead_bytes, max_flight_bytes
        self._urgent: OrderedDict[int, None] = OrderedDict()
        self._expected: OrderedDict[int, None] = OrderedDict()
        self._ahead: dict[int, int] = {}  # bytes of rows that are expected, and there
        self._ahead_bytes = 0
        self._flying: dict[int, int] = {}  # bytes of rows that are asked for
        self._flying_bytes = 0
        self._busy: dict[int, float] = {}  # when to look again
        self._max_flights = _FIRST_FLIGHTS
        self._request_bytes = 0  # one row at a time, until the link proves fast

    def want(self, rows: Iterable[int]) -> None:
        """Rows that somebody waits for."""
        for row in rows:
            self._expected.pop(row, None)
            if row not in self._flying:
                self._urgent[row] = None

    def expect(self, rows: Iterable[int]) -> None:
        """Rows that will be held soon, most urgent first, in place of those said before."""
        known = self._ahead
        self._expected, self._ahead = OrderedDict(), {}
        self._busy = {row: due for row, due in self._busy.items() if row in self._urgent}
        for row in rows:
            if row in known:
                self._ahead[row] = known[row]
            elif row not in self._flying and row not in self._urgent:
                self._expected[row] = None
        self._ahead_bytes = sum(self._ahead.values())

    def held(self, rows: Iterable[int]) -> bool:
        """Rows that are in use now: no longer ahead of it. Whether that makes room for others."""
        before = self._ahead_bytes
        for row in rows:
            self._ahead_bytes -= self._ahead.pop(row, 0)
            if self._expected.pop(row, row) is None:
                self._busy.pop(row, None)
        return self._ahead_bytes < before

    def next_request(self, now: float) -> list[int]:
        """Rows to ask for together: one, or neighbours in a shard. Empty: nothing may be now."""
        room = self._max_flight_bytes - self._flying_bytes
        queue, first = self._urgent, self._first(self._urgent, now)
        if first is None and len(self._flying) < self._max_flights:
            queue, first = self._expected, self._first(self._expected, now)
            room = min(room, self._max_ahead_bytes - self._ahead_bytes - self._flying_bytes)
        if first is None:
            return []
        must_go = queue is self._urgent and not self._flying  # or it would never
        if self._num_bytes(first) > room and not must_go:
            return []
        room = min(room, self._request_bytes)
        request, num_bytes, row = [first], self._num_bytes(first), first + 1
        while row in queue and row not in self._busy and self._shard(row) == self._shard(first):
            num_bytes += self._num_bytes(row)
            if num_bytes > room:
                break
            request.append(row)
            row += 1
        for row in request:
            del queue[row]
            self._busy.pop(row, None)
            self._flying[row] = self._num_bytes(row)
            self._flying_bytes += self._flying[row]
        return request

    def wait_seconds(self, now: float) -> float | None:
        """Until a row that another process brings is due again; None if there is none."""
        return max(0.0, min(self._busy.values()) - now) if self._busy else None

    def arrived(self, row: int, waited_for: bool) -> None:
        """A row is there."""
        num_bytes = self._land(row)
        self._max_flights += 1
        if not waited_for:
            self._ahead[row] = num_bytes
            self._ahead_bytes += num_bytes

    def failed(self, row: int) -> None:
        """A row could not be had."""
        self._land(row)

    def busy(self, row: int, now: float, waited_for: bool) -> None:
        """A row that another process brings."""
        self._land(row)
        self._busy[row] = now + BUSY_SECONDS
        (self._urgent if waited_for else self._expected)[row] = None

    def took(self, seconds: float) -> None:
        """How long a request took: whether the link is worth larger ones."""
        if seconds < _SHORT_SECONDS:
            self._request_bytes = min(MAX_REQUEST_BYTES, max(1 << 21, 2 * self._request_bytes))
        elif seconds > _LONG_SECONDS:
            self._request_bytes //= 2

    def _land(self, row: int) -> int:
        num_bytes = self._flying.pop(row)
        self._flying_bytes -= num_bytes
        return num_bytes

    def _first(self, queue: OrderedDict[int, None], now: float) -> int | None:
        """The first row that is not another process's for the moment."""
        for row in queue:
            due = self._busy.get(row)
            if due is None or due <= now:
                return row
        return None

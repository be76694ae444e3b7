"""Makes the next items of an iterator in a thread while the current one is used."""

import atexit
import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")
_END = object()

STOP_SECONDS = 2.0
"""How long an end waits for its thread, which may itself wait for a server that is gone."""


def prefetched(items: Iterator[Item], depth: int) -> Iterator[Item]:
    """The same items, up to `depth` of them made ahead.

    An error of `items` is raised here, after the items before it. Closing or dropping the generator
    ends its thread, for which it waits `STOP_SECONDS` at most.

    Args:
        items: Used from the thread alone.
        depth: 0 makes each item when it is asked for, without a thread.
    """
    if depth == 0:
        yield from items
        return
    made: queue.SimpleQueue[object] = queue.SimpleQueue()
    used: queue.SimpleQueue[object] = queue.SimpleQueue()
    for _ in range(depth):
        used.put(None)
    stopped = threading.Event()
    failure: list[BaseException] = []

    def make() -> None:
        try:
            while True:
                used.get()  # the last reference to a used item: freeing it is this thread's work
                if stopped.is_set():
                    return
                made.put(next(items))
        except StopIteration:
            made.put(_END)
        except BaseException as error:
            failure.append(error)
            made.put(_END)

    thread = threading.Thread(target=make, name="haybale-prefetch", daemon=True)

    def stop() -> None:
        stopped.set()
        used.put(None)
        thread.join(STOP_SECONDS)

    # A kernel that comes back to an interpreter that is gone would abort the process.
    atexit.register(stop)
    thread.start()
    try:
        item: object = None
        while True:
            last, item = item, made.get()
            if item is _END:
                break
            used.put(last)
            del last
            yield item  # type: ignore[misc]
        if failure:
            raise failure[0]
    finally:
        atexit.unregister(stop)
        stop()

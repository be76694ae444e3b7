import threading
import time
from collections.abc import Iterator

import pytest

from haybale.corpus.errors import CheckpointMismatchError
from haybale.loaders.prefetch import prefetched


def _prefetch_threads() -> int:
    return sum(thread.name == "haybale-prefetch" for thread in threading.enumerate())


def test_an_error_while_prefetching_reaches_the_trainer_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise CheckpointMismatchError("torn")

    found = []
    with pytest.raises(CheckpointMismatchError, match="torn"):  # noqa: PT012
        for item in prefetched(items(), depth=3):
            found.append(item)
    assert found == [1, 2]
    assert _prefetch_threads() == 0


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_exactly_as_many_are_made_ahead_as_asked(depth: int) -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            made.append(item)
            yield item

    iterator = prefetched(items(), depth)
    for used in range(1, 6):
        next(iterator)
        give_up = time.monotonic() + 10
        while len(made) < used + depth and time.monotonic() < give_up:
            time.sleep(0.001)
        time.sleep(0.01)  # time enough to make one too many
        assert len(made) == used + depth
    iterator.close()  # type: ignore[attr-defined]

"""Where equal numbers stand in an array: for work that is done once per epoch, window or stage."""

from collections.abc import Iterator

import numpy as np

from haybale.loaders.order.permutation import Int64s


def grouped(numbers: Int64s) -> Iterator[tuple[int, slice | Int64s]]:
    """Each distinct number, rising, and an index that selects the places where it stands.

    Args:
        numbers: int64[places].

    Yields:
        A number, and a slice or int64[places of it].
    """
    if not numbers.size:
        return
    if numbers.min() == numbers.max():  # as nearly always: neighbours share epoch and window
        yield int(numbers[0]), slice(None)
        return
    by_number = numbers.argsort(kind="stable")
    (borders,) = np.nonzero(np.diff(numbers[by_number]))
    for places in np.split(by_number, borders + 1):
        yield int(numbers[places[0]]), places

"""Letters and digits of whole texts, counted in one pass."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.quality.characters import ALPHABETIC, DIGIT, character_classes, class_of, decode

Int64s = npt.NDArray[np.int64]


def count_alphanumerics(data: npt.NDArray[np.uint8], offsets: Int64s) -> Int64s:
    """int64[rows]: code points that are letters or digits, as `str.isalpha` and `str.isdigit`.

    Args:
        data: uint8[...]: UTF-8.
        offsets: int64[rows + 1]: where each text begins.
    """
    return np.asarray(_count(data, offsets, character_classes(), ALPHABETIC | DIGIT))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(data: Any, offsets: Any, classes: Any, wanted: Any) -> Any:
    out = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(out)):
        at = offsets[row]
        while at < offsets[row + 1]:
            point, width = decode(data, at)
            out[row] += (class_of(classes, point) & wanted) != 0
            at += width
    return out

"""Regions: runs of parts, by which passes over the whole corpus leave what they find.

A file for each part and pass would be too many of them; one for each pass too much for one worker.
"""

import numpy as np
import numpy.typing as npt


def num_regions(num_parts: int) -> int:
    """How many regions the parts are divided into: units of work, each left a file by each pass."""
    return min(num_parts, 32 + num_parts // 32)


def region_of(part: npt.NDArray[np.int64], num_parts: int) -> npt.NDArray[np.int64]:
    """Region of each part."""
    return part * num_regions(num_parts) // num_parts


def parts_of_region(region: int, num_parts: int) -> range:
    """The parts of one region."""
    first, stop = (-(-at * num_parts // num_regions(num_parts)) for at in (region, region + 1))
    return range(first, stop)

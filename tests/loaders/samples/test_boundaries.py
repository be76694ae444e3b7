"""Offsets are found in memory and in files, wherever the guess."""

import os
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from haybale.loaders.samples.boundaries import first_from, read_window

# Documents of 1 to 9 tokens, then one of 100,000, then again short ones: no guess by the mean fits.
LENGTHS = np.concatenate([1 + np.arange(3000) % 9, [100_000], 1 + np.arange(3000) % 9])
OFFSETS = np.concatenate([[0], np.cumsum(LENGTHS)]).astype(np.int32)


@njit  # type: ignore[untyped-decorator]
def _first(offsets: np.ndarray, wanted: int, guess: int) -> int:
    return first_from(offsets, wanted, guess)


@njit  # type: ignore[untyped-decorator]
def _window(
    file: int, num_offsets: int, guess: int, begin: int, end: int, window: np.ndarray
) -> int:
    return read_window(file, 16, num_offsets, guess, begin, end, window)


@pytest.fixture
def file(tmp_path: Path) -> int:
    """A descriptor of a file with the offsets from byte 16 on."""
    (tmp_path / "offsets").write_bytes(bytes(16) + OFFSETS.tobytes())
    return os.open(tmp_path / "offsets", os.O_RDONLY)


@pytest.mark.parametrize("guess", [-5, 0, 1, 2999, 3001, len(OFFSETS), len(OFFSETS) + 5])
def test_the_first_offset_is_that_of_a_plain_search(guess: int) -> None:
    for wanted in (-1, 0, 1, 7, 14_999, 15_001, 100_000, 115_000, 129_000, int(OFFSETS[-1]) + 1):
        assert _first(OFFSETS, wanted, guess) == np.searchsorted(OFFSETS, wanted)


@pytest.mark.parametrize("size", [22, 64, 8192])
@pytest.mark.parametrize("guess", [-5, 0, 3001, len(OFFSETS) + 5])
def test_a_window_has_all_offsets_of_a_stretch(file: int, size: int, guess: int) -> None:
    window = np.empty(size, np.int32)
    for begin in (0, 1, 8, 14_980, 15_000, 60_000, 114_990, 115_020, int(OFFSETS[-1]) - 20):
        before = _window(file, len(OFFSETS), guess, begin, begin + 20, window)
        held = window[: len(OFFSETS) - before]
        assert (held == OFFSETS[before : before + len(held)]).all()
        first, last = np.searchsorted(OFFSETS, [begin, begin + 20])
        assert before <= first
        assert before + len(held) > last


def test_a_file_that_ends_too_early_and_offsets_that_do_not_rise_are_told_apart(
    file: int, tmp_path: Path
) -> None:
    window = np.empty(22, np.int32)
    assert _window(file, len(OFFSETS) + 30, len(OFFSETS), 200_000, 200_020, window) == -1
    high = np.where(np.arange(6000) == 3000, 100_000, 0).astype(np.int32)
    (tmp_path / "offsets").write_bytes(bytes(16) + high.tobytes())
    # A guess of 3011 looks at 3000 first: all before it should be lower, and all after it higher.
    assert _window(file, 6000, 3011, 60_000, 60_020, window) == -2

"""Evaluation items and their n-grams on disk, for workers to map into memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import canonical_json
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.decontamination.items import Item, ItemNgrams
from haybale.pipeline.decontamination.ngrams import NgramIndex, Reading
from haybale.pipeline.rows.tables import read_rows, write_rows

STAGE = "decontaminate"

_ITEMS_PATH = f"run/{STAGE}/items-read.json"
_ARRAYS = ("starts", "items", "lengths", "counts")
_INDEX_ARRAYS = ("keys", "lengths")


def write_items(folder: Folder, items: Sequence[Item]) -> None:
    """Leave the items."""
    rows = [[item.set, item.name, item.text] for item in items]
    folder.commit_bytes(_ITEMS_PATH, canonical_json(rows))


def read_items_back(folder: Folder) -> list[Item]:
    """The inverse of `write_items`."""
    return [Item(*row) for row in read_parsed(folder, _ITEMS_PATH)]


def write_index(folder: Folder, ngrams: ItemNgrams) -> None:
    """Leave the n-grams of one reading."""
    reading = ngrams.index.reading
    for name in _ARRAYS:
        write_rows(folder, _path(reading, name), getattr(ngrams, name))
    for name in _INDEX_ARRAYS:
        write_rows(folder, _path(reading, f"index.{name}"), getattr(ngrams.index, name))


def read_index(folder: Folder, reading: Reading) -> ItemNgrams:
    """The inverse of `write_index`."""
    index = [_read(folder, reading, f"index.{name}") for name in _INDEX_ARRAYS]
    arrays = [_read(folder, reading, name) for name in _ARRAYS]
    return ItemNgrams(NgramIndex(reading, *index), *arrays)


def write_common(folder: Folder, reading: Reading, common: npt.NDArray[np.bool_]) -> None:
    """Leave which n-grams do not count."""
    write_rows(folder, _path(reading, "common"), common)


def read_common(folder: Folder, reading: Reading) -> npt.NDArray[np.bool_]:
    """bool[n-grams]: which do not count."""
    return np.asarray(_read(folder, reading, "common"))


def _read(folder: Folder, reading: Reading, name: str) -> Any:
    return read_rows(folder, _path(reading, name))


def _path(reading: str, name: str) -> str:
    return f"run/{STAGE}/index/{reading}.{name}.npy"

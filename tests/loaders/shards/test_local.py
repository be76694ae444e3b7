"""Maps are bounded, and what is held stays readable when they go."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset
from haybale.loaders.shards import local
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.local import LocalStore

UINT16 = np.dtype(np.uint16)


def _first_tokens(corpus: Path) -> dict[int, int]:
    """The first token of each record batch, by row, through Arrow's own reader."""
    import pyarrow as pa

    found = {}
    for row, of in enumerate(read_index(Folder(corpus)).to_pylist()):
        batch = pa.ipc.open_file(corpus / of["shard"]).get_batch(of["batch"])
        found[row] = batch.column("tokens").values[0].as_py()
    return found


def _token(address: int) -> int:
    return int(ctypes.c_uint16.from_address(address).value)


# Two subsets of three shards. At most two maps, and one that is being read; or four reads, of the
# record batches of three shards at most, as they are read in order.
@pytest.mark.parametrize("bounds", [(2, 1 << 36, 1 << 16), (10, 0, 3)])
def test_bounded_maps_read_the_same(
    two_subsets: Path, monkeypatch: pytest.MonkeyPatch, bounds: tuple[int, int, int]
) -> None:
    names = ("MAX_MAPS", "MAX_MAPPED_BYTES", "MAX_ROWS_TOUCHED")
    for name, bound in zip(names, bounds, strict=True):
        monkeypatch.setattr(local, name, bound)
    index = IndexRows(read_index(Folder(two_subsets)))
    store = LocalStore(Folder(two_subsets), index, UINT16, verify=False)
    expected = _first_tokens(two_subsets)
    held = []
    for row in [*range(len(index)), *range(len(index) - 1, -1, -1)]:
        held.append((row, store.hold(np.array([row]))))
        assert store.counters()["shards_mapped"] <= 3
    for row, batches in held:
        assert _token(int(batches.values[0])) == expected[row]
    store.close()
    assert _token(int(held[0][1].values[0])) == expected[held[0][0]]


def test_a_dataset_reads_the_same_from_few_maps(
    two_subsets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> list[list[int]]:
        dataset = TokenDataset(two_subsets, 16)
        return [dataset[index]["input_ids"].tolist() for index in range(len(dataset))]

    expected = read()
    monkeypatch.setattr(local, "MAX_MAPS", 1)
    assert read() == expected

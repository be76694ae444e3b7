"""What is widened on a device is what is widened by the kernels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from haybale.loaders import TokenDataset
from haybale.loaders.device import narrow_batch, widen_on_device
from haybale.loaders.samples.buffers import Buffers
from haybale.loaders.samples.reader import WIDE_FIELDS, Gathered
from haybale.loaders.samples.widen import widen


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("packing", ["concatenate", "best_fit", "document_start"])
def test_a_batch_is_the_same_by_either_way(
    corpus_writer: Any, tmp_path: Path, packing: Any, across: bool
) -> None:
    random = np.random.default_rng(0)
    documents = [[*random.integers(2, 900, n).tolist(), 1] for n in random.integers(0, 40, 60)]
    corpus = corpus_writer(tmp_path / "corpus", {"a": [documents]}, packings=[("best_fit", 16)])
    dataset = TokenDataset(corpus, 16, packing=packing, labels_across_documents=across)
    plan, buffers = dataset.plan(np.arange(len(dataset) // 3 * 3)), Buffers()
    gathered = dataset.gather(plan, buffers)
    wide = dataset.reader.widen(gathered, 3, 16, WIDE_FIELDS, buffers)
    for number in range(len(plan) // 3):
        narrow = narrow_batch(gathered, 3 * number, 3, across)
        found = widen_on_device(narrow, 16, WIDE_FIELDS)
        for name in ("input_ids", "labels", "position_ids"):
            assert found[name].tolist() == wide[name][number].tolist()
            assert found[name].numpy().dtype == wide[name].dtype
        assert found["cu_seqlens"].tolist() == wide["cu_seqlens"][number].tolist()


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_the_largest_ids_survive_the_way_as_signed_integers(dtype: Any) -> None:
    largest = int(np.iinfo(dtype).max)
    # The second sample's last label begins a document.
    gathered = Gathered(
        tokens=np.array([[0, 5, largest], [largest - 1, 1, 7]], dtype),
        starts=np.array([0, 1, 3, 5], np.int32),
        starts_until=np.array([0, 2, 4]),
        labelled=np.array([2, 2], np.int32),
    )
    narrow = narrow_batch(gathered, 0, 2, across=False)
    assert narrow["tokens"].element_size() == np.dtype(dtype).itemsize
    moved = widen_on_device(narrow, 2, WIDE_FIELDS)
    assert moved["input_ids"].tolist() == [[0, 5], [largest - 1, 1]]
    assert moved["labels"].tolist() == [[-100, largest], [1, -100]]
    assert moved["position_ids"].tolist() == [[0, 0], [0, 1]]
    assert moved["cu_seqlens"].tolist() == [0, 1, 2, 4, 4]
    arrays = [np.empty((2, 2), np.int64), np.empty((2, 2), np.int64), np.empty((2, 2), np.int32)]
    boundaries = np.empty((1, 5), np.int32)
    columns = (gathered.starts, gathered.starts_until, gathered.labelled)
    assert widen(gathered.tokens, *columns, False, 2, *arrays, boundaries) == 3
    assert [array.tolist() for array in arrays] == [
        moved[name].tolist() for name in ("input_ids", "labels", "position_ids")
    ]
    assert boundaries[0].tolist() == [0, 1, 2, 4, 4]


def test_little_is_sent(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, 512)
    gathered = dataset.gather(dataset.plan(np.arange(2)), Buffers())
    sent = narrow_batch(gathered, 0, 2, across=False)
    num_bytes = sum(tensor.nbytes for tensor in sent.values())
    num_documents = len(sent["boundaries"])
    # Two bytes a token of 2 x 513, four for each boundary and each input without a label, and for
    # each row; inputs, labels and positions would be 20 bytes a token.
    assert num_bytes <= 2 * 513 * 2 + 4 * (2 * num_documents + 2) + 4 * 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_widening_on_a_gpu_is_widening_on_the_cpu(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, 16)
    gathered = dataset.gather(dataset.plan(np.arange(4)), Buffers())
    narrow = narrow_batch(gathered, 0, 4, across=False)
    on_gpu = widen_on_device({n: t.cuda() for n, t in narrow.items()}, 16, WIDE_FIELDS)
    on_cpu = widen_on_device(narrow, 16, WIDE_FIELDS)
    assert all(torch.equal(on_gpu[name].cpu(), on_cpu[name]) for name in WIDE_FIELDS)

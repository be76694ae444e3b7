"""Samples of every packing beside a naive reading of the documents, one token at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.corpus.shards import Regrouper
from haybale.loaders import TokenDataset
from haybale.tokenization.packing import PACKERS

EOS = 1
Stretch = tuple[int, int]  # first token, number of tokens
Sample = dict[str, list[int]]


def _expected(
    documents: list[list[int]], stretches: list[Stretch], length: int, across: bool, packed: bool
) -> Sample:
    """One sample from its stretches of the concatenated documents."""
    tokens = [token for document in documents for token in document]
    begins = set(np.cumsum([0, *map(len, documents)]).tolist())
    inputs: list[int] = []
    labels: list[int] = []
    positions: list[int] = []
    starts: list[int] = []
    for first, count in stretches:
        for at in range(first, first + count):
            if (at == first and (packed or not inputs)) or at in begins:
                starts.append(len(inputs))
            positions.append(len(inputs) - starts[-1])
            inputs.append(tokens[at])
            ends = at + 1 in begins
            labels.append(tokens[at + 1] if not ends or (not packed and across) else -100)
    if packed and across:  # the next token of the row is the next document's first
        for at in range(len(inputs) - 1):
            if labels[at] == -100:
                labels[at] = inputs[at + 1]
    padding = length - len(inputs)
    if padding:
        starts.append(len(inputs))
    return {
        "input_ids": inputs + [EOS] * padding,
        "labels": labels + [-100] * padding,
        "position_ids": positions + list(range(padding)),
        "cu_seqlens": starts + [length] * (length + 1 - len(starts)),
    }


def _stretches(documents: list[list[int]], packing: str, length: int) -> list[list[Stretch]]:
    offsets = np.cumsum([0, *map(len, documents)])
    if packing == "concatenate":
        return [[(at, length)] for at in range(0, int(offsets[-1]) - length, length)]
    made = PACKERS[packing](offsets, length)  # type: ignore[index]
    bounds = zip(made.offsets[:-1].tolist(), made.offsets[1:].tolist(), strict=True)
    pairs = list(zip(made.starts.tolist(), made.lengths.tolist(), strict=True))
    return [pairs[first:last] for first, last in bounds]


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("packing", ["concatenate", "best_fit", "document_start"])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=40),
    length=st.integers(2, 16),
)
def test_samples_are_those_of_a_naive_reading(
    tmp_path_factory: pytest.TempPathFactory,
    corpus_writer: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    packing: Any,
    across: bool,
    stored: bool,
    lengths: list[int],
    length: int,
) -> None:
    if not stored and packing == "best_fit":
        return  # is never computed at opening
    monkeypatch.setattr(Regrouper.__init__, "__defaults__", (24,))
    numbers = iter(range(2, 32_000))
    documents = [[*(next(numbers) for _ in range(count)), EOS] for count in lengths]
    packings = [] if packing == "concatenate" or not stored else [(packing, length)]
    path = tmp_path_factory.mktemp("packed") / "corpus"
    expected = [
        _expected(documents, stretches, length, across, packing != "concatenate")
        for stretches in _stretches(documents, packing, length)
    ]
    corpus_writer(path, {"books": [documents]}, packings=packings)
    if not expected:  # fewer tokens than a sample and its last label
        with pytest.raises(RecipeError, match="sequence_length"):
            TokenDataset(path, length, shuffle=None)
        return
    dataset = TokenDataset(
        path, length, shuffle=None, packing=packing, labels_across_documents=across
    )
    found = [{n: a.tolist() for n, a in dataset[i].items()} for i in range(len(dataset))]
    assert found == expected


def test_a_packing_that_is_not_stored_is_refused_with_those_that_are(
    make_corpus: Callable[..., Path],
) -> None:
    corpus = make_corpus(
        {"books": [[[5, 6, 7, EOS]] * 9]}, packings=[("best_fit", 8), ("best_fit", 12)]
    )
    message = r"no best_fit packing for 16 \(it has 8, 12; choose one of these\)"
    with pytest.raises(RecipeError, match=message):
        TokenDataset(corpus, 16, packing="best_fit")
    with pytest.raises(RecipeError, match=r"unknown 'bestfit'; did you mean 'best_fit'"):
        TokenDataset(corpus, 8, packing="bestfit")  # type: ignore[arg-type]


@pytest.mark.parametrize("packing_index", [True, False])
def test_packed_samples_of_several_shards_are_each_read_once(
    make_corpus: Callable[..., Path], small_batches: None, packing_index: bool
) -> None:
    numbers = iter(range(2, 32_000))
    shards = [
        [[*(next(numbers) for _ in range(1 + (7 * at + shard) % 23)), EOS] for at in range(30)]
        for shard in range(3)
    ]
    corpus = make_corpus(
        {"books": shards}, packings=[("best_fit", 16)], packing_index=packing_index
    )
    dataset = TokenDataset(corpus, 16, packing="best_fit")
    read = [token for at in range(len(dataset)) for token in dataset[at]["input_ids"].tolist()]
    # Every token has a number of its own but EOS, and best fit drops none.
    expected = {token for shard in shards for document in shard for token in document}
    assert sorted(token for token in read if token != EOS) == sorted(expected - {EOS})

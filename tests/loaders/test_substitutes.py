"""Samples of damaged record batches are replaced, always by the same, and the damage is kept."""

import json
from pathlib import Path

import numpy as np
import pytest

from haybale.corpus.errors import CheckpointMismatchError, CorruptShardError, RecipeError
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset, TokenLoader
from haybale.loaders.shards.store import CorruptBatchError

LENGTH = 16


def _damage(corpus: Path, row: int) -> str:
    """Flip a bit of a record batch's first token; its name."""
    of = read_index(Folder(corpus)).to_pylist()[row]
    with (corpus / of["shard"]).open("r+b") as file:
        file.seek(of["values_position"])
        byte = file.read(1)[0]
        file.seek(of["values_position"])
        file.write(bytes([byte ^ 1]))
    return f"{of['shard']}, record batch {of['batch']}"


def _drawn(dataset: TokenDataset, positions: range) -> list[list[int]]:
    return [dataset.sample(position)["input_ids"].tolist() for position in positions]


def test_damage_raises_unless_substitutes_are_asked_for(two_subsets: Path) -> None:
    name = _damage(two_subsets, 2)
    dataset = TokenDataset(two_subsets, LENGTH, verify=True)
    with pytest.raises(CorruptBatchError, match=name):
        _drawn(dataset, range(len(dataset)))


def test_only_samples_of_the_damage_change_and_each_run_takes_the_same(two_subsets: Path) -> None:
    size = len(TokenDataset(two_subsets, LENGTH))
    before = _drawn(TokenDataset(two_subsets, LENGTH, seed=5), range(size))
    name = _damage(two_subsets, 2)
    plan = TokenDataset(two_subsets, LENGTH, seed=5).plan(np.arange(size))
    touched = set(plan.stretches.sample[plan.stretches.row == 2].tolist())
    assert touched
    forwards = TokenDataset(two_subsets, LENGTH, seed=5, on_corrupt="substitute")
    found = _drawn(forwards, range(size))
    assert {at for at in range(size) if found[at] != before[at]} == touched
    assert forwards.damaged == [name]
    assert len(touched) > 2
    assert len({tuple(found[at]) for at in touched}) > 1  # each has a substitute of its own
    # The order in which damage is met makes no difference.
    backwards = TokenDataset(two_subsets, LENGTH, seed=5, on_corrupt="substitute")
    assert _drawn(backwards, range(size - 1, -1, -1)) == found[::-1]


def test_substitutes_of_two_damaged_batches_are_of_neither(two_subsets: Path) -> None:
    for row in (0, 1, 4):
        _damage(two_subsets, row)
    datasets = [TokenDataset(two_subsets, LENGTH, on_corrupt="substitute") for _ in range(2)]
    size = len(datasets[0])
    assert _drawn(datasets[0], range(size)) == _drawn(datasets[1], range(size - 1, -1, -1))[::-1]
    for position in range(size):
        for span in datasets[0].documents(position):
            assert span.length <= LENGTH
    assert len(datasets[0].damaged) == 3


def test_the_saved_position_names_the_damage(two_subsets: Path) -> None:
    name = _damage(two_subsets, 2)
    loader = TokenLoader(TokenDataset(two_subsets, LENGTH, on_corrupt="substitute"), 4)
    assert loader.state_dict()["damaged"] == []
    batches = list(loader)
    state = json.loads(json.dumps(loader.state_dict()))
    assert state["damaged"] == [name]
    other = TokenLoader(TokenDataset(two_subsets, LENGTH, on_corrupt="substitute"), 4)
    other.load_state_dict(state)
    assert other.state_dict()["damaged"] == [name]  # before it is met again
    with pytest.raises(CheckpointMismatchError, match="damage that the corpus cannot have"):
        other.load_state_dict({**state, "damaged": ["nowhere, record batch 3"]})
    other.seek(step=0)
    assert next(iter(other))["input_ids"].tolist() == batches[0]["input_ids"].tolist()


def test_where_everything_is_damaged_there_is_no_substitute(two_subsets: Path) -> None:
    for row in range(len(read_index(Folder(two_subsets)))):
        _damage(two_subsets, row)
    dataset = TokenDataset(two_subsets, LENGTH, on_corrupt="substitute")
    with pytest.raises(CorruptShardError, match="record batches are damaged"):
        _drawn(dataset, range(len(dataset)))


def test_substitutes_need_digests(two_subsets: Path) -> None:
    with pytest.raises(RecipeError, match="on_corrupt='substitute' finds damage by digests"):
        TokenDataset(two_subsets, LENGTH, on_corrupt="substitute", verify=False)
    with pytest.raises(RecipeError, match="on_corrupt: expected 'raise' or 'substitute'"):
        TokenDataset(two_subsets, LENGTH, on_corrupt="skip")  # type: ignore[arg-type]


def test_a_document_is_not_where_something_stands_in_for_it(two_subsets: Path) -> None:
    _damage(two_subsets, 2)
    dataset = TokenDataset(two_subsets, LENGTH, on_corrupt="substitute")
    _drawn(dataset, range(len(dataset)))
    plan = TokenDataset(two_subsets, LENGTH).plan(np.arange(len(dataset)))
    replaced = set(plan.stretches.sample[plan.stretches.row == 2].tolist())
    for position in range(0, len(dataset), 5):
        for span in dataset.documents(position):
            found = {seen.position for seen in dataset.where(span.doc_id)}
            assert (position in found) == (position not in replaced)
            assert not found & replaced

"""Seeking, skipping and explaining, with the sequence read one sample at a time beside it."""

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.loaders import Stage, TokenDataset, TokenLoader
from haybale.loaders.loader import Batch

LENGTH = 16


@pytest.fixture
def dataset(two_subsets: Path) -> TokenDataset:
    return TokenDataset(two_subsets, LENGTH, seed=3)


def _rows(batch: Batch) -> list[list[int]]:
    rows: list[list[int]] = batch["input_ids"].tolist()
    return rows


def _sequence(dataset: TokenDataset, positions: list[int]) -> list[list[int]]:
    return [dataset.sample(position)["input_ids"].tolist() for position in positions]


def test_seeking_goes_to_a_step_or_to_the_tokens_before_it(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 4)
    loader.seek(step=6)
    assert loader.step == 6
    assert _rows(next(iter(loader))) == _sequence(dataset, [24, 25, 26, 27])
    loader.seek(tokens=3 * 4 * LENGTH)
    assert loader.step == 3
    assert _rows(next(iter(loader))) == _sequence(dataset, [12, 13, 14, 15])


def test_seeking_while_iterating_counts(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 4)
    iterator = iter(loader)
    next(iterator)
    loader.seek(step=10)
    assert _rows(next(iterator)) == _sequence(dataset, [40, 41, 42, 43])


def test_seeking_where_no_step_begins_is_refused_with_the_nearest(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 4)
    message = r"no step begins after 100 tokens; near it are 64 and 128"
    with pytest.raises(RecipeError, match=message):
        loader.seek(tokens=100)
    for options in ({}, {"step": 1, "tokens": 64}):
        with pytest.raises(RecipeError, match="seek: give a step or tokens"):
            loader.seek(**options)
    for wrong in (-1, 3.0, "3"):
        with pytest.raises(RecipeError, match="step: expected a whole number of at least 0"):
            loader.seek(step=wrong)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="the sequence ends after"):
        loader.seek(step=1 << 60)


def test_near_a_passs_end_the_steps_around_it_are_named(dataset: TokenDataset) -> None:
    # Passes of 10 in steps of 4: steps begin at 0, 4, 10, 14, ...; 8 and 9 are dropped.
    loader = TokenLoader(dataset, 4, num_samples=10)
    for tokens in (8 * LENGTH, 9 * LENGTH):
        with pytest.raises(RecipeError, match=f"near it are {4 * LENGTH} and {10 * LENGTH}"):
            loader.seek(tokens=tokens)
    loader.seek(tokens=10 * LENGTH)
    assert loader.step == 2


def test_numpys_numbers_leave_no_trace_in_the_state(dataset: TokenDataset) -> None:
    number = np.int64
    loader = TokenLoader(dataset, number(2), number(0), number(2), num_samples=number(40))
    loader.seek(step=number(3))
    state = json.loads(json.dumps(loader.state_dict()))
    plain = TokenLoader(dataset, 2, 0, 2, num_samples=40)
    plain.load_state_dict(state)
    assert (plain.step, plain.state_dict()) == (3, loader.state_dict())


def test_skipped_steps_are_never_handed_out(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 4)
    iterator = iter(loader)
    next(iterator)
    loader.skip(range(3, 5))  # positions 12 to 19
    found = [_rows(batch) for batch in iterator]
    # The pass has as many samples as before, so it goes 8 positions further.
    kept = [at for at in range(4, len(dataset) + 8) if not 12 <= at < 20]
    expected = _sequence(dataset, kept)
    assert found == [expected[4 * step : 4 * step + 4] for step in range(len(kept) // 4)]
    assert loader.skipped == ((12, 20),)


def test_skips_are_saved_and_a_second_skip_counts_steps_anew(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 4)
    loader.skip(range(2, 3))  # positions 8 to 11
    state = json.loads(json.dumps(loader.state_dict()))
    assert state["skips"] == [[8, 12]]
    other = TokenLoader(dataset, 2)
    other.load_state_dict(state)
    other.skip(range(4, 5))  # of 2 samples: handed out 8 and 9, so positions 12 and 13
    assert other.skipped == ((8, 14),)
    found = [_rows(batch) for batch, _ in zip(other, range(5), strict=False)]
    assert found == [
        _sequence(dataset, pair) for pair in ([0, 1], [2, 3], [4, 5], [6, 7], [14, 15])
    ]


@pytest.mark.parametrize("steps", [range(1), range(5, 5), range(4, 8, 2), 3, [4, 5]])
def test_only_steps_to_come_can_be_skipped(dataset: TokenDataset, steps: Any) -> None:
    loader = TokenLoader(dataset, 4)
    loader.seek(step=2)
    with pytest.raises(RecipeError, match="expected a range of steps from 2 on, without gaps"):
        loader.skip(steps)


def test_peeking_shows_any_step_and_moves_nothing(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 2, rank=1, world_size=2)
    before = loader.state_dict()
    assert _rows(loader.peek(5)) == _sequence(dataset, [22, 23])
    assert loader.state_dict() == before
    assert _rows(next(iter(loader))) == _sequence(dataset, [2, 3])


def test_peeking_at_steps_of_another_size_is_refused(dataset: TokenDataset) -> None:
    first = TokenLoader(dataset, 4)
    next(iter(first))
    second = TokenLoader(dataset, 2)
    second.load_state_dict(first.state_dict())
    with pytest.raises(RecipeError, match="step 0 has another batch size or number of ranks"):
        second.peek(0)
    assert [sample.rank for sample in second.explain(0).samples] == [None] * 4
    assert "position 3: sample" in str(second.explain(0))
    assert _rows(second.peek(1)) == _sequence(dataset, [4, 5])


def test_a_copy_iterates_by_itself(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 2)
    iterator = iter(loader)
    next(iterator)
    copied, pickled = copy.deepcopy(loader), pickle.loads(pickle.dumps(loader))
    for other in (copied, pickled):
        assert _rows(next(iter(other))) == _sequence(dataset, [2, 3])
    assert _rows(next(iterator)) == _sequence(dataset, [2, 3])


def test_a_step_is_explained_by_the_documents_of_its_samples(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 2, rank=0, world_size=2)
    explained = loader.explain(7)
    assert [sample.position for sample in explained.samples] == [28, 29, 30, 31]
    assert [sample.rank for sample in explained.samples] == [0, 0, 1, 1]
    for sample in explained.samples:
        assert list(sample.documents) == dataset.documents(sample.position)
        assert sum(span.length for span in sample.documents) == LENGTH
        assert all(span.shard.split("/")[2] == sample.source for span in sample.documents)
    assert f"position 28, rank 0: sample {explained.samples[0].sample}" in str(explained)


def test_steps_of_an_earlier_batch_size_are_still_explained(dataset: TokenDataset) -> None:
    first = TokenLoader(dataset, 4)
    for _, _batch in zip(range(3), first, strict=False):
        pass
    second = TokenLoader(dataset, 6)
    second.load_state_dict(first.state_dict())
    next(iter(second))
    positions = [[s.position for s in second.explain(step).samples] for step in (1, 2, 3, 4)]
    assert positions == [
        [4, 5, 6, 7], [8, 9, 10, 11], list(range(12, 18)), list(range(18, 24)),
    ]  # fmt: skip


@pytest.mark.parametrize("shuffle", ["full", "block", None])
@pytest.mark.parametrize("packing", ["concatenate", "document_start"])
def test_where_a_document_comes_is_where_the_steps_have_it(
    two_subsets: Path, shuffle: str, packing: str
) -> None:
    options = {"block_tokens": 100, "window_blocks": 3} if shuffle == "block" else {}
    dataset = TokenDataset(two_subsets, LENGTH, 3, shuffle, packing=packing, **options)
    loader = TokenLoader(dataset, 4, num_samples=2 * len(dataset))
    loader.skip(range(5, 7))
    num_handed_out = len(loader) * 4
    seen: dict[str, list[int]] = {}
    for position in range(num_handed_out + 8):
        for doc_id in {span.doc_id for span in dataset.documents(position)}:
            seen.setdefault(doc_id, []).append(position)
    for doc_id in list(seen)[::9]:
        found = loader.where(doc_id)
        assert all(at.position < 2 * len(dataset) + 8 for at in found)
        assert [at.position for at in found if at.position < num_handed_out + 8] == seen[doc_id]
        for at in found:
            if at.step is None:
                assert 20 <= at.position < 28 or at.position >= num_handed_out
            else:
                positions = [sample.position for sample in loader.explain(at.step).samples]
                assert at.position in positions


def test_a_document_of_a_subset_that_is_left_out_comes_nowhere(two_subsets: Path) -> None:
    (span, *_) = TokenDataset(two_subsets, LENGTH, weights={"books": 0, "web": 1}).documents(0)
    assert (
        TokenDataset(two_subsets, LENGTH, weights={"books": 1, "web": 0}).where(span.doc_id) == []
    )


def test_documents_that_no_sample_has_are_told_apart(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, LENGTH)
    with pytest.raises(RecipeError, match="expected an id of 32 hex digits"):
        dataset.where("12")
    with pytest.raises(RecipeError, match=r"no shard of .* has it"):
        dataset.where("0" * 32)


def test_the_state_is_small_and_the_same_on_every_rank(dataset: TokenDataset) -> None:
    loaders = [TokenLoader(dataset, 3, rank, 4) for rank in range(4)]
    for size in range(1, 12):  # many changes of the batch size
        states = []
        for rank, loader in enumerate(loaders):
            next(iter(loader))
            states.append(loader.state_dict())
            loaders[rank] = TokenLoader(dataset, size, rank, 4, num_samples=10**12)
            loaders[rank].load_state_dict(states[-1])
        assert all(state == states[0] for state in states)
        assert len(json.dumps(states[0])) < 1000


def test_a_plan_may_change_after_the_position_but_not_before_it(two_subsets: Path) -> None:
    even = {"books": 1.0, "web": 1.0}
    old = TokenDataset(two_subsets, LENGTH, stages=[Stage(even)])
    loader = TokenLoader(old, 4)
    loader.seek(step=5)  # 20 samples
    state = loader.state_dict()
    new = TokenDataset(
        two_subsets, LENGTH, stages=[Stage(even, tokens=20 * LENGTH), Stage({"web": 1.0})]
    )
    resumed = TokenLoader(new, 4)
    resumed.load_state_dict(state)
    batch = next(iter(resumed))
    assert (batch["input_ids"].max(1).values >= 20_000).all()  # web's tokens begin there
    wrong = TokenDataset(
        two_subsets, LENGTH, stages=[Stage(even, tokens=19 * LENGTH), Stage({"web": 1.0})]
    )
    with pytest.raises(CheckpointMismatchError, match="drawn: "):
        TokenLoader(wrong, 4).load_state_dict(state)


def test_a_plan_with_an_end_ends(two_subsets: Path) -> None:
    stages = [Stage({"books": 1.0}, tokens=10 * LENGTH), Stage({"web": 1.0}, tokens=7 * LENGTH)]
    dataset = TokenDataset(two_subsets, LENGTH, stages=stages)
    assert len(dataset) == 17
    loader = TokenLoader(dataset, 4)
    assert len(loader) == 4
    assert sum(1 for _ in loader) == 4
    assert list(loader) == []  # the sequence is at its end
    for look in (loader.seek, loader.peek, loader.explain):
        with pytest.raises(RecipeError, match="the sequence ends after 17"):
            look(5)
    with pytest.raises(RecipeError, match="choose at most 17"):
        TokenLoader(dataset, 4, num_samples=18)
    with pytest.raises(IndexError, match="17"):
        dataset.sample(17)
    fresh = TokenLoader(dataset, 4)
    with pytest.raises(RecipeError, match=r"skip: the end of .* the sequence ends after 17"):
        fresh.skip(range(2, 6))


def test_after_a_plans_end_a_stage_more_goes_on_without_a_gap(two_subsets: Path) -> None:
    first = Stage({"books": 1.0}, tokens=10 * LENGTH)
    loader = TokenLoader(TokenDataset(two_subsets, LENGTH, stages=[first]), 4)
    assert sum(1 for _ in loader) == 2  # 8 of 10
    longer = TokenDataset(two_subsets, LENGTH, stages=[first, Stage({"web": 1.0})])
    resumed = TokenLoader(longer, 4)
    resumed.load_state_dict(loader.state_dict())
    assert _rows(next(iter(resumed))) == _sequence(longer, [8, 9, 10, 11])
    shorter = TokenDataset(two_subsets, LENGTH, stages=[Stage({"books": 1.0}, tokens=7 * LENGTH)])
    with pytest.raises(CheckpointMismatchError, match="after 8 samples, and the stages here end"):
        TokenLoader(shorter, 4).load_state_dict(loader.state_dict())


def test_what_is_skipped_is_missing_at_the_end_of_a_plan(two_subsets: Path) -> None:
    stages = [Stage({"books": 1.0}, tokens=17 * LENGTH)]
    loader = TokenLoader(TokenDataset(two_subsets, LENGTH, stages=stages), 4)
    loader.skip(range(1, 2))
    assert len(loader) == loader.remaining_steps == 3  # of 17 - 4 = 13 samples
    assert sum(1 for _ in loader) == 3


def test_a_document_is_looked_for_as_far_as_a_plan_goes(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, LENGTH, stages=[Stage({"web": 1.0}, tokens=17 * LENGTH)])
    loader = TokenLoader(dataset, 4)
    loader.skip(range(1, 2))  # the pass would go to position 21, and the plan ends at 17
    last = dataset.documents(16)[0].doc_id
    assert loader.where(last)[-1].position == 16


def test_restored_where_no_step_is_left_the_next_pass_begins(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, 2, num_samples=10)
    loader.seek(step=4)  # 8 samples
    larger = TokenLoader(dataset, 4, num_samples=10)
    larger.load_state_dict(loader.state_dict())
    assert _rows(next(iter(larger))) == _sequence(dataset, [10, 11, 12, 13])


def test_source_and_position_are_told_if_asked_for(dataset: TokenDataset) -> None:
    fields = ("sample_index", "source_id", "input_ids")
    loader = TokenLoader(dataset, 3, rank=1, world_size=2, fields=fields)
    for step, batch in enumerate(loader):
        assert list(batch) == list(fields)
        positions = [6 * step + 3, 6 * step + 4, 6 * step + 5]
        assert batch["sample_index"].tolist() == positions
        assert batch["source_id"].tolist() == dataset.locate(positions)[0].tolist()


def test_fields_that_no_batch_has_are_refused(dataset: TokenDataset) -> None:
    with pytest.raises(RecipeError, match=r"no 'labls'; did you mean 'labels'"):
        TokenLoader(dataset, fields=("input_ids", "labls"))
    with pytest.raises(RecipeError, match="each once"):
        TokenLoader(dataset, fields=("labels", "labels"))


def test_room_for_documents_can_be_limited_and_too_little_is_said(dataset: TokenDataset) -> None:
    most = max(
        sum(1 for at in dataset[i]["cu_seqlens"] if at < LENGTH) for i in range(len(dataset))
    )
    loader = TokenLoader(dataset, 2, max_documents=most)
    shapes = {tuple(batch["cu_seqlens"].shape) for batch in loader}
    assert shapes == {(2 * most + 1,)}
    with pytest.raises(RecipeError, match="cu_seqlens has room for 2 x 1 documents"):
        list(TokenLoader(dataset, 2, max_documents=1))

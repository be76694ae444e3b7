import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.loaders import TokenDataset, TokenLoader
from haybale.loaders.batches import Batch, tensors_of


@pytest.fixture
def dataset(two_subsets: Path) -> TokenDataset:
    return TokenDataset(two_subsets, sequence_length=16, seed=3)


@pytest.fixture(autouse=True)
def _groups_of_two_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a thread does not make all batches of so small a corpus in one go."""
    monkeypatch.setattr("haybale.loaders.batches.GROUP_TOKENS", 32)


def _equal(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        list(left) == list(right) and all(_same(left[name], right[name]) for name in left)
        for left, right in zip(one, other, strict=True)
    )


def _same(one: Any, other: Any) -> bool:
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else bool(one == other)


def _rows(batches: list[Batch]) -> list[list[int]]:
    return [row for batch in batches for row in batch["input_ids"].tolist()]


def _sequence(dataset: TokenDataset, first: int, last: int) -> list[list[int]]:
    return [dataset.sample(position)["input_ids"].tolist() for position in range(first, last)]


def test_a_batch_is_the_next_samples_of_the_sequence(dataset: TokenDataset) -> None:
    batch = next(iter(TokenLoader(dataset, batch_size=4)))
    items = [dataset[position] for position in range(4)]
    for name in ("input_ids", "labels", "position_ids"):
        assert batch[name].tolist() == [item[name].tolist() for item in items]
        assert batch[name].is_contiguous()
    # Flattened, sample i begins at 16 i; each sample's own padding is left out.
    expected = [16 * i + at for i in range(4) for at in items[i]["cu_seqlens"].tolist() if at < 16]
    assert batch["cu_seqlens"].tolist() == expected + [64] * (65 - len(expected))
    assert [batch[name].dtype for name in list(batch)[:4]] == [
        torch.int64, torch.int64, torch.int32, torch.int32,
    ]  # fmt: skip
    assert list(batch)[4:] == ["max_seqlen"]
    assert batch["max_seqlen"] == 16


def test_restored_before_any_step_the_remainder_is_the_same(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, batch_size=8)
    states, batches = [], []
    iterator = iter(loader)
    for _ in range(len(loader)):
        states.append(json.loads(json.dumps(loader.state_dict())))
        batches.append(next(iterator))
    for step, state in enumerate(states):
        restored = TokenLoader(dataset, batch_size=8)
        restored.load_state_dict(state)
        assert len(restored) == len(batches)  # of the pass, as trainers count them
        assert restored.remaining_steps == len(batches) - step
        assert _equal(list(restored), batches[step:])


def test_a_restored_loader_can_be_saved_and_restored_again(dataset: TokenDataset) -> None:
    expected = list(TokenLoader(dataset, batch_size=8))
    state, found = TokenLoader(dataset, batch_size=8).state_dict(), []
    for _ in expected:
        loader = TokenLoader(dataset, batch_size=8)
        loader.load_state_dict(state)
        found.append(next(iter(loader)))
        state = loader.state_dict()
    assert _equal(found, expected)


@pytest.mark.parametrize("world_size", [1, 2, 3, 8])
def test_all_ranks_together_are_the_global_sequence(dataset: TokenDataset, world_size: int) -> None:
    loaders = [TokenLoader(dataset, 2, rank, world_size) for rank in range(world_size)]
    num_steps = len(dataset) // (2 * world_size)
    assert [len(loader) for loader in loaders] == [num_steps] * world_size
    steps = zip(*loaders, strict=True)
    found = [row for ranks in steps for row in _rows(list(ranks))]
    assert found == _sequence(dataset, 0, num_steps * 2 * world_size)
    states = [loader.state_dict() for loader in loaders]
    assert all(state == states[0] for state in states)


@pytest.mark.parametrize(("world_size", "batch_size"), [(1, 8), (3, 5), (8, 1)])
def test_another_number_of_ranks_goes_on_with_the_same_sequence(
    dataset: TokenDataset, world_size: int, batch_size: int
) -> None:
    before = [TokenLoader(dataset, 4, rank, 2) for rank in range(2)]
    iterators = [iter(loader) for loader in before]
    for _ in range(3):  # three steps of 2 x 4 samples
        for iterator in iterators:
            next(iterator)
    after = [TokenLoader(dataset, batch_size, rank, world_size) for rank in range(world_size)]
    for loader in after:
        loader.load_state_dict(before[1].state_dict())
    found = [row for ranks in zip(*after, strict=True) for row in _rows(list(ranks))]
    assert found == _sequence(dataset, 24, 24 + len(found))
    assert len(dataset) - 24 - len(found) < world_size * batch_size


def test_prefetching_does_not_move_the_saved_position(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, batch_size=2, prefetch=6)
    iterator = iter(loader)
    next(iterator)
    assert loader.state_dict()["cursor"] == 2


def test_prefetch_changes_no_batch(dataset: TokenDataset) -> None:
    expected = list(TokenLoader(dataset, prefetch=0))
    assert _equal(list(TokenLoader(dataset, prefetch=5)), expected)


def test_a_state_loaded_after_iter_counts(dataset: TokenDataset) -> None:
    states = []
    for step in (5, 2):
        other = TokenLoader(dataset, batch_size=2)
        other.seek(step=step)
        states.append(other.state_dict())
    loader = TokenLoader(dataset, batch_size=2)
    iterator = iter(loader)
    loader.load_state_dict(states[0])
    assert _rows([next(iterator)]) == _sequence(dataset, 10, 12)
    loader.load_state_dict(states[1])
    assert _rows([next(iterator)]) == _sequence(dataset, 4, 6)


def test_the_next_pass_draws_the_next_samples(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, batch_size=4, num_samples=10)
    passes = [_rows(list(loader)) for _ in range(3)]
    assert passes == [_sequence(dataset, first, first + 8) for first in (0, 10, 20)]


def test_a_horizon_beyond_one_epoch_goes_on_into_the_next(dataset: TokenDataset) -> None:
    horizon = 2 * len(dataset)
    loader = TokenLoader(dataset, batch_size=2, num_samples=horizon)
    assert len(loader) == horizon // 2
    assert _rows(list(loader)) == _sequence(dataset, 0, horizon)


def test_after_a_break_iterating_goes_on(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, batch_size=2)
    for _ in loader:
        break
    assert _rows([next(iter(loader))]) == _sequence(dataset, 2, 4)


def _prefetch_threads() -> int:
    return sum(thread.name == "haybale-prefetch" for thread in threading.enumerate())


def test_abandoned_iterators_leave_no_thread(dataset: TokenDataset) -> None:
    loader = TokenLoader(dataset, batch_size=2)
    for _ in range(5):
        for _ in loader:
            break
        next(iter(loader))
    gc.collect()
    assert _prefetch_threads() == 0
    kept = iter(loader)
    next(kept)
    assert _prefetch_threads() == 1
    next(iter(loader))
    assert list(kept) == []
    assert _prefetch_threads() == 0


@pytest.mark.parametrize(
    "options",
    [{"seed": 4}, {"sequence_length": 8}, {"shuffle": None}, {"shuffle": "block"}],
    ids=lambda options: next(iter(options)),
)
def test_a_position_in_another_order_is_refused_naming_both_sides(
    dataset: TokenDataset, two_subsets: Path, options: dict[str, Any]
) -> None:
    other = TokenDataset(two_subsets, **{"sequence_length": 16, "seed": 3, **options})
    state, here = TokenLoader(other).state_dict(), TokenLoader(dataset)
    (name,) = options
    there, ours = repr(state[name]), repr(here.state_dict()[name])
    with pytest.raises(CheckpointMismatchError) as raised:
        here.load_state_dict(state)
    assert f"{name}: {there} there, {ours} here" in str(raised.value)


def test_a_position_in_another_corpus_is_refused(
    dataset: TokenDataset, make_corpus: Callable[..., Path]
) -> None:
    loader = TokenLoader(dataset)
    state = {**loader.state_dict(), "corpus": "0" * 32}
    with pytest.raises(CheckpointMismatchError, match=f"corpus: '{'0' * 32}' there"):
        loader.load_state_dict(state)


@pytest.mark.parametrize("cursor", [-1, None, 1.5, "3"])
def test_a_damaged_cursor_is_refused(dataset: TokenDataset, cursor: object) -> None:
    loader = TokenLoader(dataset)
    with pytest.raises(CheckpointMismatchError, match="cursor"):
        loader.load_state_dict({**loader.state_dict(), "cursor": cursor})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size: expected a whole number of at least 1, found 0"),
        ({"prefetch": -1}, "prefetch: expected a whole number of at least 0, found -1"),
        ({"max_documents": 0}, "max_documents: expected a whole number of at least 1, found 0"),
        ({"batch_size": 4.0}, r"batch_size: expected a whole number of at least 1, found 4\.0"),
        ({"num_samples": "9"}, "num_samples: expected a whole number of at least 1, found '9'"),
        ({"fields": "input_ids,labels"}, "fields: a batch has no 'input_ids,labels'"),
        ({"rank": 1}, "both rank and world_size"),
        ({"rank": 2, "world_size": 2}, r"a rank in \[0, 2\), found 2"),
        ({"batch_size": 4, "num_samples": 3}, "only 3; choose a batch_size of at most 3, or a num"),
        (
            {"batch_size": 4, "rank": 0, "world_size": 9, "num_samples": 8},
            "only 8; choose a num_samples of at least 36",
        ),
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    dataset: TokenDataset, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        TokenLoader(dataset, **options)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_batches_on_a_gpu_equal_those_on_the_cpu(dataset: TokenDataset) -> None:
    on_gpu = list(TokenLoader(dataset, device="cuda"))
    assert all(tensor.is_cuda for batch in on_gpu for tensor in tensors_of(batch).values())
    moved = [{n: v.cpu() if n != "max_seqlen" else v for n, v in b.items()} for b in on_gpu]
    assert _equal(moved, list(TokenLoader(dataset)))


def test_the_loader_needs_neither_beam_nor_sentencepiece() -> None:
    code = (
        "import sys, haybale.loaders; "
        "sys.exit(bool({'apache_beam', 'sentencepiece'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_iteration_closed_by_another_thread_ends_before_its_next_batch(
    dataset: TokenDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = TokenLoader(dataset, 2)
    at_work, go_on = threading.Event(), threading.Event()
    gather = TokenDataset.gather

    def slow(*arguments: Any) -> Any:
        at_work.set()
        assert go_on.wait(10)
        return gather(*arguments)

    monkeypatch.setattr(TokenDataset, "gather", slow)
    taken: list[Batch] = []
    thread = threading.Thread(target=lambda: taken.extend(loader))
    thread.start()
    assert at_work.wait(10)
    time.sleep(0.05)  # the other thread waits for its first batch
    loader.close()
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert taken == []
    monkeypatch.undo()
    assert len(list(loader)) == len(loader)


def test_a_process_may_end_while_batches_are_made(two_subsets: Path) -> None:
    code = (
        "from haybale.loaders import TokenDataset, TokenLoader\n"
        f"it = iter(TokenLoader(TokenDataset({str(two_subsets)!r}, 16), 2, num_samples=10**7))\n"
        "for _ in range(300): next(it)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_was_drawn_is_what_batches_had_and_nothing_that_was_skipped(
    dataset: TokenDataset,
) -> None:
    fields = ("input_ids", "source_id")
    loader = TokenLoader(dataset, batch_size=2, rank=0, world_size=1, fields=fields)
    assert loader.drawn() == dict.fromkeys(dataset.sources, 0)
    loader.skip(range(1, 3))
    expected = dict.fromkeys(dataset.sources, 0)
    for _, batch in zip(range(3), loader, strict=False):
        for source in batch["source_id"].tolist():
            expected[dataset.sources[source]] += 16  # the sequence length
        assert loader.drawn() == expected
    assert sum(expected.values()) == 3 * 2 * 16


def test_opening_does_not_wait_for_pandas(two_subsets: Path) -> None:
    """Its import takes longer than opening a corpus, and nothing here needs it."""
    pytest.importorskip("pandas")
    program = """
import sys
from haybale.loaders import TokenDataset, TokenLoader
with TokenLoader(TokenDataset(sys.argv[1], 16), 2) as loader:
    next(iter(loader))
sys.exit("pandas" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program, str(two_subsets)], check=True)


@pytest.mark.parametrize("device", ["abacus", "cuda"])
def test_a_device_that_is_not_there_is_refused(two_subsets: Path, device: str) -> None:
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("it is there")
    with pytest.raises(RecipeError, match=r"device: .*(expected cpu or cuda|finds no cuda)"):
        TokenLoader(TokenDataset(two_subsets, 16), 2, device=device)

"""The survivors of a verified graph as the job leaves them, in the driver and by star rounds."""

import numpy as np
import pytest

from haybale.corpus.errors import HaybaleError
from haybale.corpus.storage import Folder
from haybale.pipeline import shuffle
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.rows import VERIFIED
from haybale.pipeline.dedup.survivors import survivors_in_memory
from haybale.pipeline.engines import local_runner
from haybale.pipeline.jobs.components import find_components
from haybale.pipeline.jobs.removals import CLUSTERS_PATH, NEAR_PATH
from haybale.pipeline.jobs.survivors import FIXED_BYTES, find_survivors, fits_driver
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import parse_build_recipe
from haybale.pipeline.rows.row_files import RowFiles
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.runners import Engine
from haybale.pipeline.units import drive
from haybale.pipeline.units.steps import Step, UnitResult, do_unit, finish

VERIFIED_STEP = Step("deduplicate/verified", "pairs")
IN_DRIVER, BY_ROUNDS = 1 << 40, 0


def random_pairs(seed, num_documents=400, num_pairs=600, by_id=False):
    """Pairs of documents whose ids and ranks have nothing to do with their addresses."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 1 << 63, (num_documents, 2), dtype=np.uint64)
    ranks = rng.integers(1, 20, (num_documents, 3)) * (not by_id)
    ends = rng.integers(0, num_documents, (num_pairs, 2))
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    rows = np.zeros(len(ends), VERIFIED)
    for end, column in zip("ab", ends.T, strict=True):
        rows[end] = (column % 5 << 32) + column
        rows[f"{end}_id"], rows[f"{end}_rank"] = ids[column], ranks[column]
    rows["shared"], rows["united"] = rng.integers(81, 100, len(rows)), 100
    rng.shuffle(rows)
    return rows


RECIPE = {
    "name": "pairs",
    "subsets": [{"name": "all", "paths": ["*"]}],
    "tokenizer": {"train": {}},
}


def verified(path, rows, num_files, workers=1):
    """A context in which these pairs were verified, in so many files."""
    loaded, quiet = parse_build_recipe(RECIPE, None), Progress(quiet=True)
    context = BuildContext(Folder(path), loaded, (), (), (), Engine(workers), quiet)
    for number in range(num_files):
        piece = rows[number::num_files]

        def work(number=number, piece=piece):
            name = f"run/{VERIFIED_STEP.name}/{number:05d}.npy"
            record = write_rows(context.folder, name, piece)
            return UnitResult((record,), facts={"verified_pairs": len(piece)})

        do_unit(context.folder, VERIFIED_STEP, f"{number:05d}", work)
    finish(context.folder, VERIFIED_STEP)
    return context


def outcome(path, rows, num_files, max_memory_bytes, workers=1):
    """The bytes that are left."""
    context = verified(path, rows, num_files, workers)
    find_survivors(context, VERIFIED_STEP, num_files, max_memory_bytes)
    return [context.folder.read(name) for name in (NEAR_PATH, CLUSTERS_PATH)]


@pytest.fixture
def small_partitions(monkeypatch):
    """So little in a group that small graphs need several."""
    monkeypatch.setattr(shuffle, "PARTITION_BYTES", 8192)


@pytest.mark.parametrize("by_id", [True, False])
def test_driver_and_star_rounds_leave_the_same_bytes(tmp_path, by_id, small_partitions):
    rows = random_pairs(1, by_id=by_id)
    expected = outcome(tmp_path / "driver", rows, 1, IN_DRIVER)
    assert outcome(tmp_path / "rounds", rows, 1, BY_ROUNDS) == expected
    shuffled = np.random.default_rng(2).permutation(rows)
    assert outcome(tmp_path / "split", shuffled, 7, IN_DRIVER) == expected
    assert outcome(tmp_path / "rounds-split", shuffled, 7, BY_ROUNDS) == expected
    removed, clustered = survivors_in_memory(rows)
    left = [read_rows(Folder(tmp_path / "driver"), name) for name in (NEAR_PATH, CLUSTERS_PATH)]
    assert [each.tobytes() for each in left] == [removed.tobytes(), clustered.tobytes()]
    assert 0 < len(removed) < len(clustered)


@pytest.mark.slow
def test_two_processes_leave_the_same_bytes(tmp_path, monkeypatch, small_partitions):
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)
    rows = random_pairs(6)
    expected = outcome(tmp_path / "driver", rows, 1, IN_DRIVER)
    assert outcome(tmp_path / "rounds", rows, 5, BY_ROUNDS, workers=2) == expected


def test_no_pairs_leave_empty_files_either_way(tmp_path):
    nothing = np.empty(0, VERIFIED)
    left = outcome(tmp_path / "driver", nothing, 1, IN_DRIVER)
    assert left == outcome(tmp_path / "rounds", nothing, 2, BY_ROUNDS)
    assert left == outcome(tmp_path / "none", nothing, 0, BY_ROUNDS)
    assert len(read_rows(Folder(tmp_path / "none"), NEAR_PATH)) == 0


def test_intermediate_files_are_gone_when_survivors_are_chosen(tmp_path, small_partitions):
    outcome(tmp_path, random_pairs(3), 2, BY_ROUNDS)
    left = [str(path.relative_to(tmp_path / "run")) for path in tmp_path.rglob("*.npy")]
    assert sorted(left) == [
        "deduplicate/clusters.npy",
        "deduplicate/near.npy",
        "deduplicate/verified/00000.npy",
        "deduplicate/verified/00001.npy",
    ]


def test_rounds_that_do_not_converge_are_an_error_and_never_an_answer(tmp_path):
    chain = random_pairs(4, 300, 2)[:1].repeat(200)
    for at, row in enumerate(chain):
        row["a"], row["b"] = at, at + 1
        row["a_id"], row["b_id"] = (0, at), (0, at + 1)
    num_files = len(chain)  # one pair each, so that no file contracts any
    context = verified(tmp_path, chain, num_files)
    pairs = RowFiles(f"run/{VERIFIED_STEP.name}", num_files, len(chain))
    with pytest.raises(HaybaleError, match="not found within 2 rounds"):
        find_components(context, "bound", [pairs], 3, 1 << 20, max_rounds=2)


@pytest.mark.parametrize("stop_after", [1, 2, 5, 9])
def test_killed_between_steps_star_rounds_go_on_to_the_same_bytes(
    tmp_path, stop_after, monkeypatch, small_partitions
):
    rows = random_pairs(5)
    expected = outcome(tmp_path / "driver", rows, 1, IN_DRIVER)
    folder = tmp_path / "killed"
    calls = []

    def killed(*args):
        calls.append(args)
        if len(calls) == stop_after:
            raise KeyboardInterrupt
        return finish(*args)

    monkeypatch.setattr(drive, "finish", killed)
    with pytest.raises(KeyboardInterrupt):
        outcome(folder, rows, 3, BY_ROUNDS)
    monkeypatch.setattr(drive, "finish", finish)
    assert outcome(folder, rows, 3, BY_ROUNDS) == expected


def test_the_switch_follows_from_nodes_pairs_and_memory_alone():
    gibibyte = 1 << 30
    # (2 GiB - 896 MiB) / 29 bytes = 41.65 million nodes
    assert fits_driver((2 * gibibyte - FIXED_BYTES) // 29, 10**8, 2 * gibibyte)
    assert not fits_driver((2 * gibibyte - FIXED_BYTES) // 29 + 1, 10**8, 2 * gibibyte)
    assert fits_driver(41_600_000, 3 * 10**8, 2 * gibibyte)
    assert not fits_driver(10, 3 * 10**9, 2 * gibibyte)

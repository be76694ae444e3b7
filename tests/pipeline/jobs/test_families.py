"""Families as the job leaves them, in the driver and by star rounds."""

import numpy as np
import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline import shuffle
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.rows import CLUSTERED, VERIFIED
from haybale.pipeline.engines import local_runner
from haybale.pipeline.jobs.families import find_families
from haybale.pipeline.jobs.removals import CLUSTERS_PATH, FAMILIES_PATH
from haybale.pipeline.jobs.survivors import find_survivors
from haybale.pipeline.jobs.verified import KIN_FOLDER
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import parse_build_recipe
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.runners import Engine
from haybale.pipeline.units import drive
from haybale.pipeline.units.steps import Step, UnitResult, do_unit, finish

VERIFIED_STEP = Step("deduplicate/verified", "pairs")
IN_DRIVER, BY_ROUNDS = 1 << 40, 0


def pairs_of(ends, ids, seed=0):
    """Pairs of documents, by numbers; ranks and ids have nothing to do with addresses."""
    rng = np.random.default_rng(seed)
    ends = np.array(ends, np.uint64).reshape(-1, 2)
    ranks = rng.integers(1, 20, (len(ids), 3))
    rows = np.zeros(len(ends), VERIFIED)
    for end, column in zip("ab", ends.T, strict=True):
        rows[end] = (column % 5 << 32) + column
        rows[f"{end}_id"], rows[f"{end}_rank"] = ids[column], ranks[column]
    rows["shared"], rows["united"] = 9, 10
    return rows


def random_graph(seed, num_documents=400, num_verified=150, num_kin=150):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 1 << 63, (num_documents, 2), dtype=np.uint64)
    ends = rng.integers(0, num_documents, (num_verified + num_kin, 2))
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    rows = rng.permutation(pairs_of(ends, ids, seed))
    return rows[:num_verified], rows[num_verified:]


RECIPE = {
    "name": "pairs",
    "subsets": [{"name": "all", "paths": ["*"]}],
    "tokenizer": {"train": {}},
}


def compared(path, verified, kin, num_files, workers=1):
    """A context in which these pairs were verified and these are kin, in so many files."""
    loaded, quiet = parse_build_recipe(RECIPE, None), Progress(quiet=True)
    context = BuildContext(Folder(path), loaded, (), (), (), Engine(workers), quiet)
    for number in range(num_files):

        def work(number=number):
            pieces = [rows[number::num_files] for rows in (verified, kin)]
            folders = (f"run/{VERIFIED_STEP.name}", KIN_FOLDER)
            files = tuple(
                write_rows(context.folder, f"{folder}/{number:05d}.npy", piece)
                for folder, piece in zip(folders, pieces, strict=True)
            )
            counts = map(len, pieces)
            facts = dict(zip(("verified_pairs", "kin_pairs"), counts, strict=True))
            return UnitResult(files, facts=facts)

        do_unit(context.folder, VERIFIED_STEP, f"{number:05d}", work)
    finish(context.folder, VERIFIED_STEP)
    return context


def outcome(path, verified, kin, num_files, max_memory_bytes, workers=1, before=IN_DRIVER):
    """The bytes that are left; `before`: what survivors may use."""
    context = compared(path, verified, kin, num_files, workers)
    find_survivors(context, VERIFIED_STEP, num_files, before)
    find_families(context, VERIFIED_STEP, num_files, max_memory_bytes)
    return context.folder.read(FAMILIES_PATH)


def by_walking(rows):
    """Address to the smallest id that can be reached, by a walk from each document."""
    near, ids = {}, {}
    for row in rows:
        for one, other in ("ab", "ba"):
            near.setdefault(int(row[one]), set()).add(int(row[other]))
            ids[int(row[one])] = tuple(row[f"{one}_id"].tolist())
    found = {}
    for start in near:
        reached, waiting = {start}, [start]
        while waiting:
            new = near[waiting.pop()] - reached
            reached |= new
            waiting += new
        found[start] = min(ids[each] for each in reached)
    return found


def as_dict(rows):
    assert rows.dtype == CLUSTERED
    return {int(row["address"]): tuple(row["cluster"].tolist()) for row in rows}


@pytest.fixture
def small_partitions(monkeypatch):
    """So little in a group that small graphs need several."""
    monkeypatch.setattr(shuffle, "PARTITION_BYTES", 8192)


def test_driver_and_star_rounds_leave_the_same_families(tmp_path, small_partitions):
    verified, kin = random_graph(1)
    expected = outcome(tmp_path / "driver", verified, kin, 1, IN_DRIVER)
    rng = np.random.default_rng(2)
    shuffled = rng.permutation(verified), rng.permutation(kin)
    assert outcome(tmp_path / "split", *shuffled, 7, IN_DRIVER) == expected
    rounds = outcome(tmp_path / "rounds", *shuffled, 3, BY_ROUNDS, before=BY_ROUNDS)
    assert rounds == expected
    rows = read_rows(Folder(tmp_path / "driver"), FAMILIES_PATH)
    assert (np.diff(rows["address"].astype(np.int64)) > 0).all()
    assert as_dict(rows) == by_walking(np.concatenate([verified, kin]))
    clusters = read_rows(Folder(tmp_path / "driver"), CLUSTERS_PATH)
    assert as_dict(clusters) == by_walking(verified)


@pytest.mark.parametrize("max_memory_bytes", [IN_DRIVER, BY_ROUNDS])
def test_a_family_is_a_chain_of_kin_and_duplicates_under_its_smallest_id(
    tmp_path, max_memory_bytes
):
    ids = np.array([[0, 7], [0, 4], [0, 9], [0, 5], [0, 3], [0, 8]], np.uint64)
    verified = pairs_of([(0, 1)], ids)
    kin = pairs_of([(1, 2), (2, 3), (4, 5)], ids)
    outcome(tmp_path, verified, kin, 2, max_memory_bytes)
    # Document i is row i of part i mod 5.
    families = {(each >> 32, each & 0xFFFF): name for each, name in families_in(tmp_path).items()}
    four, three = (0, 4), (0, 3)
    assert families == {
        (0, 0): four,
        (1, 1): four,
        (2, 2): four,
        (3, 3): four,
        (4, 4): three,
        (0, 5): three,
    }
    # The cluster knows nothing of kin.
    assert len(read_rows(Folder(tmp_path), CLUSTERS_PATH)) == 2


def families_in(path):
    return as_dict(read_rows(Folder(path), FAMILIES_PATH))


@pytest.mark.parametrize("max_memory_bytes", [IN_DRIVER, BY_ROUNDS])
def test_without_kin_families_are_the_clusters(tmp_path, max_memory_bytes):
    verified, kin = random_graph(3)
    left = outcome(tmp_path, verified, kin[:0], 3, max_memory_bytes)
    assert left == Folder(tmp_path).read(CLUSTERS_PATH)
    assert len(read_rows(Folder(tmp_path), FAMILIES_PATH)) > 200


@pytest.mark.parametrize("max_memory_bytes", [IN_DRIVER, BY_ROUNDS])
def test_kin_alone_make_families_and_no_clusters(tmp_path, max_memory_bytes):
    _, kin = random_graph(4)
    outcome(tmp_path, kin[:0], kin, 2, max_memory_bytes)
    assert families_in(tmp_path) == by_walking(kin)
    assert len(read_rows(Folder(tmp_path), CLUSTERS_PATH)) == 0


def test_intermediate_files_are_gone_when_families_are_found(tmp_path, small_partitions):
    outcome(tmp_path, *random_graph(3), 1, BY_ROUNDS)
    left = [str(path.relative_to(tmp_path / "run")) for path in tmp_path.rglob("*.npy")]
    assert sorted(left) == [
        "deduplicate/clusters.npy",
        "deduplicate/families.npy",
        "deduplicate/kin/00000.npy",
        "deduplicate/near.npy",
        "deduplicate/verified/00000.npy",
    ]


@pytest.fixture
def killed(monkeypatch):
    """Dies before the end of a step whose name begins so."""

    def run(begin, *arguments):
        def dying(folder, step, num_units):
            if step.name.startswith(f"deduplicate/{begin}"):
                raise KeyboardInterrupt
            return finish(folder, step, num_units)

        with monkeypatch.context() as patch:
            patch.setattr(drive, "finish", dying)
            with pytest.raises(KeyboardInterrupt):
                outcome(*arguments)

    return run


@pytest.mark.parametrize("step", ["kin-stars-links", "kin-stars-01-small", "named-"])
def test_killed_between_steps_families_are_the_same(tmp_path, step, killed, small_partitions):
    pairs = random_graph(5)
    expected = outcome(tmp_path / "driver", *pairs, 1, IN_DRIVER)
    killed(step, tmp_path / "killed", *pairs, 3, BY_ROUNDS)
    assert outcome(tmp_path / "killed", *pairs, 3, BY_ROUNDS) == expected


@pytest.mark.slow
def test_two_processes_name_the_documents_alike(tmp_path, monkeypatch, killed):
    pairs = random_graph(6)
    expected = outcome(tmp_path / "driver", *pairs, 1, IN_DRIVER)
    killed("named-", tmp_path / "two", *pairs, 2, BY_ROUNDS)
    for unit in (tmp_path / "two/run/deduplicate").glob("named-*/*.json"):
        unit.unlink()
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)
    assert outcome(tmp_path / "two", *pairs, 2, BY_ROUNDS, workers=2) == expected

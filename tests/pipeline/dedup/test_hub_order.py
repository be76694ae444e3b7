"""Who is preferred in a large bucket is who is preferred among duplicates."""

import itertools
import json
import random

import numpy as np
import pyarrow as pa
import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.dedup.candidates import MAX_BUCKET
from haybale.pipeline.dedup.policy import hub_order, hub_words, ranks
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table

CRITERIA = ("priority", "longest", "score", "oldest")


@pytest.mark.parametrize(
    "keep",
    [keep for size in range(5) for keep in itertools.permutations(CRITERIA, size)],
    ids="-".join,
)
@pytest.mark.parametrize("equal_ranks", [False, True])
def test_a_few_words_sort_as_rank_and_id(keep, equal_ranks):
    rng = np.random.default_rng(0)
    most = {"priority": 3, "longest": 5, "score": 3, "oldest": 5}  # so that many are alike
    values = {name: rng.integers(0, most[name], 500) for name in CRITERIA}
    digests = rng.integers(0, 1 << 64, 500, dtype=np.uint64)
    if equal_ranks:
        digests %= np.uint64(3)
    ids = rng.integers(0, 1 << 64, (500, 2), dtype=np.uint64)
    ids[:, 0] = rng.permutation(500)  # they begin alike, as some of many do
    whole = np.column_stack([ranks(keep, values), digests])
    words = hub_order(whole, ids, keep, hub_words(keep, equal_ranks=equal_ranks))
    expected = np.lexsort(np.column_stack([whole, ids]).T[::-1])
    assert np.lexsort(words.T[::-1]).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("keep", "equal_ranks", "num_words"),
    [
        ((), False, 2),  # 1 bit for whose it is + 32 of the digest = 33
        ((), True, 3),  # 1 + 64 of the digest + 64 of the id = 129
        (("longest",), True, 3),  # 1 + 40 + 64 + 64 = 169
        (("priority", "longest"), True, 3),  # 1 + 56 + 64 + 64 = 185
        (("priority", "longest"), False, 2),  # 1 + 56 + 32 = 89
        (("longest", "oldest", "score"), False, 3),  # 1 + 96 + 32 = 129
        (CRITERIA, True, 4),  # 1 + 112 + 64 + 64 = 241
    ],
)
def test_rows_are_wider_only_where_they_have_to_be(keep, equal_ranks, num_words):
    assert hub_words(keep, equal_ranks=equal_ranks) == num_words


@pytest.mark.parametrize(
    "settings", ["", 'keep = ["priority", "longest"]\npriority = ["web"]'], ids=["none", "criteria"]
)
def test_of_a_large_bucket_of_equal_texts_one_stays(tmp_path, settings):
    # 160 equal texts are one bucket in each band; whoever has the smallest id is a hub of it.
    text = " ".join(random.Random(0).choices([f"w{place}" for place in range(500)], k=200))
    (tmp_path / "web.jsonl").write_text((json.dumps({"text": text}) + "\n") * 160)
    removed = removed_of(tmp_path, f'exact = ["url"]\n{settings}')
    ids = removed["removed"].to_pylist()
    (survivor,) = set(removed["survivor"].to_pylist())
    assert len(ids) == 159
    assert survivor < min(ids)


def test_of_a_large_bucket_one_stays_whatever_the_policy_asks_first(tmp_path):
    # Equally long texts, each with another word in another place: of 1,488 shingles of 13 words at
    # most 26 are not those of another text, 1462 / 1514 = 0.97, so that most are in most buckets.
    words = [f"w{place:04}" for place in range(1500)]
    records = []
    for number in range(2 * MAX_BUCKET):
        text = [*words]
        text[20 + 9 * number] = f"x{number:04}"
        # All within the hours that the first word of a rank does not tell apart.
        time = f"2020-01-01T{10 - number // 60:02}:{59 - number % 60:02}:00"
        records.append({"text": " ".join(text), "timestamp": time})
    (tmp_path / "web.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    removed = removed_of(tmp_path, 'keep = ["longest", "oldest"]')
    assert removed.num_rows == len(records) - 1


def removed_of(tmp_path, settings):
    """What a build removes of web.jsonl."""
    (tmp_path / "recipe.toml").write_text(
        'name = "hubs"\n[[subsets]]\nname = "web"\npaths = ["web.jsonl"]\n'
        "[ingest]\nidentify_language = false\ncount_people = false\n"
        f"[dedup]\n{settings}\n"
        "[tokenizer]\ntrain = { vocabulary_size = 300 }\n"
    )
    folder = Folder(str(tmp_path / "out"))
    quiet = Progress(quiet=True)
    build(tmp_path / "recipe.toml", folder.uri, last_stage="deduplicate", progress=quiet)
    return pa.concat_tables([read_table(folder, path) for path in folder.list("dedup/removals")])

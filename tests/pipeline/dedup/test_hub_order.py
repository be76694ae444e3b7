"""Who is preferred in a large bucket is who is preferred among duplicates."""

import itertools
import json

import numpy as np
import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.dedup.candidates import MAX_BUCKET
from haybale.pipeline.dedup.policy import hub_order, ranks
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table

CRITERIA = ("priority", "longest", "score", "oldest")


@pytest.mark.parametrize(
    "keep",
    [keep for size in range(5) for keep in itertools.permutations(CRITERIA, size)],
    ids="-".join,
)
def test_two_words_sort_as_the_whole_rank(keep):
    rng = np.random.default_rng(0)
    most = {"priority": 3, "longest": 5, "score": 3, "oldest": 5}  # so that many are alike
    values = {name: rng.integers(0, most[name], 500) for name in CRITERIA}
    digests = rng.integers(0, 1 << 64, 500, dtype=np.uint64)
    whole = np.column_stack([ranks(keep, values), digests])
    order = np.lexsort(hub_order(whole, keep)[::-1])
    assert order.tolist() == np.lexsort(whole.T[::-1]).tolist()


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
    (tmp_path / "recipe.toml").write_text(
        'name = "hubs"\n[[subsets]]\nname = "web"\npaths = ["web.jsonl"]\n'
        "[ingest]\nidentify_language = false\ncount_people = false\n"
        '[dedup]\nkeep = ["longest", "oldest"]\n'
        "[tokenizer]\ntrain = { vocabulary_size = 300 }\n"
    )
    folder = Folder(str(tmp_path / "out"))
    quiet = Progress(quiet=True)
    build(tmp_path / "recipe.toml", folder.uri, last_stage="deduplicate", progress=quiet)
    removed = sum(read_table(folder, path).num_rows for path in folder.list("dedup/removals"))
    assert removed == len(records) - 1

"""The transforms beside builds with the same settings: made text, and real text where there is."""

import os
from pathlib import Path

import apache_beam as beam
import orjson
import pytest
import xxhash
import zstandard

from haybale.corpus.documents import DOCUMENTS
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.kept.survivors import surviving_blocks
from haybale.pipeline.planning.workspace import load_workspace
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.transforms import (
    ApplyRules,
    Deduplicate,
    Encode,
    IdentifyLanguage,
    ToDocuments,
)

needs_data = pytest.mark.skipif(
    "HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text"
)


def edited_documents(folder):
    """What a build's deduplication finds: kept documents, with the edits of their rules."""
    _, parts = load_workspace(folder)
    for path in folder.list("dedup"):
        folder.remove(path)  # so that every kept document survives
    return [batch for part in parts for _, batch in surviving_blocks(folder, part, DOCUMENTS.names)]


def removals(folder):
    names = ("removed", "survivor", "similarity", "method")
    found = (read_table(folder, path, names) for path in folder.list("dedup/removals"))
    return sorted((row for table in found for row in table.to_pylist()), key=repr)


@pytest.fixture
def removed_by_transform(run, rows, batches_of):
    def removed(folder, **settings):
        documents = edited_documents(folder)

        def graph(root):
            # Tiny batches and large ones: how documents are grouped changes nothing.
            cut = [batch.slice(at, 40) for batch in documents[::2] for at in range(0, 9999, 40)]
            found = root | batches_of([*cut, *documents[1::2]]) | Deduplicate(**settings)
            return {"removed": found.removed, "kept": found.kept}

        out = run(graph)
        kept = {row["doc_id"] for batch in out["kept"] for row in batch.to_pylist()}
        removed = rows(out["removed"])
        total = sum(batch.num_rows for batch in documents)
        assert len(kept) + len(removed) == total
        assert not kept & {row["removed"] for row in removed}
        assert kept >= {row["survivor"] for row in removed}
        return removed

    return removed


def test_made_text_loses_the_same_documents_to_the_same_survivors(
    recipe, tmp_path, removed_by_transform
):
    output = tmp_path / "out"
    build(recipe, str(output), last_stage="deduplicate", progress=Progress(quiet=True))
    folder = Folder(str(output))
    expected = removals(folder)
    # Six exact copies (0, 1, 3, the changed one, and 38 and 39 in the books), one near-duplicate.
    assert len(expected) == 7
    assert {row["method"] for row in expected} == {"exact/text@1", "minhash/jaccard@1"}
    assert removed_by_transform(folder) == expected


SETTINGS = {
    "as it is": {},
    "estimated": {"verify": "estimate"},
    "every key": {"exact": ["url", "text", "normalised"], "keep": ["longest", "oldest"]},
    "within subsets": {"scope": "subset", "preset": "fineweb"},
    "by priority": {"keep": ["priority", "longest"], "priority": ["web"], "threshold": 0.5},
    "characters": {"preset": "slimpajama"},
}


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_real_text_loses_the_same_documents_to_the_same_survivors(
    settings, tmp_path, removed_by_transform
):
    dedup = "\n".join(
        f"{name} = {orjson.dumps(value).decode()}" for name, value in settings.items()
    )
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f"""
name = "same"
[[subsets]]
name = "books"
paths = ["${{HAYBALE_DATA}}/dedup/docs-00000.jsonl.zst"]
[[subsets]]
name = "web"
paths = ["${{HAYBALE_DATA}}/dedup/docs-00001.jsonl.zst"]
[ingest]
identify_language = false
count_people = false
[dedup]
{dedup}
[tokenizer]
train = {{}}
"""
    )
    output = tmp_path / "out"
    build(recipe, str(output), last_stage="deduplicate", progress=Progress(quiet=True))
    folder = Folder(str(output))
    expected = removals(folder)
    assert len(expected) > 500
    assert removed_by_transform(folder, **settings) == expected


def read_records(path):
    with Path(path).open("rb") as file:
        lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
    return [orjson.loads(line) for line in lines]


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("profile", ["gopher", "fineweb", "c4", "dclm"])
def test_real_text_is_dropped_for_the_same_first_reasons(profile, tmp_path, run):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f"""
name = "same"
[[subsets]]
name = "web"
paths = ["${{HAYBALE_DATA}}/massiveweb/*.jsonl.zst"]
quality = "{profile}"
languages = ["en", "de"]
min_language_score = 0.65
[ingest]
part_bytes = 1_000_000_000
count_people = false
[tokenizer]
train = {{}}
"""
    )
    output = tmp_path / "out"
    build(recipe, str(output), last_stage="deduplicate", progress=Progress(quiet=True))
    folder = Folder(str(output))
    (path,) = folder.list("measures")
    measures = read_table(folder, path)
    paths = sorted(Path(os.environ["HAYBALE_DATA"], "massiveweb").glob("*.jsonl.zst"))
    records = [record for path in paths for record in read_records(path)]
    expected = dict(enumerate(measures["first_reason"].to_pylist()))
    (path,) = folder.list("signatures")
    digests = read_table(folder, path)["digest"].to_pylist()

    def graph(root):
        numbered = [{**record, "number": number} for number, record in enumerate(records)]
        documents = root | beam.Create(numbered) | ToDocuments(id_field="number")
        documents = documents | IdentifyLanguage()
        rules = ApplyRules(profile, languages=["en", "de"], min_language_score=0.65)
        return (documents | rules)._asdict()

    out = run(graph)
    dropped = {
        orjson.loads(row["metadata"])["number"]: row["first_reason"]
        for batch in out["dropped"]
        for row in batch.to_pylist()
    }
    assert {number: dropped.get(number) for number in expected} == expected
    kept = {
        orjson.loads(row["metadata"])["number"]: row["text"]
        for batch in out["kept"]
        for row in batch.to_pylist()
    }
    assert [xxhash.xxh3_128_digest(kept[number].encode()) for number in sorted(kept)] == digests
    reasons = measures["first_reason"].drop_null().to_pylist()
    assert sum(count for name, count in out["counters"].items() if "dropped" in name) == len(
        reasons
    )


def test_made_text_is_encoded_to_the_ids_of_the_shards(undisturbed, run, batches_of):
    folder = Folder(str(undisturbed))
    _, parts = load_workspace(folder)
    columns = ["doc_id", "language", "text"]
    survivors = [batch for part in parts for _, batch in surviving_blocks(folder, part, columns)]
    model = str(undisturbed / "tokenizer/tokenizer.model")

    def graph(root):
        return {"tokens": root | batches_of(survivors) | Encode(model)}

    out = run(graph)
    encoded = {row["doc_id"]: row["tokens"] for batch in out["tokens"] for row in batch.to_pylist()}
    shards = sorted(set(read_index(folder)["shard"].to_pylist()))
    expected = {
        row["doc_id"]: row["tokens"]
        for shard in shards
        for row in read_table(folder, shard).to_pylist()
    }
    assert encoded == expected
    assert out["counters"]["tokens/tokens"] == sum(map(len, expected.values()))
    (schema,) = {batch.schema for batch in out["tokens"]}
    in_shards = read_table(folder, shards[0]).schema
    assert schema.field("tokens").type == in_shards.field("tokens").type
    assert schema.metadata[b"tokenizer"] == in_shards.metadata[b"tokenizer"]

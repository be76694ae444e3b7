"""A corpus does not depend on how its files are split, and pieces of a file fit together."""

import json
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_files import gzipped, response

from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.ingesting.source_reading import SourceReading
from haybale.pipeline.jobs.tiling import misplaced
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.progress import Progress
from haybale.pipeline.sources.records import ReadOptions
from haybale.pipeline.units.steps import UnitResult

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:multiprocessing")

_RECIPE = """
name = "split"
{subsets}
[ingest]
identify_language = false
max_unreadable_fraction = 0.5

[dedup]

[tokenizer]
train = {{ vocabulary_size = 340 }}

[shards]
target_tokens = 3000
validation_fraction = 0.1
{extra}
"""


def write_jsonl(path: Path, records: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def _write_recipe(path: Path, subsets: dict[str, str], extra: str = "") -> Path:
    tables = "".join(
        f'[[subsets]]\nname = "{name}"\npaths = ["{pattern}"]\n'
        for name, pattern in subsets.items()
    )
    path.write_text(_RECIPE.format(subsets=tables, extra=extra))
    return path


def _build(recipe: Path, output: Path, part_bytes: int, **more: str) -> Path:
    build(
        recipe,
        str(output),
        overrides=(f"ingest.part_bytes={part_bytes}",),
        progress=Progress(quiet=True),
        **more,
    )
    return output


def _digests(output: Path, *prefixes: str) -> dict[str, str]:
    files = read_manifest(Folder(str(output))).files
    return {file.path: file.digest for file in files if file.path.startswith(prefixes)}


@pytest.mark.slow
def test_shards_and_facts_do_not_depend_on_how_files_are_split(prose, tmp_path):
    texts = [prose(seed) for seed in range(60)]
    records = [{"text": text} for text in (*texts, *texts[:5], "")]
    write_jsonl(tmp_path / "lines" / "a.jsonl", records)
    with (tmp_path / "lines" / "a.jsonl").open("a") as file:
        file.write("{no json\n")
    table = pa.table({"text": [prose(seed) for seed in range(100, 140)]})
    (tmp_path / "rows").mkdir()
    pq.write_table(table, tmp_path / "rows" / "a.parquet", row_group_size=4)
    subsets = {"lines": "lines/*.jsonl", "rows": "rows/*.parquet"}
    recipe = _write_recipe(tmp_path / "recipe.toml", subsets)
    whole = _build(recipe, tmp_path / "whole", 1 << 30)
    split = _build(recipe, tmp_path / "split", 2500)
    assert len(list((split / "documents").rglob("*.arrow"))) > 10
    for prefix in ("shards/", "tokenizer/", "card/ids/"):
        assert _digests(whole, prefix) == _digests(split, prefix)
    facts = [json.loads((out / "card" / "card.json").read_text()) for out in (whole, split)]
    for each in facts:
        del each["recipe"]["ingest"]["part_bytes"]
    assert facts[0] == facts[1]
    lineages = [read_manifest(Folder(str(out))).lineage["inputs"] for out in (whole, split)]
    assert lineages[0] == lineages[1]
    # 60 texts, 5 twice, one empty, one no JSON: 67 records.
    assert lineages[0]["lines"][0]["records"] == 67


@pytest.mark.slow
def test_a_split_corpus_is_built_again_from_its_lists(prose, tmp_path):
    texts = [prose(seed) for seed in range(60)]
    write_jsonl(tmp_path / "web" / "a.jsonl", [{"text": text} for text in (*texts, *texts[:5])])
    first = _build(
        _write_recipe(tmp_path / "recipe.toml", {"web": "web/*.jsonl"}), tmp_path / "first", 2500
    )
    lists = f'\n[ids]\nkept = "{first}/card/ids/kept.parquet"\n'
    recipe = _write_recipe(tmp_path / "again.toml", {"web": "web/*.jsonl"}, lists)
    recipe.write_text(recipe.read_text().replace("[dedup]\n", ""))
    again = _build(recipe, tmp_path / "again", 4000)
    assert _digests(again, "shards/train") == _digests(first, "shards/train")


@pytest.mark.slow
def test_a_part_that_began_in_a_nested_archive_is_read_again(tmp_path):
    pages = [f"page {at} " * 40 for at in range(30)]
    inner = b"".join(gzipped(response(f"http://inner/{at}", b"inner " * 50)) for at in range(40))
    stored = zlib.compressobj(0, wbits=31)
    outer = stored.compress(response("http://outer/", inner)) + stored.flush()
    members = [gzipped(response(f"http://a/{at}", page.encode())) for at, page in enumerate(pages)]
    data = b"".join([*members[:15], outer, *members[15:]])
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.warc.gz").write_bytes(data)
    recipe = _write_recipe(tmp_path / "recipe.toml", {"web": "web/*.warc.gz"})

    def positions(output: Path) -> list[bytes]:
        ids = []
        for path in sorted((output / "measures").rglob("*.arrow")):
            with pa.ipc.open_file(path) as reader:
                ids += reader.read_all().column("doc_id").to_pylist()
        return ids

    whole = _build(recipe, tmp_path / "whole", 1 << 30, last_stage="ingest")
    split = _build(recipe, tmp_path / "split", 1500, last_stage="ingest")
    assert list((split / "run" / "begins").rglob("*.json"))  # somebody was deceived
    assert positions(whole) == positions(split)
    assert len(positions(whole)) == len(pages) + 1


def test_a_part_that_began_elsewhere_than_the_one_before_it_ended_is_misplaced():
    bounds = [(0, 10), (10, 20), (20, 30), (30, 40)]
    parts = [Part(number, "web", (), piece) for number, piece in enumerate(bounds)]

    def wrong(*covered):
        results = {
            part.name: UnitResult(facts={"inputs": [{"covered": each}]})
            for part, each in zip(parts, covered, strict=True)
        }
        return dict(misplaced(parts, results))

    assert wrong([0, 12], [12, 20], [20, 33], [33, 40]) == {}
    # A record from 12 to 33: nothing begins in the third.
    assert wrong([0, 12], [12, 33], None, [33, 40]) == {}
    # The second began at 15, in the record that ends at 18.
    assert wrong([0, 18], [15, 20], [20, 33], [33, 40]) == {1: 18}
    # The third took what is inside a record; the fourth found nothing though one begins at 33.
    assert wrong([0, 12], [12, 33], [25, 33], None) == {2: 33, 3: 33}
    # Whose reader need not search tells nothing.
    assert wrong(None, None, None, None) == {}


def test_a_file_that_changed_since_it_was_planned_is_an_error(tmp_path):
    from haybale.corpus.listing import match_files

    path = write_jsonl(tmp_path / "a.jsonl", [{"text": "one"}])
    (file,) = match_files(str(path))
    options = ReadOptions("web", "a.jsonl", {}, None, 1000, lambda html, _: "")
    path.write_text('{"text": "another"}\n')
    with pytest.raises(ManifestMismatchError, match=r"expected 16 bytes .*found 20 bytes"):
        list(SourceReading(file).read(options, None))
    path.unlink()
    with pytest.raises(ManifestMismatchError, match="found no file"):
        list(SourceReading(file).read(options, None))

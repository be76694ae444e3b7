"""The planted corpus built in other ways has the same card, byte by byte."""

import json

import pytest
from killed_build import build_until_killed
from planted_sources import build_planted, write_sources

from haybale.pipeline.build import build
from haybale.pipeline.engines import local_runner
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine

SMALL_PARTS = ("ingest.part_bytes=20000",)
"""Files are parts of their own, or several; by default each subset is one part."""
OF_POSITIONS = ("mixture.", "training.")
"""Measures of the training split, which is drawn by ids; an id is a record's place in its file."""


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory):
    return build_planted(tmp_path_factory.mktemp("parts"), overrides=SMALL_PARTS)


def forms(output):
    """All bytes of the card."""
    paths = [output / "README.md", *sorted((output / "card").rglob("*"))]
    return {path.relative_to(output): path.read_bytes() for path in paths if path.is_file()}


def facts(output):
    raw = json.loads((output / "card/card.json").read_text())["facts"]
    return {fact["id"]: fact for fact in raw}


def test_other_part_sizes_give_the_same_card_but_for_the_recipes_line(planted, in_parts):
    texts = [(output / "card/card.json").read_text() for output in (planted, in_parts)]
    line = '"part_bytes": 20000'
    assert line in texts[1]
    raw = [json.loads(text) for text in texts]
    del raw[1]["recipe"]["ingest"]["part_bytes"]
    assert raw[0] == raw[1]
    left = [one for one in texts[1].splitlines() if line not in one]
    assert [one.rstrip(",") for one in left] == [one.rstrip(",") for one in texts[0].splitlines()]
    for name in ("domains.parquet", "unigrams.parquet", "attrition.parquet"):
        assert (planted / "card" / name).read_bytes() == (in_parts / "card" / name).read_bytes()


@pytest.mark.slow
def test_records_in_another_order_and_in_other_files_give_the_same_counts(planted, tmp_path):
    ours, others = facts(planted), facts(build_planted(tmp_path, shuffled=True))
    assert ours.keys() == others.keys()
    for name, fact in ours.items():
        if "split" in fact["of"] or fact["measure"].startswith(OF_POSITIONS):
            continue
        if fact["measure"] == "corpus.shards":
            continue
        if fact["how"] == "sample":  # of documents drawn by their ids
            low, high = others[name]["interval"]
            assert low <= fact["interval"][1]
            assert fact["interval"][0] <= high
        else:
            assert fact == others[name]


@pytest.mark.slow
@pytest.mark.filterwarnings(  # Beam's thread that minds a worker, as in test_build
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
)
def test_two_workers_give_the_same_card(in_parts, tmp_path, monkeypatch):
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)  # processes for this little input too
    two = build_planted(tmp_path, overrides=SMALL_PARTS, engine=Engine(workers=2))
    assert forms(two) == forms(in_parts)


@pytest.mark.slow
def test_units_done_twice_are_counted_once(in_parts, tmp_path):
    options = {"overrides": SMALL_PARTS, "progress": Progress(quiet=True)}
    recipe, output = write_sources(tmp_path), tmp_path / "out"
    build(recipe, str(output), last_stage="tokenize", **options)
    # Their records are gone, so these units are done again, over files that they left.
    for step in ("ingest", "deduplicate/removals", "tokenize/tokens"):
        (output / f"run/{step}.json").unlink()
        units = sorted((output / f"run/{step}").rglob("*.json"))
        assert len(units) == 9  # six files, the largest in four pieces
        for unit in units[::2]:
            unit.unlink()
    build(recipe, str(output), **options)
    assert forms(output) == forms(in_parts)


@pytest.mark.slow
def test_a_build_killed_while_the_card_is_written_gives_the_same_card(planted, tmp_path):
    recipe, output = write_sources(tmp_path), tmp_path / "out"
    build_until_killed(recipe, output, "card/card.json")
    assert not (output / "corpus.json").exists()
    build(recipe, str(output), progress=Progress(quiet=True))
    assert forms(output) == forms(planted)

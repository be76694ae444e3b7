import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from killed_build import build_until_killed
from piece_models import byte_level

from haybale.corpus.errors import CorruptInputError, ManifestMismatchError, RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build, locked
from haybale.pipeline.engines import local_runner
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.tokenization.tokenizer import read_tokenizer


def build_quietly(recipe: Path, output: Path, **options: object) -> object:
    return build(recipe, str(output), progress=Progress(quiet=True), **options)


# Beam's thread that minds a worker process raises where the process ends with a status because its
# channel was closed first: after the work is done, and of no consequence to it.
tolerates_beams_shutdown = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
)


def contents(output: Path) -> dict[str, bytes]:
    """Every file of a corpus but its scaffolding."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.relative_to(output).parts[0] != "run"
    }


def test_a_build_keeps_drops_and_removes_what_was_planted(recipe, tmp_path):
    output = tmp_path / "out"
    manifest = build_quietly(recipe, output)
    ledger = Ledger.from_json(json.loads((output / "card/inputs.json").read_text())["ledger"])
    # web: 40 texts, 3 exact copies, a near copy of one of those three and an exact copy of it, 1
    # short, 1 empty; books: 22, of which 2 (38 and 39) are in web too. Of the pair of pairs the
    # near one goes with its exact copy, which then resembles the survivor just as much.
    assert ledger.total(stage="ingest", subset="web", outcome="read").documents == 47
    assert ledger.total(subset="web", outcome="dropped", rule="gopher/word_count@1").documents == 1
    assert ledger.total(subset="web", outcome="dropped", rule="document/empty@1").documents == 1
    # Both of these would fail the word count, whichever rule comes first.
    assert ledger.total(subset="web", outcome="hit", rule="gopher/word_count@1").documents == 2
    assert ledger.total(outcome="removed", rule="exact/text@1").documents == 5
    assert ledger.total(outcome="removed", rule="minhash/jaccard@1").documents == 2
    documents = sum(
        counts["documents"] for split in manifest.totals.values() for counts in split.values()
    )
    assert documents == 47 + 22 - 2 - 7
    assert verify_corpus(Folder(str(output)), full=True, tokenizer=read_tokenizer).problems == ()


@tolerates_beams_shutdown
def test_one_worker_and_two_workers_give_the_same_bytes(recipe, tmp_path, monkeypatch, undisturbed):
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)  # processes for this little input too
    build_quietly(recipe, tmp_path / "two", engine=Engine(workers=2))
    assert contents(tmp_path / "two") == contents(undisturbed)


def test_how_input_is_grouped_into_parts_does_not_change_what_survives(
    recipe, tmp_path, undisturbed
):
    whole = "ingest.part_bytes=1000000"
    build_quietly(recipe, tmp_path / "two", overrides=(whole,))
    table = "dedup/duplicates.arrow"
    assert (tmp_path / "two" / table).read_bytes() == (undisturbed / table).read_bytes()


KILL_POINTS = (
    "run/ingest/web/00001",  # in ingest, files of the part written, its record not
    "run/ingest.json",
    "run/deduplicate/exact-text/00002",
    "run/deduplicate/bands/web/00001",
    "run/deduplicate/candidates-0001-of-0001/00003",
    "run/deduplicate/shingles/web/",
    "run/deduplicate/verified/",
    "run/deduplicate/families.json",
    "run/deduplicate/removals/books",
    "run/tokenizer/model",
    "run/tokenize/tokens/web/00001",
    "run/tokenize/shards/00001",
    "run/lookup/runs/parts/web/00001",
    "run/lookup/ranges",
    "README.md",
    "corpus.json",
)
QUICK = ("run/ingest/web/00001", "run/deduplicate/removals/books", "run/tokenize/shards/00001")
"""With the last one, a kill in each stage that runs parts; the others are for the slow tests."""


@pytest.mark.parametrize(
    "point",
    [
        point if point in (*QUICK, "corpus.json") else pytest.param(point, marks=pytest.mark.slow)
        for point in KILL_POINTS
    ],
)
def test_a_build_killed_and_started_again_gives_the_same_bytes(
    point, recipe, tmp_path, undisturbed
):
    output = tmp_path / "killed"
    build_until_killed(recipe, output, point)
    assert not (output / "corpus.json").exists()
    build_quietly(recipe, output)
    assert contents(output) == contents(undisturbed)


def test_a_finished_corpus_is_left_alone(recipe, tmp_path):
    output = tmp_path / "out"
    build_quietly(recipe, output)
    times = {path: path.stat().st_mtime_ns for path in output.rglob("*.arrow")}
    build_quietly(recipe, output)
    assert times == {path: path.stat().st_mtime_ns for path in output.rglob("*.arrow")}


def test_a_finished_corpus_is_left_alone_when_its_input_was_copied(
    recipe, undisturbed, tmp_path, capsys
):
    """A copy has other times. The corpus of the fixture was built from files of these sizes."""
    output = shutil.copytree(undisturbed, tmp_path / "out")
    before = contents(output)
    build(recipe, str(output), progress=Progress())
    assert contents(output) == before
    said = " ".join(capsys.readouterr().err.split())
    assert "the corpus is finished and left alone; " in said
    assert " changed since and kept the size: " in said


def test_a_folder_of_another_recipe_is_refused_naming_both_values(recipe, tmp_path):
    output = tmp_path / "out"
    build_quietly(recipe, output)
    before = contents(output)
    with pytest.raises(ManifestMismatchError, match=r"shards.target_tokens was 2000, now 3000"):
        build_quietly(recipe, output, overrides=("shards.target_tokens=3000",))
    assert contents(output) == before


def test_a_folder_begun_with_other_input_is_refused_naming_the_file(recipe, tmp_path):
    output = tmp_path / "out"
    build_quietly(recipe, output, last_stage="ingest")
    with (tmp_path / "web" / "a.jsonl").open("a") as file:
        file.write('{"text": "more"}\n')
    with pytest.raises(ManifestMismatchError, match=r"web/a.jsonl was \d+ bytes"):
        build_quietly(recipe, output)


def test_a_folder_with_somebody_elses_files_is_refused(recipe, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    (output / "thesis.tex").write_text("precious")
    with pytest.raises(ManifestMismatchError, match="not empty"):
        build_quietly(recipe, output)
    assert (output / "thesis.tex").read_text() == "precious"


def test_a_second_build_in_the_same_folder_is_kept_out(recipe, tmp_path):
    output = tmp_path / "out"
    build_quietly(recipe, output, last_stage="ingest")
    with (
        locked(Folder(str(output))),
        pytest.raises(ManifestMismatchError, match="another build"),
    ):
        build_quietly(recipe, output)


def test_a_stage_on_its_own_stops_there_and_the_next_goes_on(recipe, tmp_path):
    output = tmp_path / "out"
    assert build_quietly(recipe, output, last_stage="deduplicate") is None
    assert (output / "dedup/removals").is_dir()
    assert not (output / "tokenizer").exists()
    assert build_quietly(recipe, output) is not None


def test_too_many_unreadable_records_end_the_build_after_writing_what_was_found(recipe, tmp_path):
    with (tmp_path / "web" / "a.jsonl").open("a") as file:
        file.write("not json\n" * 3)
    output = tmp_path / "out"
    told = r"a\.jsonl: not_json: .* first of 3 of 72 records .*\(web 3 of 50\), .*\(at \d+\)"
    with pytest.raises(CorruptInputError, match=told):
        build_quietly(recipe, output)
    assert list((output / "dropped/unreadable/web").iterdir())
    assert not (output / "corpus.json").exists()


def test_nothing_left_to_tokenize_is_said(recipe, tmp_path):
    for name in ("web/a.jsonl", "web/b.jsonl", "books/c.jsonl"):
        (tmp_path / name).write_text('{"text": " "}\n')
    with pytest.raises(
        RecipeError, match=r"no document of 3 read was kept \(dropped: document/empty@1 3\)"
    ):
        build_quietly(recipe, tmp_path / "out")


def test_a_given_tokenizer_is_taken_as_it_is(recipe, tmp_path, undisturbed):
    model = tmp_path / "given.model"
    model.write_bytes((undisturbed / "tokenizer/tokenizer.model").read_bytes())
    text = recipe.read_text().replace("train = { vocabulary_size = 340 }", 'model = "given.model"')
    recipe.write_text(text)
    build_quietly(recipe, tmp_path / "two")
    assert (tmp_path / "two/tokenizer/tokenizer.model").read_bytes() == model.read_bytes()


def test_a_tokenizer_json_is_taken_as_it_is(recipe, tmp_path):
    given = tmp_path / "tokenizer.json"
    given.write_bytes(byte_level().to_str().encode())
    text = recipe.read_text().replace(
        "train = { vocabulary_size = 340 }", 'model = "tokenizer.json"'
    )
    recipe.write_text(text)
    build_quietly(recipe, tmp_path / "out")
    assert (tmp_path / "out/tokenizer/tokenizer.json").read_bytes() == given.read_bytes()
    assert not (tmp_path / "out/tokenizer/tokenizer.model").exists()
    folder = Folder(str(tmp_path / "out"))
    assert verify_corpus(folder, full=True, tokenizer=read_tokenizer).problems == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"tokenizer\.model: .*given\.model does not exist; mend the path"),
        (b"\x00junk", r"tokenizer\.model: .*given\.model: expected a SentencePiece model"),
        (b"{}", r"tokenizer\.model: .*given\.model: expected a SentencePiece model"),
    ],
)
def test_a_given_tokenizer_that_is_none_is_named_before_anything_is_read(
    recipe, tmp_path, content, message
):
    if content is not None:
        (tmp_path / "given.model").write_bytes(content)
    text = recipe.read_text().replace("train = { vocabulary_size = 340 }", 'model = "given.model"')
    recipe.write_text(text)
    with pytest.raises(RecipeError, match=message):
        build_quietly(recipe, tmp_path / "out")
    assert not (tmp_path / "out/documents").exists()


def test_inputs_that_would_share_ids_are_refused(recipe, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.jsonl").write_text('{"text": "x"}\n')
    text = recipe.read_text().replace('"web/*.jsonl"', '"web/*.jsonl", "more/*.jsonl"')
    recipe.write_text(text)
    with pytest.raises(RecipeError, match=r"share the name a\.jsonl"):
        build_quietly(recipe, tmp_path / "out")


def test_no_output_names_the_place_where_the_data_lies(undisturbed):
    for name, data in contents(undisturbed).items():
        assert str(undisturbed.parent).encode() not in data, name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--direct_running_mode=multi_threading",), "--workers"),
        (("--experiments=data_buffer_time_limit_ms=10",), "cut an element"),
        (("--direct_num_workers=2",), "--workers"),
    ],
)
def test_beam_options_that_corrupt_or_mislead_are_refused(options, message):
    with pytest.raises(RecipeError, match=message):
        Engine(1, options)


def test_workers_without_effect_are_refused():
    with pytest.raises(RecipeError, match="no effect on DataflowRunner"):
        Engine(2, ("--runner=DataflowRunner",))


@tolerates_beams_shutdown
def test_workers_leave_no_orphans_of_a_failed_build(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)
    text = recipe.read_text().replace("vocabulary_size = 340", "vocabulary_size = 100000")
    recipe.write_text(text)
    with pytest.raises(RecipeError, match=r"supports \d+ pieces at most"):
        build_quietly(recipe, tmp_path / "out", engine=Engine(workers=2))
    running = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "haybale.pipeline.units.pool_process" not in running.stdout

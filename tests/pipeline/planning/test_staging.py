"""Side files: workers find those that a recipe names where the driver left them, and only there."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from dataflow_here import files_of, write_again, write_everything

from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.planning.fetch import fetch
from haybale.pipeline.planning.staging import FILES_FOLDER, stage
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import load_build_recipe
from haybale.pipeline.runners import Engine

QUIET = Progress(quiet=True)


@dataclass(frozen=True)
class Elsewhere(Engine):
    """Workers on a computer that has input and output, but no side files."""

    side: Path = Path()

    def run(self, graph, job, num_units, num_bytes):
        away = self.side.with_name("away")
        self.side.rename(away)
        try:
            return super().run(graph, job, num_units, num_bytes)
        finally:
            away.rename(self.side)


@pytest.mark.slow
def test_workers_without_the_side_files_give_the_same_bytes(tmp_path, prose, monkeypatch):
    first = write_everything(tmp_path, prose)
    build(first, str(tmp_path / "first"), progress=QUIET)
    again = write_again(tmp_path, tmp_path / "first")
    build(again, str(tmp_path / "again"), progress=QUIET)
    engine = Elsewhere(side=tmp_path / "side")
    for recipe, name in ((first, "first"), (again, "again")):
        build(recipe, str(tmp_path / "elsewhere" / name), engine=engine, progress=QUIET)
        assert files_of(tmp_path / "elsewhere" / name) == files_of(tmp_path / name)


def small(folder, **ingest):
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in ingest.items())
    path = folder / "recipe.toml"
    path.write_text(
        'name = "small"\n[[subsets]]\nname = "web"\npaths = ["web.jsonl"]\n'
        f'opt_out = "out.txt"\n[ingest]\nidentify_language = false\n{lines}'
        "[tokenizer]\ntrain = {}\n"
    )
    (folder / "out.txt").write_text("gone.example\n")
    return load_build_recipe(path, [])


def test_a_copy_is_named_by_its_content_and_made_once(tmp_path):
    loaded, folder = small(tmp_path), Folder(tmp_path / "out")
    (path,) = stage(folder, loaded).values()
    assert path.startswith(f"{FILES_FOLDER}/")
    assert path.endswith("/out.txt")
    assert folder.read(path) == b"gone.example\n"
    written = Path(folder.path(path)).stat().st_mtime_ns
    assert stage(folder, loaded) == {"out.txt": path}
    assert Path(folder.path(path)).stat().st_mtime_ns == written
    (tmp_path / "out.txt").write_text("other.example\n")
    assert stage(folder, loaded)["out.txt"] != path


@pytest.mark.slow
def test_copies_are_gone_when_a_corpus_is_finished(tmp_path, prose):
    (tmp_path / "web.jsonl").write_text(
        "".join(json.dumps({"text": prose(seed)}) + "\n" for seed in range(60))
    )
    small(tmp_path, part_bytes=9000)
    options = ("tokenizer.train.vocabulary_size=340",)
    output = tmp_path / "built"
    build(tmp_path / "recipe.toml", str(output), overrides=options, progress=QUIET)
    assert (output / "corpus.json").exists()
    assert not (output / FILES_FOLDER).exists()


def test_a_file_of_an_object_store_is_fetched_once(tmp_path):
    original = tmp_path / "words.json"
    original.write_text("{}")
    uri = original.as_uri()
    copy = fetch(uri, "ingest.word_list")
    assert Path(copy).name == "words.json"
    assert Path(copy).read_text() == "{}"
    assert fetch(uri, "ingest.word_list") == copy
    assert fetch(str(original), "ingest.word_list") == str(original)
    shutil.rmtree(Path(copy).parent)

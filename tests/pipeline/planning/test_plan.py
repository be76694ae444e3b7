"""The split plan: small files together, large ones in pieces, nothing opened."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.storage import Folder
from haybale.pipeline.planning.plan import (
    PLAN_PATH,
    plan_as_json,
    plan_from_json,
    plan_parts,
)
from haybale.pipeline.planning.same_plan import check_same_plan
from haybale.pipeline.recipe.loaded import parse_build_recipe


def plan(folder: Path, part_bytes: int, **sizes: int):
    for name, size in sizes.items():
        with (folder / name.replace("__", ".")).open("wb") as file:
            file.truncate(size)
    raw = {
        "name": "plan",
        "subsets": [{"name": "web", "paths": ["*.*"]}],
        "tokenizer": {"train": {"vocabulary_size": 300}},
        "ingest": {"part_bytes": part_bytes},
    }
    loaded = parse_build_recipe(raw, folder)
    return loaded, plan_parts(loaded)


def shapes(parts):
    return [("+".join(file.name for file in part.files), part.piece) for part in parts]


def test_a_pattern_without_a_file_is_told_with_the_place_that_was_looked_at(tmp_path):
    with pytest.raises(RecipeError) as raised:
        plan(tmp_path, 4000)
    assert str(raised.value).startswith(
        f"subsets.web.paths: *.* matches no file (looked for {tmp_path}/*.*); "
    )


def test_a_large_file_is_cut_into_equal_pieces_and_small_ones_stay_together(tmp_path):
    _, parts = plan(tmp_path, 4000, a__jsonl=1600, b__jsonl=2000, c__jsonl=10_000, d__jsonl=1200)
    # 10,000 bytes at 4,000 a part are three pieces: 3,333, 3,333 and 3,334 bytes.
    assert shapes(parts) == [
        ("a.jsonl+b.jsonl", None),
        ("c.jsonl", (0, 3333)),
        ("c.jsonl", (3333, 6666)),
        ("c.jsonl", (6666, 10_000)),
        ("d.jsonl", None),
    ]
    assert [part.num_bytes for part in parts] == [3600, 3333, 3333, 3334, 1200]
    assert [part.goes_on for part in parts] == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("name", "num_parts"),
    [
        ("a__jsonl", 10),
        ("a__parquet", 10),
        ("a__arrow", 10),
        ("a__warc__gz", 10),
        ("a__wet__gz", 10),
        ("a__jsonl__gz", 1),
        ("a__txt", 1),
    ],
)
def test_only_files_that_can_be_read_in_pieces_are_cut(name, num_parts, tmp_path):
    _, parts = plan(tmp_path, 4000, **{name: 40_000})
    assert len(parts) == num_parts


def test_a_plan_comes_back_from_its_json(tmp_path):
    loaded, parts = plan(tmp_path, 4000, a__jsonl=1600, c__jsonl=10_000)
    assert plan_from_json(plan_as_json(loaded, parts)) == parts


def test_a_file_that_was_written_anew_is_told_by_its_date(tmp_path):
    loaded, parts = plan(tmp_path, 2000, a__txt=10)
    folder = Folder(str(tmp_path / "out"))
    folder.commit_bytes(PLAN_PATH, canonical_json(plan_as_json(loaded, parts, ())))
    # A day of 86,400 seconds after the first of January 1970, and a nanosecond.
    os.utime(tmp_path / "a.txt", ns=(0, 86_400 * 10**9 + 1))
    again = plan_as_json(loaded, plan_parts(loaded), ())
    said = "now 10 bytes changed 1970-01-02 00:00:00.000000001 UTC;"
    with pytest.raises(ManifestMismatchError, match=re.escape(said)) as raised:
        check_same_plan(folder, again)
    # It is the same file: the command that is advised helps.
    command = re.search(r"its time: (touch .*); else choose", str(raised.value)).group(1)
    subprocess.run(command, shell=True, check=True)
    assert check_same_plan(folder, plan_as_json(loaded, plan_parts(loaded), ())) == []


def test_a_file_of_another_size_cannot_be_mended_by_its_time(tmp_path):
    loaded, parts = plan(tmp_path, 2000, a__txt=10)
    folder = Folder(str(tmp_path / "out"))
    folder.commit_bytes(PLAN_PATH, canonical_json(plan_as_json(loaded, parts, ())))
    for finished in (False, True):
        (tmp_path / "a.txt").write_text("others")
        with pytest.raises(ManifestMismatchError, match="other input") as raised:
            check_same_plan(folder, plan_as_json(loaded, plan_parts(loaded), ()))
        assert "touch" not in str(raised.value)
        if not finished:
            folder.commit_bytes(MANIFEST_PATH, b"{}")


def test_a_finished_corpus_does_not_mind_times(tmp_path):
    loaded, parts = plan(tmp_path, 2000, a__txt=10)
    folder = Folder(str(tmp_path / "out"))
    folder.commit_bytes(PLAN_PATH, canonical_json(plan_as_json(loaded, parts, ())))
    folder.commit_bytes(MANIFEST_PATH, b"{}")
    os.utime(tmp_path / "a.txt", ns=(0, 1))
    again = plan_as_json(loaded, plan_parts(loaded), ())
    assert check_same_plan(folder, again) == ["web/a.txt"]

import json

from haybale.cards.timings import read_timings
from haybale.corpus.storage import Folder


def unit(root, path, cpu, wall, memory):
    timing = {"cpu_seconds": cpu, "wall_seconds": wall, "peak_memory_bytes": memory}
    write(root, path, {"facts": {}, "timing": {**timing, "cpu_seconds_extract": 99.0}})


def write(root, path, content):
    file = root / "run" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))


def test_seconds_of_a_stages_units_are_added_up_and_memory_is_the_most(tmp_path):
    unit(tmp_path, "ingest/web/000.json", 1.5, 2.0, 700)
    unit(tmp_path, "ingest/web/001.json", 0.5, 1.0, 300)
    unit(tmp_path, "deduplicate/exact/0.json", 4.0, 5.0, 100)
    unit(tmp_path, "deduplicate/verified/0.json", 1.0, 1.0, 200)
    assert read_timings(Folder(str(tmp_path))) == {
        "deduplicate": {"cpu_seconds": 5.0, "wall_seconds": 6.0, "peak_memory_bytes": 200},
        "ingest": {"cpu_seconds": 2.0, "wall_seconds": 3.0, "peak_memory_bytes": 700},
    }


def test_plans_and_records_of_whole_steps_have_no_timing(tmp_path):
    unit(tmp_path, "ingest/000.json", 1.0, 1.0, 1)
    write(tmp_path, "ingest.json", {"units": 1})
    write(tmp_path, "plan.json", [1, 2])
    write(tmp_path, "tokenize/shards.json", [{"split": "train"}])
    (tmp_path / "run" / "ingest" / "rows.arrow").write_bytes(b"not JSON")
    assert read_timings(Folder(str(tmp_path))).keys() == {"ingest"}


def test_without_the_folder_of_the_run_there_are_none(tmp_path):
    assert read_timings(Folder(str(tmp_path))) == {}

"""Readers of other packages: found by their entry points, and never in the place of another."""

import pytest
from planted_extension import install

from haybale.corpus.errors import RecipeError
from haybale.corpus.listing import match_file
from haybale.pipeline import reader_laws
from haybale.pipeline.ingesting.source_reading import SourceReading
from haybale.pipeline.sources import jsonl, readers
from haybale.pipeline.sources.records import ReadOptions

READER = """
from haybale.pipeline.sources.collector import RecordCollector
NAME = "straw@1"
SUFFIXES = (".straw",)
def read(path, options):
    collector = RecordCollector(options)
    with open(path) as file:
        lines = list(file)
    for position, line in enumerate(lines):
        collector.add(position, line)
    yield from collector.rest()
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a reader; the registry as it is with it, and forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(name, source):
        install(tmp_path, name, "haybale.sources", source)
        readers.cache_clear()
        return readers()

    yield run
    readers.cache_clear()


def test_a_reader_of_another_package_is_found_behind_ours(installed):
    assert list(installed("straw_reader", READER))[-1] == "straw"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("NAME =", "NAMED =", "found one without NAME"),
        ('"straw@1"', '"straw"', "expected a NAME like \"notices@1\", found 'straw'"),
        ('"straw@1"', '"jsonl@7"', "there is a reader of format jsonl, jsonl@1; choose another"),
        ('(".straw",)', '".straw"', "a tuple, found '.straw'"),
        ('(".straw",)', '(".straw", ".json")', '.json are read as jsonl.*say format = "straw"'),
    ],
)
def test_what_is_no_reader_or_takes_anothers_place_is_refused(installed, old, new, said):
    with pytest.raises(RecipeError, match=f"straw_bad: entry point .*{said}"):
        installed("straw_bad", READER.replace(old, new))


def test_a_reader_that_raises_is_named_with_the_file(installed, tmp_path):
    installed("straw_raising", READER.replace("collector.add(", "int("))
    path = tmp_path / "a.straw"
    path.write_text("hay\n")
    options = ReadOptions("web", "a.straw", {}, None, 1 << 20, lambda html, _: "")
    with pytest.raises(RecipeError, match=r"a\.straw: straw@1: straw_raising raised TypeError"):
        list(SourceReading(match_file(str(path)), None).read(options, None))


def test_the_laws_hold_for_a_reader_that_keeps_them_and_name_what_breaks_them(installed, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "hay"}\n{"text": "straw"}\n')
    assert [row["text"] for row in reader_laws.check_reader(jsonl, str(path))] == ["hay", "straw"]
    raising = installed("straw_strict", READER)["straw"]
    (tmp_path / "a.straw").write_text("hay\n" * 5)
    with pytest.raises(AssertionError, match=r"a\.straw, noise at byte \d+, raised UnicodeDecode"):
        reader_laws.check_reader(raising, str(tmp_path / "a.straw"))

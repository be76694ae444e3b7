"""The whole stage on small corpora: what each setting removes, and for whom."""

import json
import random

import pyarrow as pa
import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.dedup.keys import exact_key, key, keys
from haybale.pipeline.dedup.presets import PRESETS
from haybale.pipeline.engines.memory import default_bytes
from haybale.pipeline.jobs import candidates, exact_passes
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.runners import Engine


@pytest.fixture
def deduplicate(tmp_path):
    """Build subsets of files of records up to stage 2; returns removals by the records' ids."""

    def run(subsets, dedup="", engine=None, output="out"):
        tables = []
        for subset, files in subsets.items():
            for name, records in files.items():
                path = tmp_path / subset / name
                path.parent.mkdir(parents=True, exist_ok=True)
                lines = (json.dumps(record) + "\n" for record in records)
                if not path.exists():
                    path.write_text("".join(lines))
            paths = f'paths = ["{subset}/**/*.jsonl"]'
            tables.append(f'[[subsets]]\nname = "{subset}"\n{paths}\n')
        recipe = tmp_path / "recipe.toml"
        recipe.write_text(
            'name = "d"\n'
            + "".join(tables)
            + f"[ingest]\nidentify_language = false\npart_bytes = 3000\n[dedup]\n{dedup}\n"
            "[tokenizer]\ntrain = {}\n"
        )
        options = {"engine": engine, "last_stage": "deduplicate"}
        build(recipe, str(tmp_path / output), progress=Progress(quiet=True), **options)
        return removals(tmp_path / output)

    return run


def removals(output):
    folder = Folder(str(output))
    names = {
        row["doc_id"]: json.loads(row["metadata"])["id"]
        for path in folder.list("documents")
        for row in read_table(folder, path, ["doc_id", "metadata"]).to_pylist()
    }
    return {
        names[row["removed"]]: (names[row["survivor"]], row["method"], row["similarity"])
        for path in folder.list("dedup/removals")
        for row in read_table(folder, path).to_pylist()
    }


def web(*records):
    return {"web": {"a.jsonl": [{"id": str(n), **record} for n, record in enumerate(records)]}}


def edited(text, seed, num_words):
    """The text with some words, far from each other, replaced."""
    words = text.split(" ")
    step = len(words) // num_words
    for at in range(num_words):
        words[at * step + step // 2] = f"new{seed}x{at}"
    return " ".join(words)


def test_equal_words_in_another_dress_are_normalised_duplicates_and_not_exact_ones(
    deduplicate, prose
):
    text = prose(1)
    records = web({"text": text}, {"text": text.upper().replace(" ", "  ") + "!"})
    assert deduplicate(records, "near = false") == {}
    found = deduplicate(records, 'near = false\nexact = ["text", "normalised"]', output="other")
    assert [row[1:] for row in found.values()] == [("exact/normalised@1", 1.0)]


def test_texts_without_words_are_no_normalised_duplicates(deduplicate):
    records = web({"text": "... !"}, {"text": "--- ?"})
    assert deduplicate(records, 'near = false\nexact = ["normalised"]') == {}


def test_one_document_is_kept_of_each_url_and_no_similarity_is_claimed(deduplicate, prose):
    records = web(
        {"text": prose(1), "url": "https://example.com/a?x=1#top", "timestamp": "2024-03-01"},
        {"text": prose(2), "url": "http://EXAMPLE.com:80/a?x=1", "timestamp": "2023-03-01T10:00Z"},
        {"text": prose(3), "url": "https://example.com/b"},
        {"text": prose(4)},
        {"text": prose(5)},
    )
    settings = 'near = false\nexact = ["url"]\nkeep = ["oldest"]'
    assert deduplicate(records, settings) == {"0": ("1", "exact/url@1", None)}


def test_who_went_for_one_that_went_too_names_the_one_that_stays(deduplicate, prose):
    text = " ".join(prose(1).split())
    near = edited(text, 0, 1)
    records = web(
        {"text": prose(9), "url": "https://a.org/1", "timestamp": "2024-01-04"},
        {"text": near, "url": "https://a.org/1", "timestamp": "2024-01-03"},
        {"text": near.upper(), "url": "https://a.org/2", "timestamp": "2024-01-02"},
        {"text": text, "url": "https://a.org/3", "timestamp": "2024-01-01"},
    )
    found = deduplicate(records, 'exact = ["normalised", "url"]\nkeep = ["oldest"]')
    # 120 words, one replaced: 108 shingles each, of which the 13 that hold it are others:
    # 95 / 121 = 0.785.
    assert found["0"] == ("2", "exact/url@1", None)
    assert found["1"] == ("2", "exact/normalised@1", 1.0)
    assert len(found) == 2
    found = deduplicate(
        records, 'exact = ["normalised", "url"]\nkeep = ["oldest"]\nthreshold = 0.7', output="low"
    )
    assert found["0"] == ("3", "exact/url@1", None)
    assert found["1"] == ("3", "minhash/jaccard@1", 95 / 121)
    assert found["2"] == ("3", "minhash/jaccard@1", 95 / 121)


def test_duplicates_are_looked_for_within_the_scope(deduplicate, prose):
    text = prose(1)
    near = edited(text, 0, 1)
    files = {
        "web": {
            "CC-MAIN-2023-50/a.jsonl": [{"id": "w50", "text": text}, {"id": "n50", "text": near}],
            "CC-MAIN-2024-10/a.jsonl": [{"id": "w10", "text": text}],
        },
        "books": {"CC-MAIN-2024-10/b.jsonl": [{"id": "b10", "text": text}]},
    }
    low = "threshold = 0.7\n"
    assert len(deduplicate(files, low, output="global")) == 3
    found = deduplicate(files, low + 'scope = "subset"', output="subset")
    assert len(found) == 2
    assert "b10" not in found
    settings = low + "scope = \"snapshot\"\nsnapshot = 'CC-MAIN-[0-9]+-[0-9]+'"
    found = deduplicate(files, settings, output="snapshot")
    assert len(found) == 2
    assert len({"w50", "n50"} & set(found)) == 1
    assert len({"w10", "b10"} & set(found)) == 1
    with pytest.raises(RecipeError, match="'dump' matches nothing in the name"):
        deduplicate(files, "scope = \"snapshot\"\nsnapshot = 'dump'", output="wrong")


@pytest.mark.parametrize(
    ("settings", "survivor"),
    [
        ('keep = ["longest"]', "long"),
        ('keep = ["oldest"]', "old"),
        ('keep = ["priority"]\npriority = ["books"]', "book"),
        ('keep = ["priority", "oldest"]\npriority = ["web"]', "old"),
        ('keep = ["oldest", "longest"]', "old"),
    ],
)
def test_the_policy_says_who_survives(deduplicate, prose, settings, survivor):
    text = prose(1, 600)
    times = {"old": "2001-01-01", "long": "2002-01-01T00:00:00+02:00", "young": "2003-01-01"}
    texts = {"old": text, "long": text + " and more of it", "young": edited(text, 1, 1)}
    subsets = {
        "web": {
            "a.jsonl": [
                {"id": name, "text": texts[name], "timestamp": time} for name, time in times.items()
            ]
        },
        "books": {"b.jsonl": [{"id": "book", "text": text, "timestamp": "no time"}]},
    }
    found = deduplicate(subsets, settings)
    assert set(found) == {"old", "long", "young", "book"} - {survivor}
    assert {row[0] for row in found.values()} == {survivor}


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_finds_a_near_copy_and_leaves_strangers(deduplicate, prose, preset):
    text = prose(1, 1200)
    records = web({"text": text}, {"text": edited(text, 0, 2)}, {"text": prose(2, 1200)})
    (removed,) = deduplicate(records, f'preset = "{preset}"').values()
    assert removed[0] in {"0", "1"}
    assert removed[1] == "minhash/jaccard@1"
    assert 0.8 < removed[2] < 1


def test_an_estimate_says_that_it_is_one(deduplicate, prose):
    text = prose(1, 1200)
    records = web({"text": text}, {"text": edited(text, 0, 2)})
    (removed,) = deduplicate(records, 'verify = "estimate"').values()
    assert removed[1] == "minhash/estimate@1"
    assert removed[2] * 128 == round(removed[2] * 128)
    # 1188 shingles each, 26 of them other ones: 1162 / 1214 = 0.957; four standard errors of
    # sqrt(0.957 * 0.043 / 128) = 0.018 around it.
    assert 0.885 < removed[2] <= 1


def crowd(prose):
    """Clusters of edited copies among strangers, in many parts."""
    rng = random.Random(0)
    records = []
    for seed in range(12):
        text = prose(seed, 400)
        records += [{"text": edited(text, copy, 1)} for copy in range(rng.randrange(4))]
        records.append({"text": text})
    return web(*records)


def test_memory_changes_the_number_of_passes_and_nothing_else(
    deduplicate, prose, tmp_path, monkeypatch
):
    expected = deduplicate(crowd(prose), output="one")
    assert len(expected) > 5
    assert not (tmp_path / "one/run/deduplicate/candidates-0002-of-0007").exists()
    monkeypatch.setattr(Engine, "shuffle_bytes", 2500)
    assert deduplicate(crowd(prose), output="many") == expected
    passes = sorted((tmp_path / "many/run/deduplicate").glob("candidates-*.json"))
    assert len(passes) > 5
    # Sets of shingles and bands were for verification alone.
    assert not (tmp_path / "many/run/deduplicate/banded").exists()
    assert not (tmp_path / "many/run/deduplicate/sets").exists()


def test_exact_duplicates_are_found_in_passes_to_the_same_bytes(
    deduplicate, prose, tmp_path, monkeypatch
):
    # Each of 6 texts stands 5 times: as it is, twice, and with other marks, three times. One of
    # these goes for a longer text of its URL, and of the other four one stays: 6 * (1 + 3).
    records = []
    for seed in range(6):
        text = prose(seed, 60)
        records += [{"text": text}, {"text": text}, {"text": f"{text}!"}, {"text": f"{text}?"}]
        records.append({"text": f"{text}.", "url": f"http://a.org/{seed}"})
        records.append({"text": prose(100 + seed, 80), "url": f"https://a.org/{seed}"})
    settings = 'exact = ["url", "text", "normalised"]\nnear = false\nkeep = ["longest"]'
    expected = deduplicate(web(*records), settings, output="one")
    assert len(expected) == 24
    monkeypatch.setattr(Engine, "shuffle_bytes", 500)
    assert deduplicate(web(*records), settings, output="many") == expected
    one, many = tmp_path / "one", tmp_path / "many"
    files = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    left = [path for path in files if path.suffix in (".npy", ".arrow")]
    assert any("exact-normalised" in str(path) for path in left)
    assert all((one / path).read_bytes() == (many / path).read_bytes() for path in left)
    # 36 rows of 64 bytes, 500 at a time: 5 passes, of each key.
    names = {path.name for path in (many / "run/deduplicate").glob("exact-*-of-*.json")}
    assert names == {
        f"exact-{key}-{number:04}-of-0005.json"
        for key in ("url", "text", "normalised")
        for number in range(1, 6)
    }
    # What each pass found went to the parts.
    assert not list((many / "run/deduplicate").glob("exact-*-of-*/*.npy"))


class Stopped(Exception):
    """A build that ends in the middle."""


def stop(*_):
    raise Stopped


def test_a_build_may_go_on_with_other_memory(deduplicate, prose, monkeypatch):
    expected = deduplicate(crowd(prose), output="one")
    monkeypatch.setattr(candidates, "read_candidates", stop)
    with monkeypatch.context() as patch:
        patch.setattr("haybale.pipeline.jobs.shingles.read_candidates", stop)
        with pytest.raises(Exception, match="Stopped"):
            deduplicate(crowd(prose), output="two")
    monkeypatch.setattr(Engine, "shuffle_bytes", 2500)
    assert deduplicate(crowd(prose), output="two") == expected


@pytest.mark.parametrize("shuffle_bytes", [None, 900], ids=["one pass", "other passes"])
def test_passes_that_other_memory_made_needless_leave_no_files(
    deduplicate, tmp_path, monkeypatch, shuffle_bytes
):
    records = web(*({"text": f"text {number % 7}"} for number in range(20)))
    settings = 'exact = ["text"]\nnear = false'
    expected = deduplicate(records, settings, output="one")
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "shuffle_bytes", 500)
        patch.setattr(exact_passes, "GatherTwins", stop)
        with pytest.raises(Stopped):
            deduplicate(records, settings, output="two")
    folder = tmp_path / "two/run/deduplicate"
    assert list(folder.glob("exact-text-*-of-*/*.npy"))
    if shuffle_bytes:
        monkeypatch.setattr(Engine, "shuffle_bytes", shuffle_bytes)
    assert deduplicate(records, settings, output="two") == expected
    assert not [path for path in folder.glob("exact-text-*-of-*") if path.is_dir()]


def test_memory_too_small_for_the_libraries_is_refused():
    assert Engine().shuffle_bytes == Engine(1, (), default_bytes()).shuffle_bytes
    assert Engine(1, (), 2 << 30).shuffle_bytes < Engine().shuffle_bytes
    with pytest.raises(RecipeError, match="--max-memory: expected at least 500 MiB, found 100 MiB"):
        Engine(1, (), 100 << 20)
    with pytest.raises(RecipeError, match="--max-memory has no effect on DataflowRunner"):
        Engine(1, ("--runner=DataflowRunner",), 8 << 30)


@pytest.fixture
def first_words(monkeypatch):
    """A key of another package: the first word."""
    monkeypatch.setattr(key, "REGISTERED", dict(keys()))
    monkeypatch.setattr("haybale.pipeline.dedup.keys.REGISTERED", key.REGISTERED)

    @exact_key("straw/first_word@1")
    def first_word(documents):
        """The first word."""
        return pa.array([text.split()[0] for text in documents.column("text").to_pylist()])

    keys.cache_clear()
    yield "straw/first_word@1"
    keys.cache_clear()


def test_of_who_went_by_a_strangers_key_nothing_is_known_of_the_text(deduplicate, first_words):
    words = " ".join(f"w{at}" for at in range(100))
    # 0 and 1 are equal; one goes for the other, and that for 2 by the first word. 2 goes
    # for 3, which is longer: of 101 - 12 and 102 - 12 shingles of 13 words they share 100 - 12.
    records = web(
        {"text": "hay one"},
        {"text": "hay one"},
        {"text": f"hay {words}"},
        {"text": f"hey {words} end"},
    )
    found = deduplicate(
        records, f'exact = ["text", "{first_words}"]\nkeep = ["longest"]\nthreshold = 0.7'
    )
    assert {found[name] for name in ("0", "1")} == {("3", first_words, None)}
    survivor, method, similarity = found["2"]
    assert (survivor, method) == ("3", "minhash/jaccard@1")
    assert similarity == pytest.approx(88 / (89 + 90 - 88))

"""What stages measure beside the ledger, on a corpus whose numbers are known beforehand."""

import itertools
import json
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.cards.measured import Measured
from haybale.corpus.log_histogram import bucket_bounds, bucket_numbers
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.build import build
from haybale.pipeline.engines import local_runner
from haybale.pipeline.ingesting.domains import domains_of, top_level_domains
from haybale.pipeline.ingesting.name_counts import NameCounts
from haybale.pipeline.ingesting.statistics import Statistics
from haybale.pipeline.jobs.measured import _licenses
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.runners import Engine
from haybale.quality.urls import Urls
from haybale.tokenization.tokenizer import read_tokenizer

QUIET = Progress(quiet=True)

# URL and licence of document i of the web are those of i modulo 8; books have a licence only.
ORIGINS = [
    ("https://www.example.org/{}", "cc-by-4.0"),
    ("http://example.org:80/{}#top", "cc-by-4.0"),
    ("//EXAMPLE.ORG./{}", "CC0-1.0"),
    ("https://blog.example.org/{}", None),
    ("https://193.0.2.1/{}", None),
    ("https://m\u00fcnchen.example/{}", "cc-by-4.0"),
    ("https://www.com/{}", None),
    (None, None),
]
DOMAINS = {
    0: "example.org",
    1: "example.org",
    2: "example.org",
    3: "blog.example.org",
    4: "193.0.2.1",
    5: "xn--mnchen-3ya.example",
    6: "www.com",
    7: "",
}
NUM_WEB, NUM_BOOKS = 48, 12


@pytest.fixture(scope="module")
def web(prose):
    """Records: 48 documents kept, one dropped, two copies, and one that cannot be read."""
    records = []
    for i in range(NUM_WEB):
        url, license_ = ORIGINS[i % 8]
        address = None if url is None else url.format(i)
        records.append({"text": prose(i), "url": address, "license": license_})
    records.insert(3, {"text": "too short", "url": "https://short.example/"})
    # A copy of document 0 under its own URL, and one of document 8, of the same domain, elsewhere.
    records += [records[0], {**records[9], "url": "https://example.org/elsewhere"}, {"no": "text"}]
    return records


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, web, prose):
    folder = tmp_path_factory.mktemp("statistics")
    books = [{"text": prose(1000 + i, 60 + i)} for i in range(NUM_BOOKS)]
    for name, records in {"web": web, "books": books}.items():
        (folder / name).mkdir()
        for number in range(4):
            lines = [json.dumps(record) + "\n" for record in records[number::4]]
            (folder / name / f"{number}.jsonl").write_text("".join(lines))
    (folder / "recipe.toml").write_text(
        """
name = "statistics"
[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
quality = "gopher"
[[subsets]]
name = "books"
paths = ["books/*.jsonl"]
license = "odc-by"
[ingest]
part_bytes = 5000
identify_language = false
max_unreadable_fraction = 0.1
[dedup]
[tokenizer.train]
vocabulary_size = 340
[shards]
target_tokens = 2000
validation_fraction = 0.1
"""
    )
    return folder / "recipe.toml"


@pytest.fixture(scope="module")
def corpus(recipe):
    build(recipe, str(recipe.parent / "out"), progress=QUIET)
    return Folder(str(recipe.parent / "out"))


@pytest.fixture(scope="module")
def measured(corpus):
    return Measured.from_json(read_parsed(corpus, "card/inputs.json")["measured"])


@pytest.fixture(scope="module")
def rows(corpus):
    """Every document of the corpus: its subset, URL, licence, text and ids, from the files."""
    found = {}
    for path in corpus.list("documents"):
        for row in read_table(corpus, path).to_pylist():
            found[row["doc_id"]] = row
    shards = [path for path in corpus.list("shards") if not path.endswith("index.arrow")]
    tokens = {row["doc_id"]: row for path in shards for row in read_table(corpus, path).to_pylist()}
    return [{**found[name], "tokens": row["tokens"]} for name, row in tokens.items()]


def table_of(corpus, name):
    return pq.read_table(pa.BufferReader(corpus.read(f"card/{name}.parquet")))


def test_every_domain_has_exactly_the_documents_that_were_planted(corpus, measured, web, rows):
    table = {row.pop("domain"): row for row in table_of(corpus, "domains").to_pylist()}
    # 6 of each of eight origins; the two copies are of example.org, one more was too short.
    read = Counter(DOMAINS[i % 8] for i in range(NUM_WEB)) + Counter(["example.org"] * 2)
    assert read == {
        "example.org": 20,
        "blog.example.org": 6,
        "193.0.2.1": 6,
        "xn--mnchen-3ya.example": 6,
        "www.com": 6,
        "": 6,
    }
    del read[""]
    expected = {**read, "short.example": 1}
    assert {name: row["documents_read"] for name, row in table.items()} == expected
    kept = {**read, "example.org": 18, "short.example": 0}
    assert {name: row["documents"] for name, row in table.items()} == kept
    sizes, tokens = Counter(), Counter()
    for row in rows:
        domain = domains_of(Urls(pa.array([row["url"]], pa.string())))[0].as_py()
        sizes[domain] += len(row["text"].encode())
        tokens[domain] += len(row["tokens"])
    assert {name: row["text_bytes"] for name, row in table.items()} == {
        name: sizes[name] for name in table
    }
    assert {name: row["tokens"] for name, row in table.items()} == {
        name: tokens[name] for name in table
    }
    assert measured.domains.documents_without == 6 + NUM_BOOKS
    assert (measured.domains.num_read, measured.domains.num) == (6, 5)


def test_domains_come_with_the_largest_first_and_add_up_along_the_curve(corpus, measured):
    table = table_of(corpus, "domains")
    sizes = table.column("text_bytes").to_pylist()
    assert sizes == sorted(sizes, reverse=True)
    assert [row.domain for row in measured.domains.top] == table.column("domain").to_pylist()[:5]
    # One, two and all five; a tenth of five, rounded up, is one.
    assert measured.domains.curve == ((1, sizes[0]), (2, sum(sizes[:2])), (5, sum(sizes)))
    groups = {row.domain: (row.documents_read, row.documents) for row in measured.domains.groups}
    assert groups == {"org": (26, 24), "IP address": (6, 6), "example": (7, 6), "com": (6, 6)}


def test_licenses_are_those_of_the_corpus(measured, rows):
    expected = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        cell = expected[row["subset"], row["license"] or ""]
        cell[0] += 1
        cell[1] += len(row["text"].encode())
        cell[2] += len(row["tokens"])
    found = {
        (row.subset, row.license): [row.documents, row.text_bytes, row.tokens]
        for row in measured.licenses
    }
    assert found == expected
    # Of six web documents of each origin: three origins cc-by-4.0, one CC0-1.0, four none.
    counts = {key: row[0] for key, row in found.items()}
    assert counts == {
        ("web", "cc-by-4.0"): 18,
        ("web", "CC0-1.0"): 6,
        ("web", ""): 24,
        ("books", "odc-by"): 12,
    }


def test_distinct_texts_and_urls_are_estimated_beside_their_exact_number(measured):
    found = {(one.what, one.state, one.subset): one for one in measured.distinct}
    # Read: 48 web texts, "too short", and two copies; 42 of the 48 have a URL, as have these three,
    # of which one has the URL of another.
    expected = {
        ("texts", "read", ""): (49 + 12, 51 + 12),
        ("texts", "read", "web"): (49, 51),
        ("texts", "read", "books"): (12, 12),
        ("urls", "read", ""): (44, 45),
        ("texts", "corpus", ""): (60, 60),
        ("urls", "corpus", "web"): (42, 42),
        ("urls", "corpus", "books"): (0, 0),
    }
    for key, (different, total) in expected.items():
        # Of so few, two in one register of 16,384 are unlikely: the estimate is the number.
        assert (found[key].estimate, found[key].total) == (different, total), key
        assert found[key].low <= different <= found[key].high <= total


def test_histograms_are_a_recount_of_the_documents(measured, rows, web, prose):
    sizes = [len(record["text"]) for record in web if "text" in record]
    of = {(one.quantity, one.state, one.subset): dict(one.counts) for one in measured.lengths}
    expected = Counter(bucket_numbers(np.array(sizes)).tolist())
    assert of["text_bytes", "read", "web"] == expected
    for subset in ("web", "books"):
        chosen = [row for row in rows if row["subset"] == subset]
        for quantity, values in (
            ("text_bytes", [len(row["text"].encode()) for row in chosen]),
            ("tokens", [len(row["tokens"]) for row in chosen]),
        ):
            counts = of[quantity, "corpus", subset]
            assert sum(counts.values()) == len(values)
            for bucket, count in counts.items():
                low, high = bucket_bounds(bucket)
                assert sum(low <= value < high for value in values) == count
    assert set(of) == {
        (quantity, state, subset)
        for quantity, state in (
            ("text_bytes", "read"),
            ("text_bytes", "corpus"),
            ("tokens", "corpus"),
        )
        for subset in ("web", "books")
    }


def test_everything_adds_up_to_the_totals_of_the_manifest(corpus, measured):
    totals = read_manifest(corpus).totals
    names = ("documents", "text_bytes", "tokens")
    of = {
        subset: [sum(totals[split][subset][name] for split in totals) for name in names]
        for subset in ("web", "books")
    }
    for subset, expected in of.items():
        rows = [row for row in measured.licenses if row.subset == subset]
        assert [sum(getattr(row, name) for row in rows) for name in names] == expected
        for one in measured.lengths:
            if one.subset == subset and one.state == "corpus":
                assert sum(one.counts.values()) == expected[0]
    domains = table_of(corpus, "domains")
    with_url = [sum(domains.column(name).to_pylist()) for name in names]
    assert with_url[0] + measured.domains.documents_without == of["web"][0] + of["books"][0]
    assert measured.domains.curve[-1] == (measured.domains.num, with_url[1])
    groups = [sum(getattr(row, name) for row in measured.domains.groups) for name in names]
    assert groups == with_url
    unigrams = table_of(corpus, "unigrams")
    assert sum(unigrams.column("count").to_pylist()) == of["web"][2] + of["books"][2]


def test_unigrams_are_a_recount_of_the_shards(corpus, rows):
    table, tokenizer = table_of(corpus, "unigrams"), read_tokenizer(corpus)
    assert table.column_names == ["id", "piece", "count", "count_in_web", "count_in_books"]
    uses = {subset: Counter() for subset in ("web", "books")}
    for row in rows:
        uses[row["subset"]].update(row["tokens"])
    assert table.num_rows == tokenizer.vocabulary_size == 340
    for number, row in enumerate(table.to_pylist()):
        web, books = uses["web"][number], uses["books"][number]
        expected = [number, tokenizer.piece(number), web + books, web, books]
        assert list(row.values()) == expected


def test_the_tables_belong_to_the_corpus_and_the_scaffolding_does_not(corpus):
    paths = {file.path for file in read_manifest(corpus).files}
    assert {"card/domains.parquet", "card/unigrams.parquet"} <= paths
    assert not any(path.startswith("run/") for path in paths)


def card_of(folder):
    return {name: folder.read(name) for name in folder.list("card")}


def test_parts_do_not_show_in_what_was_measured(recipe, corpus):
    whole = Folder(str(recipe.parent / "whole"))
    build(recipe, whole.uri, overrides=("ingest.part_bytes=1000000",), progress=QUIET)
    assert len(whole.list("documents")) < len(corpus.list("documents"))
    for name in ("card/domains.parquet", "card/unigrams.parquet"):
        assert whole.read(name) == corpus.read(name)
    one, other = (read_parsed(folder, "card/inputs.json") for folder in (whole, corpus))
    assert one["measured"] == other["measured"]


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
)
@pytest.mark.slow
def test_workers_do_not_show_in_a_card(recipe, corpus, monkeypatch):
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)  # processes for this little input too
    two = Folder(str(recipe.parent / "two"))
    build(recipe, two.uri, engine=Engine(workers=2), progress=QUIET)
    assert card_of(two) == card_of(corpus)


def batch_of(records):
    columns = {
        name: pa.array([record[place] for record in records], kind)
        for place, (name, kind) in enumerate(
            (("text", pa.large_string()), ("url", pa.string()), ("license", pa.string()))
        )
    }
    return pa.RecordBatch.from_pydict(columns)


records = st.lists(
    st.tuples(
        st.text(max_size=5),
        st.one_of(st.none(), st.sampled_from(["http://a.org", "b.org/x", "", "/y", "[::1]"])),
        st.one_of(st.none(), st.sampled_from(["mit", "cc0"])),
    ),
    max_size=12,
)


@given(records, st.lists(st.integers(0, 12)), st.randoms())
def test_batches_and_their_order_make_no_difference(tmp_path_factory, found, cuts, random):
    def collect(batches):
        statistics = Statistics(("text_bytes",))
        for batch in batches:
            sizes = np.array([len(record[0].encode()) for record in batch], np.int64)
            statistics.add(batch_of(batch), text_bytes=sizes)
        return statistics

    def files(statistics, name):
        folder = Folder(tmp_path_factory.getbasetemp() / "batches" / name)
        return [file.digest for file in statistics.write(folder, "part")]

    edges = [0, *sorted(cut for cut in cuts if cut < len(found)), len(found)]
    batches = [found[low:high] for low, high in itertools.pairwise(edges)]
    random.shuffle(batches)
    whole = collect([found])
    assert files(collect(batches), "cut") == files(whole, "whole")
    urls = [record[1] for record in found]
    assert whole.totals() == {
        "texts": len(found),
        "urls": sum(url not in (None, "", "/y") for url in urls),
    }


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 9)), max_size=30), st.randoms())
def test_counts_by_name_add_in_any_order_and_grouping(rows, random):
    expected = Counter()
    for name, size in rows:
        expected[name] += size
    merged = NameCounts(("documents", "text_bytes"))
    random.shuffle(rows)
    for half in (rows[::2], rows[1::2]):
        counts = NameCounts(("documents", "text_bytes"))
        for name, size in half:
            counts.add(pa.array([name]), documents=pa.array([1]), text_bytes=pa.array([size]))
        merged.add_table(counts.table())
    table = merged.table().to_pylist()
    assert [row["name"] for row in table] == sorted({name for name, _ in rows})
    assert {row["name"]: row["text_bytes"] for row in table if row["text_bytes"]} == dict(+expected)
    assert sum(row["documents"] for row in table) == len(rows)


def test_sums_by_name_are_made_before_rows_pile_up():
    counts = NameCounts(("documents",))
    names = pa.array([str(number % 10) for number in range(10_000)])
    for _ in range(30):
        counts.add(names, documents=pa.array(np.ones(10_000, np.int64)))
        assert counts._num_waiting < 1 << 16
    assert counts.table().column("documents").to_pylist() == [30_000] * 10


def test_top_level_domains_are_last_labels_and_addresses_are_apart():
    domains = [
        "a.example.co.uk",
        "localhost",
        "192.0.2.1",
        "[2001:db8::1]",
        "xn--p1ai",
        "4chan.org",
    ]
    expected = ["uk", "localhost", "IP address", "IP address", "xn--p1ai", "org"]
    assert top_level_domains(pa.array(domains)).to_pylist() == expected


def test_what_names_no_host_is_no_domain():
    hosts = {
        "https://WWW.Example.com.:443/a": "example.com",
        "http://user:word@a_b.example/": "a_b.example",
        "https://\u65e5\u672c\u8a9e.jp/": "xn--wgv71a119e.jp",
        "https://[2001:db8::1]:80/x": "[2001:db8::1]",
        f"https://{'a' * 63}.com/": "a" * 63 + ".com",
        **dict.fromkeys(
            [
                *("javascript:void(0)", "Some title", "address", "http://localhost/", "1.2", ""),
                *("https://<b>.com/", "https://a..b/", "https://ex\u202eample.com/", "\0.com"),
                *(f"https://{'a' * 64}.com/", f"https://{'a.' * 500_000}com/", "https://[]/"),
            ],
            "",
        ),
    }
    found = domains_of(Urls(pa.array(list(hosts), pa.string())))
    assert dict(zip(hosts, found.to_pylist(), strict=True)) == hosts


def test_statements_of_licences_without_end_are_kept_by_class():
    # Of 1,010 statements those of the most tokens, 10 and up, are kept: 0 to 9 have two classes.
    kinds = ("CC-BY-4.0, by author {}", "Mine, says author {}")
    counts = NameCounts(("documents", "text_bytes", "tokens"))
    names = pa.array([kinds[number % 2].format(number) for number in range(1010)])
    ones = pa.array(np.ones(1010, np.int64))
    counts.add(names, documents=ones, text_bytes=ones, tokens=pa.array(np.arange(1010)))
    rows = _licenses("web", counts.table())
    assert {row.license for row in rows[:1000]} == set(names.to_pylist()[10:])
    others = [(row.license_class, row.documents, row.tokens) for row in rows[1000:]]
    # 0 + 2 + 4 + 6 + 8 tokens and 1 + 3 + 5 + 7 + 9.
    assert others == [("attribution", 5, 20), ("other", 5, 25)]


def test_of_a_licence_that_is_a_book_the_beginning_is_counted():
    statistics = Statistics(("text_bytes",))
    texts = pa.array(["hay", "bale"], pa.large_string())
    columns = {
        "text": texts,
        "url": pa.nulls(2, pa.string()),
        "license": pa.array(["l" * 9999] * 2),
    }
    statistics.add(pa.RecordBatch.from_pydict(columns), text_bytes=np.array([3, 4]))
    assert statistics.licenses.table().to_pylist() == [
        {"name": "l" * 300, "documents": 2, "text_bytes": 7}
    ]

"""Deduplicate, beside what is known of its input."""

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.transforms.window import FixedWindows

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.verify import jaccard
from haybale.pipeline.transforms import Deduplicate, FromDocuments, ToDocuments
from haybale.pipeline.transforms.deduplication import blocks, choice, comparison


@pytest.fixture
def deduplicate(run, rows):
    """Names of the records kept, and of those removed: survivor, similarity and method."""

    def deduplicate(records, preset="gopher", **settings):
        def graph(root):
            documents = root | beam.Create(records) | ToDocuments(id_field="id")
            found = documents | Deduplicate(preset, **settings)
            everyone = documents | "Names" >> FromDocuments()
            kept = found.kept | FromDocuments()
            return {"kept": kept, "removed": found.removed, "everyone": everyone}

        out = run(graph)
        names = {row["doc_id"]: row["id"] for row in out["everyone"]}
        removed = [
            (names[row["removed"].hex()], names[row["survivor"].hex()], *list(row.values())[2:])
            for row in rows(out["removed"])
        ]
        return sorted(row["id"] for row in out["kept"]), sorted(removed), out["counters"]

    return deduplicate


def numbered(*texts, **fields):
    return [{"id": number, "text": text, **fields} for number, text in enumerate(texts)]


def test_an_exact_copy_goes_for_the_other_and_a_stranger_stays(deduplicate, prose):
    kept, removed, counters = deduplicate(numbered(prose(1), prose(1), prose(2)))
    ((gone, survivor, similarity, method),) = removed
    assert {gone, survivor} == {0, 1}
    assert (similarity, method) == (1.0, "exact/text@1")
    assert kept == [survivor, 2]
    assert counters["duplicates/kept"] == 2
    assert counters["duplicates/removed/exact/text@1"] == 1


@pytest.mark.slow
def test_a_near_duplicate_goes_with_the_similarity_of_its_shingles(deduplicate, prose):
    # 120 words: 108 shingles of 13. Another last word changes one: 107 of 109 are shared.
    text = prose(1, 120)
    other = text.rsplit(" ", 1)[0] + " zebra"
    _, removed, _ = deduplicate(numbered(text, other, prose(2)))
    ((gone, survivor, similarity, method),) = removed
    assert {gone, survivor} == {0, 1}
    assert (similarity, method) == (107 / 109, "minhash/jaccard@1")


@pytest.mark.slow
def test_a_pair_at_the_threshold_stays_and_one_above_goes(deduplicate):
    # Texts of single-word shingles: 4 of 5 shared is 0.8, no more; 5 of 6 is above.
    settings = {"shingle_length": 1, "num_bands": 64, "band_rows": 1}
    at = numbered("one two three four", "one two three four five")
    above = numbered("one two three four five", "one two three four five six")
    assert deduplicate(at, **settings)[1] == []
    ((_, _, similarity, _),) = deduplicate(above, **settings)[1]
    assert similarity == 5 / 6


@pytest.mark.slow
def test_a_chain_removes_only_who_resembles_a_survivor(deduplicate):
    # By single words: a-b and b-c share 9 of 10 each, a-c 8 of 10. The longest survives: b, which
    # both others resemble. Then a and c, alike to b, go, though they are not alike to each other.
    words = ["v", "w", "x", "y", "z", "l", "m", "n", "o", "p"]
    b = " ".join(words)
    a, c = " ".join(words[1:]), " ".join(words[:-1])
    settings = {"shingle_length": 1, "num_bands": 64, "band_rows": 1, "keep": ["longest"]}
    kept, removed, _ = deduplicate(numbered(a, b, c), **settings)
    assert kept == [1]
    assert [(gone, survivor, similarity) for gone, survivor, similarity, _ in removed] == [
        (0, 1, 0.9),
        (2, 1, 0.9),
    ]


def test_who_went_for_one_that_went_too_names_the_survivor_at_the_end(deduplicate, prose):
    # 0 and 1 are the same; 2 is longer and resembles them, so it survives both.
    text = prose(1, 120)
    longer = f"{text} zebra"
    kept, removed, _ = deduplicate(numbered(text, text, longer), keep=["longest"])
    assert kept == [2]
    # 108 shingles and 109 of them: 108 / 109, for both.
    assert [(gone, survivor) for gone, survivor, *_ in removed] == [(0, 2), (1, 2)]
    assert {(similarity, method) for *_, similarity, method in removed} == {
        (108 / 109, "minhash/jaccard@1")
    }


@pytest.mark.slow
def test_a_shared_url_is_a_duplicate_of_unknown_similarity(deduplicate, prose):
    records = [
        {"id": 0, "text": prose(1), "url": "http://a.org/x?q=1"},
        {"id": 1, "text": prose(2), "url": "https://a.org:443/x?q=1#top"},
        {"id": 2, "text": prose(3), "url": "https://a.org/x?q=2"},
        {"id": 3, "text": prose(4)},
        {"id": 4, "text": prose(5)},
    ]
    kept, removed, _ = deduplicate(records, exact=["url"], near=False)
    ((gone, survivor, similarity, method),) = removed
    assert {gone, survivor} == {0, 1}
    assert (similarity, method) == (None, "exact/url@1")
    assert len(kept) == 4


@pytest.mark.slow
def test_normalised_texts_are_equal_whatever_case_and_punctuation(deduplicate):
    kept, removed, _ = deduplicate(
        numbered("A bale of hay.", "a bale, of HAY", "a bale of straw"),
        exact=["normalised"],
        near=False,
    )
    assert len(kept) == 2
    assert removed[0][2:] == (1.0, "exact/normalised@1")


@pytest.mark.slow
def test_scope_subset_compares_within_subsets_only(run, rows, prose):
    def graph(root):
        text = prose(1)
        documents = [
            root | f"Create {name}" >> beam.Create(texts) | f"To {name}" >> ToDocuments(name)
            for name, texts in (("web", [text, text + " x"]), ("books", [text]))
        ]
        both = tuple(documents) | beam.Flatten()
        found = {"subset": both | "Within" >> Deduplicate(scope="subset")}
        found["global"] = both | "All" >> Deduplicate()
        return {name: each.kept for name, each in found.items()}

    out = run(graph)
    assert sorted(row["subset"] for row in rows(out["subset"])) == ["books", "web"]
    assert len(rows(out["global"])) == 1


@pytest.mark.slow
def test_priority_decides_before_anything_else(run, rows, prose):
    def graph(root):
        documents = [
            root | f"Create {name}" >> beam.Create([text]) | f"To {name}" >> ToDocuments(name)
            for name, text in (("web", prose(1) + " longer"), ("books", prose(1)))
        ]
        both = tuple(documents) | beam.Flatten()
        settings = {"keep": ["priority"], "priority": ["books"]}
        return {"kept": (both | Deduplicate(**settings)).kept}

    assert [row["subset"] for row in rows(run(graph)["kept"])] == ["books"]


@pytest.mark.slow
def test_estimated_similarities_are_marked_as_such(deduplicate, prose):
    text = prose(1, 400)
    kept, removed, _ = deduplicate(numbered(text, text + " x", prose(2)), verify="estimate")
    assert len(kept) == 2
    assert removed[0][3] == "minhash/estimate@1"


@pytest.mark.slow
def test_long_signatures_find_the_same_pair(deduplicate, prose):
    kept, _, _ = deduplicate(numbered(prose(1), prose(1) + " x"), preset="refinedweb")
    assert len(kept) == 1


def test_records_equal_in_every_field_share_an_id_and_one_of_them_stays(run, rows, prose):
    records = [{"text": prose(1), "url": "a"}] * 3 + [{"text": prose(1), "url": "b"}]

    def graph(root):
        found = root | beam.Create(records) | ToDocuments() | Deduplicate()
        return {"kept": found.kept | FromDocuments(), "removed": found.removed}

    out = run(graph)
    (kept,) = out["kept"]
    removed = rows(out["removed"])
    assert len(removed) == 3
    assert {row["survivor"].hex() for row in removed} == {kept["doc_id"]}


@pytest.mark.slow
def test_a_copy_by_id_whose_document_went_names_who_stands_for_it(run, rows, prose):
    text = prose(1, 120)
    records = [text, text, f"{text} zebra"]

    def graph(root):
        found = root | beam.Create(records) | ToDocuments() | Deduplicate(keep=["longest"])
        return {"kept": found.kept | FromDocuments(), "removed": found.removed}

    out = run(graph)
    (kept,) = out["kept"]
    assert kept["text"].endswith("zebra")
    assert [(row["survivor"].hex(), row["similarity"]) for row in rows(out["removed"])] == [
        (kept["doc_id"], 108 / 109)
    ] * 2


@pytest.mark.slow
def test_two_different_documents_of_one_id_are_an_error(deduplicate, prose):
    with pytest.raises(Exception, match="two documents that are not the same have the id"):
        deduplicate([{"id": 7, "text": prose(1)}, {"id": 7, "text": prose(2)}])


@pytest.mark.slow
def test_more_pairs_than_one_worker_holds_are_an_error(deduplicate, prose, monkeypatch):
    monkeypatch.setattr(choice, "MAX_VERIFIED_PAIRS", 2)
    texts = [prose(1) + f" {number}" for number in range(3)]  # three pairs
    with pytest.raises(Exception, match="more than 2 pairs of near-duplicates"):
        deduplicate(numbered(*texts))


def test_nothing_in_gives_nothing_out(run):
    def graph(root):
        found = root | beam.Create([]) | ToDocuments() | Deduplicate()
        return {"kept": found.kept, "removed": found.removed}

    out = run(graph)
    assert out["kept"] == out["removed"] == []


@pytest.mark.slow
def test_columns_of_the_users_own_pass_through(run, rows, batches_of):
    batch = pa.RecordBatch.from_pydict(
        {
            "doc_id": pa.array([b"a" * 16, b"b" * 16, b"c" * 16], pa.binary(16)),
            "text": ["one", "one", "two"],
            "mine": [[1], [2], [3]],
        }
    )

    def graph(root):
        return {"kept": (root | batches_of([batch]) | Deduplicate()).kept}

    assert [row["mine"] for row in rows(run(graph)["kept"])] == [[1], [3]]


@pytest.mark.parametrize("nested", [False, True])
def test_which_of_an_id_stays_does_not_depend_on_what_stands_beside_it(
    run, rows, batches_of, nested
):
    # The user's column is encoded by dictionary, and each batch has a dictionary of its own.
    kind = pa.dictionary(pa.int8(), pa.string())
    kind = pa.list_(kind) if nested else kind

    def batch(*mine):
        values = [[each] for each in mine] if nested else list(mine)
        ids = [b"a" * 16, *(bytes([each]) * 16 for each in range(1, len(mine)))]
        columns = {
            "doc_id": pa.array(ids, pa.binary(16)),
            "text": ["one", *(f"{ids[0]}{each} {mine[0]}" for each in range(1, len(mine)))],
            "mine": pa.array(values, kind),
        }
        return pa.RecordBatch.from_pydict(columns)

    def kept(*batches):
        found = run(lambda root: {"kept": (root | batches_of(batches) | Deduplicate()).kept})
        return [row["mine"] for row in rows(found["kept"]) if row["doc_id"] == b"a" * 16]

    beside = [f"another {number}" for number in range(40)]
    alone = kept(batch("m"), batch("n"))
    assert len(alone) == 1
    assert kept(batch("m", *beside), batch("n")) == alone
    assert kept(batch("m"), batch("n", *beside)) == alone


def test_a_cluster_of_any_size_is_compared_in_blocks_of_bounded_size(
    deduplicate, prose, monkeypatch
):
    # Another last word changes 1 of 48 shingles: 47 of 49 are shared, by each of 2,000 copies with
    # each other, and all stand in the same large buckets.
    text = prose(1, 60).rsplit(" ", 1)[0]
    records = numbered(*(f"{text} word{number}" for number in range(2000)))
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1 << 18)
    sizes, counts = [], []

    def noted(sets, left, right):
        sizes.append(sum(each.nbytes for each in sets))
        counts.append(len(sets))
        return jaccard(sets, left, right)

    monkeypatch.setattr(comparison, "jaccard", noted)
    kept, removed, _ = deduplicate(records)
    assert len(kept) == 1
    assert {(survivor, similarity) for _, survivor, similarity, _ in removed} == {
        (kept[0], 47 / 49)
    }
    # 48 shingles of 8 bytes, and 512 for rows: 896 bytes, of which 7 blocks are cut.
    assert len(sizes) >= 7
    assert max(sizes) <= 2 * (1 << 18)
    # One that all are compared with is in all groups; the others are in one or two.
    assert sum(counts) < 2 * len(records)


@pytest.mark.parametrize(
    ("preset", "settings", "message"),
    [
        ("gophr", {}, "expected one of 'gopher', 'fineweb'"),
        ("gopher", {"treshold": 0.7}, "unknown key 'treshold'; did you mean 'threshold'"),
        ("gopher", {"threshold": 2.0}, "threshold: expected a number in"),
        ("gopher", {"scope": "snapshot"}, 'scope = "subset"'),
        ("gopher", {"against": ["x"]}, "use haybale build"),
        ("gopher", {"score": "x", "keep": ["score"]}, "no classifiers here"),
        ("gopher", {"split_margin": 0.2}, "nothing is split"),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_graph(preset, settings, message):
    with pytest.raises(RecipeError, match=message):
        Deduplicate(preset, **settings)


def test_an_unbounded_or_windowed_collection_is_refused():
    root = beam.Pipeline(runner="FnApiRunner")
    documents = root | beam.Create(["x"]) | ToDocuments()
    windows = documents | beam.WindowInto(FixedWindows(60))
    with pytest.raises(RecipeError, match="one window for all documents, found FixedWindows"):
        windows | Deduplicate()
    documents.is_bounded = False
    with pytest.raises(RecipeError, match="found an unbounded one"):
        documents | "Again" >> Deduplicate()

"""The card of a corpus of which everything was known before: each number as it was planted.

Expected values are sums over `planted_sources.RECORDS`, which are planted with their fates.
"""

import json
from collections import Counter

import pyarrow.parquet as parquet
import pytest
import sentencepiece
from planted_sources import (
    CLUSTERS,
    EMPTY,
    EXACT,
    NEAR,
    NUM_FILES,
    QUIZ,
    RECORDS,
    STOPS,
    TOKENS,
    UNREADABLE,
    WORD_COUNT,
    given_model,
)

from haybale.cards.card import Card
from haybale.cards.check.check import check_card
from haybale.corpus.storage import Folder

KEPT = [record for record in RECORDS if not record.fate]
DROPPED = [record for record in RECORDS if record.by_ingest]
REMOVED = [record for record in RECORDS if record.fate and not record.by_ingest]
PERSONAL = ("email", "phone", "ip", "card")


@pytest.fixture(scope="module")
def card(planted):
    return Card(json.loads((planted / "card/card.json").read_text()))


@pytest.fixture(scope="module")
def num_tokens():
    """Tokens of a document as SentencePiece itself has them, and the one that ends it."""
    model = sentencepiece.SentencePieceProcessor(model_proto=given_model())
    return lambda text: len(model.encode(text)) + 1


def num_bytes(text):
    return len(text.encode())


def table(card, measure, *labels):
    """Values by labels, without zeros."""
    facts = card.table(measure, *labels)
    assert all(fact.how == "exact" for fact in facts.values())
    return {key: fact.value for key, fact in facts.items() if fact.value}


def sums(records, *labels, amount=lambda record: 1):
    """Amounts by attributes of the records, without zeros."""
    total = Counter()
    for record in records:
        total[tuple(getattr(record, label) for label in labels)] += amount(record)
    return {key: value for key, value in total.items() if value}


def by_subset(records, amount=lambda record: 1):
    """In all, and of each subset."""
    return {(): sums(records, amount=amount), ("subset",): sums(records, "subset", amount=amount)}


def assert_tables(card, measure, expected):
    for labels, values in expected.items():
        assert table(card, measure, *labels) == values, (measure, labels)


def test_what_is_in_the_corpus(card, num_tokens):
    assert_tables(card, "corpus.documents", by_subset(KEPT))
    as_masked = by_subset(KEPT, lambda record: num_bytes(record.masked))
    assert_tables(card, "corpus.text_bytes", as_masked)
    assert_tables(card, "corpus.tokens", by_subset(KEPT, lambda record: num_tokens(record.masked)))


def test_what_was_read_and_what_no_rule_dropped(card):
    read = by_subset(RECORDS)
    for key in ((), ("web",)):
        read[("subset",) if key else ()][key] += len(UNREADABLE)
    assert_tables(card, "ingest.read.documents", read)
    in_bytes = by_subset(RECORDS, lambda record: num_bytes(record.text))
    assert_tables(card, "ingest.read.text_bytes", in_bytes)
    stayed = [record for record in RECORDS if not record.by_ingest]
    assert_tables(card, "ingest.kept.documents", by_subset(stayed))
    assert table(card, "unreadable.records", "subset", "rule") == {
        ("web", reason): 1 for reason in UNREADABLE
    }
    assert table(card, "unreadable.source_bytes", "subset", "rule") == {
        ("web", reason): len(line) for reason, line in UNREADABLE.items()
    }


@pytest.mark.parametrize("labels", [(), ("subset",), ("language",)])
@pytest.mark.parametrize(
    ("measure", "gone"), [("attrition.dropped", DROPPED), ("attrition.removed", REMOVED)]
)
def test_what_each_rule_took_out(card, measure, gone, labels):
    found = table(card, f"{measure}.documents", *labels, "rule")
    assert found == sums(gone, *labels, "fate")
    assert len(found) >= 3
    # Ingest weighs texts as they were read, later stages as they came to them.
    weight = (
        (lambda one: num_bytes(one.text)) if gone is DROPPED else lambda one: num_bytes(one.masked)
    )
    in_bytes = sums(gone, *labels, "fate", amount=weight)
    assert table(card, f"{measure}.text_bytes", *labels, "rule") == in_bytes


def test_what_each_rule_would_drop_alone(card):
    alone = Counter(rule for record in RECORDS for rule in record.hits)
    assert table(card, "attrition.hit.documents", "rule") == {(r,): n for r, n in alone.items()}
    # Stop words are never the first reason: both texts without them are short too.
    assert (alone[STOPS], card.value("attrition.dropped.documents", rule=STOPS)) == (2, 0)
    assert alone[WORD_COUNT] == card.value("attrition.dropped.documents", rule=WORD_COUNT) + 1
    assert card.value("attrition.dropped.documents", rule=EMPTY) == 1


def test_what_was_left_after_each_stage(card):
    left = list(RECORDS)
    for stage, rules in (
        ("ingest", {record.fate for record in DROPPED}),
        ("deduplicate", {EXACT, NEAR}),
        ("decontaminate", {QUIZ}),
        ("tokenize", set()),
    ):
        left = [record for record in left if record.fate not in rules]
        expected = {(*key, stage): value for key, value in sums(left, "subset").items()}
        found = table(card, "attrition.left.documents", "subset", "stage")
        assert {key: value for key, value in found.items() if key[1] == stage} == expected
        assert card.value("attrition.left.documents", stage=stage) == len(left)


def test_tokens_of_what_was_removed_are_exact_or_their_interval_holds_the_truth(card, num_tokens):
    hows = Counter()
    for outcome, gone in (("dropped", DROPPED), ("removed", REMOVED)):
        truth = sums(gone, "fate", amount=lambda record: num_tokens(record.masked))
        facts = card.table(f"attrition.{outcome}.tokens", "rule")
        assert facts.keys() == truth.keys()
        for key, fact in facts.items():
            hows[fact.how] += 1
            if fact.how == "exact":
                assert fact.value == truth[key], key
            elif fact.how == "sample":
                assert fact.interval[0] <= truth[key] <= fact.interval[1]
    # Every text is short enough to be tokenized whole; of one rule not all documents were drawn.
    assert hows == {"exact": 7, "sample": 1}


@pytest.mark.parametrize("kind", PERSONAL)
def test_personal_data_found_kept_and_masked(card, kind):
    what = f"personal_data/{kind}@1"
    finders = [record for record in RECORDS if record.finds.get(kind)]
    kept = [record for record in finders if not record.by_ingest]
    found = {
        "documents": finders,
        "items": [record for record in finders for _ in range(record.finds[kind])],
        "kept": kept,
    }
    for measure, records in found.items():
        assert card.find(f"people.{measure}", what=what).value == len(records)
        subsets = {
            key[0]: fact.value
            for key, fact in card.table(f"people.{measure}", "subset", "what").items()
            if key[1] == what
        }
        assert (
            subsets == {key: value for (key,), value in sums(records, "subset").items()}
            or not records
        )
    masked = sum(record.finds[kind] for record in kept if record.subset == "web")
    original, token = TOKENS.get(kind, ("", ""))
    assert card.value("people.masked_bytes", what=what) == masked * len(original)
    assert card.value("people.inserted_bytes", what=what) == masked * len(token)
    assert card.value("people.searched") == len(RECORDS)


def test_masked_finds_stand_nowhere_in_the_card(planted):
    for path in [planted / "README.md", *(planted / "card").rglob("*.*")]:
        for found, _ in TOKENS.values():
            assert found.encode() not in path.read_bytes(), path.name


def test_languages(card, num_tokens):
    assert table(card, "language.documents", "language") == sums(KEPT, "language")
    tokens = sums(KEPT, "language", amount=lambda record: num_tokens(record.masked))
    assert table(card, "language.tokens", "language") == tokens
    assert card.value("languages.found") == 4


def test_web_domains(card):
    named = {"https://www.big.org/": "big.org", "https://blog.mid.net/": "blog.mid.net"}
    text_bytes, documents = Counter(), Counter()
    for record in KEPT:
        if record.url:
            domain = named[record.url.rpartition("/")[0] + "/"]
            documents[domain] += 1
            text_bytes[domain] += num_bytes(record.masked)
    assert documents == {"big.org": 32, "blog.mid.net": 5}
    # Of 5 documents, blog.mid.net is too small to be named.
    assert table(card, "domain.documents", "domain") == {("big.org",): 32}
    assert table(card, "domain.documents", "top_level_domain") == {("org",): 32, ("net",): 5}
    assert table(card, "domain.text_bytes", "top_level_domain") == {
        ("org",): text_bytes["big.org"],
        ("net",): text_bytes["blog.mid.net"],
    }
    assert card.value("domains.without_url.documents") == len(KEPT) - 37
    first, both = text_bytes["big.org"], sum(text_bytes.values())
    assert card.value("domains.curve") == {"points": [[1, first], [2, both]]}
    assert card.value("domains.top_tenth_share") == round(first / both, 6)  # one of two


def test_licences(card):
    stated = Counter(
        (record.subset, record.license or {"mail": "MIT"}.get(record.subset, "unknown"))
        for record in KEPT
    )
    assert table(card, "license.documents", "subset", "license") == stated
    assert table(card, "license.documents", "license_class") == {
        ("permissive",): stated["mail", "MIT"],
        ("attribution",): stated["web", "cc-by-4.0"],
        ("unknown",): stated["web", "unknown"] + stated["world", "unknown"],
    }


def test_duplicates(card):
    gone = [record for record in RECORDS if record.fate in (EXACT, NEAR)]
    assert card.value("duplicates.documents") == len(gone) == 8
    methods = table(card, "duplicates.documents", "subset", "method")
    assert methods == sums(gone, "subset", "fate")
    sizes = {
        size: fact.value for (size,), fact in card.table("duplicates.cluster_size", "size").items()
    }
    assert sizes == CLUSTERS
    assert card.value("duplicates.clusters") == 4
    # Three near-duplicates were removed, and all of them are.
    precision = card.find("duplicates.precision")
    assert (precision.value, precision.n) == (1, 3)


def test_distinct_texts_and_urls_are_within_their_bounds(card):
    for state, records in (("read", RECORDS), ("corpus", KEPT)):
        for what, values in (
            ("texts", [record.text for record in records]),
            ("urls", [record.url for record in records if record.url]),
        ):
            fact = card.find(f"distinct.{what}", state=state)
            assert (fact.how, fact.n) == ("sketch", len(values))
            assert fact.interval[0] <= len(set(values)) <= fact.interval[1]


@pytest.mark.parametrize("subset", [None, *NUM_FILES])
def test_lengths(card, num_tokens, subset):
    def ours(records):
        return [record for record in records if subset in (None, record.subset)]

    for quantity, state, lengths in (
        ("text_bytes", "read", [num_bytes(record.text) for record in ours(RECORDS)]),
        ("text_bytes", "corpus", [num_bytes(record.masked) for record in ours(KEPT)]),
        ("tokens", "corpus", [num_tokens(record.masked) for record in ours(KEPT)]),
    ):
        of = {"state": state} | ({"subset": subset} if subset else {})
        buckets = card.value(f"lengths.{quantity}", **of)["buckets"]
        assert sum(count for _, _, count in buckets) == len(lengths)
        for low, high, count in buckets:
            assert sum(low <= length < high for length in lengths) == count
        mean = card.value(f"lengths.{quantity}.mean", **of)
        assert mean == pytest.approx(sum(lengths) / len(lengths), abs=0.06)
        # The smallest that half of the documents are not above, and 99 of 100.
        for name, rank in (
            ("median", -(-len(lengths) // 2)),
            ("p99", -(-len(lengths) * 99 // 100)),
        ):
            fact = card.find(f"lengths.{quantity}.{name}", **of)
            low, high = fact.interval or (fact.value, fact.value)
            assert low <= sorted(lengths)[rank - 1] <= high


def test_contamination(card):
    # quiz: one item stands whole in two documents, of another a part in one, one nowhere, and one
    # is too short to be looked for. exam: its item stands in one, and a report changes nothing.
    expected = {
        "items": (4, 1),
        "items_not_searched": (1, 0),
        "items_found": (2, 1),
        "items_contaminated": (1, 1),
        "documents_contaminated": (2, 1),
        "documents_dropped": (2, 0),
        "documents_cut": (0, 0),
        "documents_left": (0, 1),
    }
    for measure, values in expected.items():
        found = tuple(
            card.find(f"contamination.{measure}", set=name).value for name in ("quiz", "exam")
        )
        assert found == values, measure


def test_epochs_of_the_run_and_what_they_are_worth(card):
    # The run is of 1,000,000 tokens, weighted 3 : 1 : 1.
    for subset, share in (("web", 0.6), ("mail", 0.2), ("world", 0.2)):
        have = card.value("corpus.tokens", split="train", subset=subset)
        assert card.value("mixture.weight", subset=subset) == share
        assert card.value("mixture.run.tokens", subset=subset) == 1_000_000 * share
        epochs = card.value("mixture.run.epochs", subset=subset)
        assert epochs == pytest.approx(1_000_000 * share / have, abs=6e-5)


def test_the_lists_of_ids_name_every_record_with_its_fate(planted):
    # Of alike texts any may stay, so records are told by their texts. Unreadable ones come last.
    records = {
        (subset, f"{place}.jsonl", number): json.loads(line)["text"]
        for subset, files in NUM_FILES.items()
        for place in range(files)
        for number, line in enumerate(
            (planted.parent / subset / f"{place}.jsonl").read_text(errors="replace").splitlines()
        )
        if line.startswith('{"text": "') and "\ufffd" not in line
    }
    named = Counter()
    for name in ("kept", "removed"):
        for row in parquet.read_table(planted / f"card/ids/{name}.parquet").to_pylist():
            text = records[row["subset"], row["file"], row["record"]]
            named[text, row.get("rule", "")] += 1
    assert named == Counter((record.text, record.fate) for record in RECORDS)


def test_the_card_checks_out(planted):
    assert list(check_card(Folder(str(planted)), card_only=False)) == []

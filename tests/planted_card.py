"""A corpus planted by hand, for tests of its card: small enough to add up in the head."""

from haybale.cards.card import Card
from haybale.cards.declaration import CardDeclaration
from haybale.cards.facts import build_facts
from haybale.cards.inputs import CardInputs
from haybale.cards.measured import (
    Distinct,
    DomainCounts,
    Domains,
    LengthCounts,
    LicenseCounts,
    Measured,
)
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.shards import TokenFormat

# web reads 100, drops 30 (20 by word count, 10 by lines; 25 would fail word count), loses 5
# unreadable; 65 kept, 15 removed, 50 left with 500 tokens of 2,000 bytes.
ENTRIES = (
    ("ingest", "read", Amount(85, 9100), "en", ""),
    ("ingest", "read", Amount(10, 400), "fr", ""),
    ("ingest", "read", Amount(5), "", ""),
    ("ingest", "kept", Amount(55, 2200), "en", ""),
    ("ingest", "kept", Amount(10, 400), "fr", ""),
    ("ingest", "dropped", Amount(20, 6000), "en", "gopher/word_count@1"),
    ("ingest", "dropped", Amount(10, 900), "en", "gopher/duplicate_line_fraction@1"),
    ("ingest", "hit", Amount(25, 6300), "en", "gopher/word_count@1"),
    ("ingest", "hit", Amount(10, 900), "en", "gopher/duplicate_line_fraction@1"),
    ("ingest", "unreadable", Amount(5, 77), "", "not_json"),
    ("ingest", "found", Amount(8, 400, items=11), "en", "personal_data/email@1"),
    ("ingest", "found_kept", Amount(3, 120, items=4), "en", "personal_data/email@1"),
    ("deduplicate", "kept", Amount(40, 1600), "en", ""),
    ("deduplicate", "kept", Amount(10, 400), "fr", ""),
    ("deduplicate", "removed", Amount(15, 600), "en", "exact/text@1"),
    ("tokenize", "kept", Amount(40, 1600, 380), "en", ""),
    ("tokenize", "kept", Amount(10, 400, 120), "fr", ""),
)

# 95 readable documents of 100 bytes (bucket 82: 100 and 101); 50 of the corpus of 40 bytes and 10
# tokens, sizes below 64 being their own buckets.
LENGTHS = (
    LengthCounts("text_bytes", "read", "web", {82: 95}),
    LengthCounts("text_bytes", "corpus", "web", {40: 50}),
    LengthCounts("tokens", "corpus", "web", {10: 50}),
)
LICENSES = (
    LicenseCounts("web", "", 20, 800, 200),
    LicenseCounts("web", "CC BY-SA 4.0", 18, 720, 180),
    LicenseCounts("web", "https://creativecommons.org/licenses/by-sa/3.0/", 2, 80, 20),
    LicenseCounts("web", "MIT", 10, 400, 100),
)
# 45 documents have a URL; the largest of 3 domains has 31 of them, 1,240 of 1,800 bytes.
DOMAINS = Domains(
    num_read=4,
    num=3,
    documents_without=5,
    top=(
        DomainCounts("big.org", 40, 31, 1240, 310),
        DomainCounts("mid.org", 20, 13, 520, 130),
        DomainCounts("alice.net", 2, 1, 40, 10),
    ),
    groups=(DomainCounts("org", 60, 44, 1760, 440), DomainCounts("net", 3, 1, 40, 10)),
    curve=((1, 1240), (2, 1760), (3, 1800)),
)
DISTINCT = (
    Distinct("urls", "corpus", "", 45, 44, 46, 45),
    Distinct("texts", "read", "", 80, 78, 82, 95),
)
SAMPLES = (
    {
        "state": "removed",
        "stage": "ingest",
        "rule": "gopher/word_count@1",
        "subset": "web",
        "language": "en",
        "doc_id": "0a",
        "value": 7.0,
        "excerpt": "too short",
    },
    {
        "state": "kept",
        "stage": "tokenize",
        "rule": "",
        "subset": "web",
        "language": "en",
        "doc_id": "0b",
        "value": None,
        "excerpt": "long enough",
    },
)


def ledger_of(entries):
    """A ledger of rows as in ENTRIES, all of subset web."""
    ledger = Ledger()
    for stage, outcome, amount, language, rule in entries:
        ledger.add(stage, "web", outcome, amount, language=language, rule=rule)
    return ledger


def measured(**changes):
    """What the stages measured of the planted corpus."""
    values = {
        "lengths": LENGTHS,
        "licenses": LICENSES,
        "domains": DOMAINS,
        "distinct": DISTINCT,
    }
    return Measured(**{**values, **changes})


def inputs(entries=(), **changes):
    """The planted corpus, with further ledger rows or other inputs."""
    values = {
        "name": "planted",
        "recipe": {"name": "planted", "dedup": {}, "subsets": [{"name": "web", "paths": ["a"]}]},
        "ledger": ledger_of([*ENTRIES, *entries]),
        "totals": {
            "train": {"web": {"documents": 45, "text_bytes": 1800, "tokens": 450, "shards": 1}},
            "validation": {"web": {"documents": 5, "text_bytes": 200, "tokens": 50, "shards": 1}},
        },
        "weights": {"web": 1.0},
        "tokens": TokenFormat("ab", 300, 1, 2, 0),
        "tokenizer_kind": "unigram",
        "lineage": {
            "inputs": {"web": [{"name": "a.jsonl", "bytes": 12345, "digest": "cd"}]},
            "models": {"language": "ef"},
            "versions": {"haybale": "0"},
        },
        "clusters": {2: 9, 4: 2},
        "pairs": {"candidate_pairs": 40, "verified_pairs": 12, "limited_buckets": 0},
        "samples": SAMPLES,
        "declared": CardDeclaration(),
        "measured": measured(),
    }
    return CardInputs(**{**values, **changes})


def card(**changes):
    """The card of the planted corpus, as it is read from `card.json`."""
    return Card(build_facts(inputs(**changes)))

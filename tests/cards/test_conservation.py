from dataclasses import replace

import pytest
from planted_card import DOMAINS, LENGTHS, LICENSES, inputs, measured

from haybale.cards.conservation import check_inputs
from haybale.cards.facts import build_facts
from haybale.cards.measured import LengthCounts, LicenseCounts
from haybale.corpus.errors import HaybaleError
from haybale.corpus.ledger import Amount


def test_the_planted_corpus_adds_up():
    check_inputs(inputs())


def test_a_ledger_that_does_not_add_up_gives_no_card():
    with pytest.raises(HaybaleError, match="101 documents read, but 100"):
        build_facts(inputs([("ingest", "read", Amount(1), "en", "")]))


def planted(**changes):
    return inputs(measured=measured(**changes))


def totals(**changes):
    train = {"documents": 50, "text_bytes": 2000, "tokens": 500, "shards": 1, **changes}
    return {"train": {"web": train}}


ITEMS = {
    "items": 10,
    "items_not_searched": 1,
    "items_found": 6,
    "items_contaminated": 2,
    "documents_contaminated": 2,
}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            # The subset's sums close, the language's do not.
            inputs(
                [("ingest", "kept", Amount(-1), "en", ""), ("ingest", "kept", Amount(1), "de", "")]
            ),
            "0 documents in language de came to ingest, but 1 were decided on",
        ),
        (
            inputs([("ingest", "barely_hit", Amount(26), "en", "gopher/word_count@1")]),
            "26 documents barely_hit by gopher/word_count@1, but 25 hit",
        ),
        (
            inputs(contamination={"gsm8k": {**ITEMS, "items_contaminated": 7}}),
            r"items contaminated, found and looked for of gsm8k are \(7, 6, 9\)",
        ),
        (
            inputs(tokenizer_report={"total": {"tokens": 499}, "subsets": {}}),
            "499 tokens in the tokenizer's report, but 500 tokens of the shards",
        ),
        (
            inputs(totals=totals(tokens=501)),
            "501 tokens of the shards, but 500 tokens tokenized",
        ),
        (
            planted(licenses=(*LICENSES, LicenseCounts("web", "", 1, 0, 0))),
            "51 documents by licence, but 50 documents tokenized",
        ),
        (
            planted(lengths=(LengthCounts("tokens", "corpus", "web", {10: 49}),)),
            r"49 documents by tokens \(corpus\), but 50 documents corpus",
        ),
        (
            planted(lengths=(replace(LENGTHS[0], counts={82: 94}),)),
            r"94 documents by text_bytes \(read\), but 95 documents read",
        ),
        (
            # 50 documents of 11 tokens are 550, not 500.
            planted(lengths=(LengthCounts("tokens", "corpus", "web", {11: 50}),)),
            "500 tokens corpus, but 550 to 550 by length",
        ),
        (
            planted(domains=replace(DOMAINS, documents_without=6)),
            "51 documents by domain and without, but 50 documents tokenized",
        ),
        (
            planted(domains=replace(DOMAINS, curve=((1, 1240), (3, 1801)))),
            "1801 bytes at the curve's end, but 1800 bytes by domain",
        ),
        (
            planted(domains=replace(DOMAINS, curve=((1, 1240), (2, 1200), (3, 1800)))),
            r"\(2, 1200\) of the curve of domains",
        ),
    ],
)
def test_what_was_counted_twice_must_agree(broken, message):
    with pytest.raises(HaybaleError, match=message) as caught:
        build_facts(broken)
    assert "this is a defect of haybale" in str(caught.value)
    assert "\n" not in str(caught.value)

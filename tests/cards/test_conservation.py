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


@pytest.mark.parametrize(
    ("broken", "message"),
    [
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

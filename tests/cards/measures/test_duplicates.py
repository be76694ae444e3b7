from itertools import pairwise

import pytest
from planted_card import inputs
from scipy import stats

from haybale.cards.measured import Measured, PairSample
from haybale.cards.measures import duplicates
from haybale.corpus.ledger import Amount, Ledger


def facts(**changes):
    return {fact.id: fact for fact in duplicates.facts(inputs(**changes))}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("duplicates.documents", 15),
        ("duplicates.text_bytes", 600),
        ("duplicates.documents.subset=web", 15),
        ("duplicates.text_bytes.method=exact/text@1", 600),
        ("duplicates.documents.subset=web.method=exact/text@1", 15),
        ("duplicates.clusters", 11),
        ("duplicates.cluster_size.size=2", 9),
        ("duplicates.cluster_size.size=3-4", 2),
        ("duplicates.cluster_size.size=100+", 0),
        ("duplicates.candidate_pairs", 40),
        ("duplicates.verified_pairs", 12),
        ("duplicates.limited_buckets", 0),
    ],
)
def test_what_was_planted_is_counted_exactly(fact, value):
    found = facts()[fact]
    assert (found.value, found.how) == (value, "exact")


def test_only_what_deduplication_removed_is_a_duplicate():
    ledger = Ledger()
    ledger.add("select", "web", "removed", Amount(7), rule="best@1")
    ledger.add("deduplicate", "web", "removed", Amount(2, 20), rule="exact/url@1")
    found = facts(ledger=ledger)
    assert (
        found["duplicates.documents"].value == found["duplicates.documents.subset=web"].value == 2
    )
    assert "duplicates.documents.method=best@1" not in found


def test_the_cluster_sizes_leave_no_gap():
    bounds = [*duplicates.CLUSTER_SIZES.values()]
    assert bounds[0][0] == 2
    for (_, high), (low, _) in pairwise(bounds):
        assert low == high + 1
    assert bounds[-1][1] is None


def test_precision_has_wilsons_interval():
    fact = facts(measured=Measured(pair_sample=PairSample(200, 190, 0.8)))["duplicates.precision"]
    expected = stats.binomtest(190, 200).proportion_ci(method="wilson")
    assert (fact.value, fact.how, fact.n) == (0.95, "sample", 200)
    assert fact.interval == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert "0.8" in fact.source


@pytest.mark.parametrize("sample", [None, PairSample(0, 0, 0.8)])
def test_precision_is_unknown_where_no_pair_was_compared(sample):
    fact = facts(measured=Measured(pair_sample=sample))["duplicates.precision"]
    assert (fact.value, fact.how) == (None, "not_measured")


def test_an_estimated_similarity_has_its_standard_error():
    assert "duplicates.similarity_standard_error" not in facts()
    found = facts(similarity_error=0.035)["duplicates.similarity_standard_error"]
    assert (found.value, found.how) == (0.035, "derived")


def test_different_texts_are_a_sketch_with_bounds():
    fact = facts()["distinct.texts.state=read"]
    assert (fact.value, fact.how, fact.interval, fact.n) == (80, "sketch", (78, 82), 95)


def test_without_deduplication_there_is_a_gap():
    found = facts(recipe={"name": "planted"}, measured=Measured())
    assert [*found] == ["duplicates.documents", "distinct.texts"]
    assert {fact.how for fact in found.values()} == {"not_measured"}


def test_every_measure_is_explained():
    assert {fact.measure for fact in facts().values()} <= duplicates.MEASURES.keys()

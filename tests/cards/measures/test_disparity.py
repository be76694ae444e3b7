import math

from planted_card import inputs, ledger_of

from haybale.cards.measured import DomainCounts, Domains, Measured
from haybale.cards.measures import disparity
from haybale.corpus.ledger import Amount, Ledger

SHE = "identity/pronoun/she@1"
MUSLIM = "identity/religion/muslim@1"


def facts(*entries, domains=None):
    made = inputs(ledger=ledger_of(entries), measured=Measured(domains=domains))
    return {fact.id: fact for fact in disparity.facts(made)}


def of_language(language, read, dropped, removed):
    """Ledger rows of a language of which so many were read, dropped by ingest, removed later."""
    kept = read - dropped
    return [
        ("ingest", "read", Amount(read), language, ""),
        ("ingest", "dropped", Amount(dropped), language, "r@1"),
        ("ingest", "kept", Amount(kept), language, ""),
        ("deduplicate", "removed", Amount(removed), language, "exact/text@1"),
        ("deduplicate", "kept", Amount(kept - removed), language, ""),
    ]


LANGUAGES = [*of_language("en", 1000, 100, 300), *of_language("de", 400, 100, 60)]


def test_a_language_is_compared_with_all_others():
    fact = facts(*LANGUAGES)["disparity.dropped.language=de"]
    # (100 / 400) / (100 / 1,000) = 2.5; variance 1/100 - 1/400 + 1/100 - 1/1000.
    spread = 1.959964 * math.sqrt(1 / 100 - 1 / 400 + 1 / 100 - 1 / 1000)
    assert fact.value == 2.5
    assert fact.interval == (round(2.5 * math.exp(-spread), 4), round(2.5 * math.exp(spread), 4))
    assert (fact.n, fact.how, fact.stage) == (400, "derived", "ingest")
    assert "Greenland and Robins" in fact.source


def in_subset(subset, language, read, dropped, *more):
    """Ledger rows of another subset: account and amount."""
    return [
        ("ingest", subset, "read", Amount(read), language, ""),
        ("ingest", subset, "dropped", Amount(dropped), language, "r@1"),
        ("ingest", subset, "kept", Amount(read - dropped), language, ""),
        *more,
    ]


def facts_of(rows):
    ledger = Ledger()
    for stage, subset, outcome, amount, language, rule in rows:
        ledger.add(stage, subset, outcome, amount, language=language, rule=rule)
    return {fact.id: fact for fact in disparity.facts(inputs(ledger=ledger))}


TWO_SUBSETS = [
    # Every tenth of web is dropped and nothing of books, whatever its language; English is in web.
    *in_subset("web", "en", 9000, 900),
    *in_subset("web", "de", 1000, 100),
    *in_subset("books", "en", 100, 0),
    *in_subset("books", "de", 9900, 0),
]


def test_a_language_is_compared_within_subsets_alone():
    found = facts_of(TWO_SUBSETS)
    # Over all it would be (900 / 9,100) / (100 / 10,900) = 10.8.
    fact = found["disparity.dropped.language=en"]
    assert fact.value == 1.0
    # Documents of books do not count: nothing of it was dropped.
    assert fact.n == 9000
    assert found["disparity.dropped.rule=r@1.language=en"].value == 1.0


def test_a_language_that_is_alone_where_documents_were_dropped_has_no_ratio():
    rows = [*in_subset("web", "en", 9000, 900), *in_subset("books", "de", 9900, 0)]
    assert not [name for name in facts_of(rows) if name.startswith("disparity.dropped")]


def test_mentions_are_compared_within_subsets_alone():
    def of_web(num, outcome):
        return ("ingest", "web", outcome, Amount(num, items=num), "en", SHE)

    def of_books(num, outcome):
        return ("ingest", "books", outcome, Amount(num, items=num), "en", SHE)

    rows = [*TWO_SUBSETS, of_web(1000, "found"), of_web(900, "found_kept")]
    rows += [of_books(90, "found"), of_books(90, "found_kept")]
    fact = facts_of(rows)["disparity.dropped.pronoun=she@1"]
    # In web 100 of 1,000 and 800 of 8,000.
    assert (fact.value, fact.n) == (1.0, 1000)


def test_shares_lost_are_given_by_subset_too():
    found = facts_of(TWO_SUBSETS)
    assert found["disparity.lost_fraction.subset=web.language=de"].value == 0.1
    assert found["disparity.lost_fraction.subset=books.language=de"].value == 0
    # 100 of 10,900
    assert found["disparity.lost_fraction.language=de"].value == 0.009174


def test_what_later_stages_removed_is_compared_among_what_ingest_kept():
    # (60 / 300) / (300 / 900) = 0.6
    assert facts(*LANGUAGES)["disparity.removed.language=de"].value == 0.6


def test_a_language_is_compared_by_rule():
    more = [
        ("ingest", "dropped", Amount(90), "de", "s@1"),
        ("ingest", "read", Amount(90), "de", ""),
    ]
    fact = facts(*LANGUAGES, *more)["disparity.dropped.rule=r@1.language=de"]
    # (100 / 490) / (100 / 1,000) = 2.0408
    assert fact.value == 2.0408
    # By s@1 no document of another language was dropped: no ratio.
    assert "disparity.dropped.rule=s@1.language=de" not in facts(*LANGUAGES, *more)


def test_a_small_cell_has_no_ratio():
    few = [*of_language("en", 1000, 100, 300), *of_language("de", 400, 29, 60)]
    assert "disparity.dropped.language=de" not in facts(*few)
    assert "disparity.dropped.language=en" not in facts(*few)


def test_an_unknown_language_is_one_of_the_others_only():
    found = facts(*of_language("en", 1000, 100, 300), *of_language("", 400, 100, 60))
    ratios = {name for name in found if name.startswith(("disparity.dropped", "disparity.removed"))}
    assert ratios == {
        "disparity.dropped.language=en",
        "disparity.removed.language=en",
        "disparity.dropped.rule=r@1.language=en",
    }
    # (100 / 1,000) / (100 / 400)
    assert found["disparity.dropped.language=en"].value == 0.4


MENTIONS = (
    ("ingest", "read", Amount(1000), "en", ""),
    ("ingest", "kept", Amount(800), "en", ""),
    ("ingest", "dropped", Amount(200), "en", "r@1"),
    # 400 mention her, of which 100 were dropped; of the 600 others, 100.
    ("ingest", "found", Amount(400, 0, items=900), "en", SHE),
    ("ingest", "found_kept", Amount(300, 0, items=500), "en", SHE),
    # 100 mention Muslims, 60 of them dropped; of the 900 others 140.
    ("ingest", "found", Amount(100, 0, items=100), "en", MUSLIM),
    ("ingest", "found_kept", Amount(40, 0, items=40), "en", MUSLIM),
    # Of no known language, or counted in another: not compared.
    ("ingest", "found", Amount(50, 0, items=50), "", SHE),
    ("ingest", "found", Amount(50, 0, items=50), "fr", SHE),
)


def test_the_ratio_compares_english_documents_with_and_without_a_mention():
    found = facts(*MENTIONS)
    fact = found["disparity.dropped.pronoun=she@1"]
    # (100 / 400) / (100 / 600) = 1.5; variance 1/100 - 1/400 + 1/100 - 1/600.
    spread = 1.959964 * math.sqrt(1 / 100 - 1 / 400 + 1 / 100 - 1 / 600)
    assert fact.value == 1.5
    assert fact.interval == (round(1.5 * math.exp(-spread), 4), round(1.5 * math.exp(spread), 4))
    assert fact.n == 400
    # (60 / 100) / (140 / 900) = 3.8571
    assert found["disparity.dropped.identity=religion/muslim@1"].value == 3.8571


def test_web_domains_are_compared_by_what_any_stage_took_out():
    domains = Domains(
        num_read=3,
        num=3,
        documents_without=5,
        top=(DomainCounts("big.org", 200, 100, 0, 0), DomainCounts("small.org", 100, 71, 0, 0)),
        groups=(DomainCounts("org", 400, 240, 0, 0), DomainCounts("com", 600, 480, 0, 0)),
        curve=(),
    )
    found = facts(*LANGUAGES, domains=domains)
    # org lost 160 of 400, com 120 of 600: 0.4 / 0.2; big.org 100 of 200, all others 180 of 800.
    assert found["disparity.lost.top_level_domain=org"].value == 2.0
    assert found["disparity.lost.domain=big.org"].value == 2.2222
    # small.org lost 29.
    assert "disparity.lost.domain=small.org" not in found


def test_the_card_says_how_many_ratios_were_looked_at():
    found = facts(*MENTIONS)
    assert found["disparity.tested"].value == 2
    ratios = [name for name in found if name.startswith("disparity.dropped")]
    assert len(ratios) == 2


def test_the_share_lost_is_over_all_stages():
    found = facts(*LANGUAGES, *of_language("fr", 29, 1, 1))
    # de: 400 read, 100 dropped, 60 removed.
    assert found["disparity.lost_fraction.language=de"].value == 0.4
    assert "disparity.lost_fraction.language=fr" not in found


def test_every_measure_is_explained():
    assert {fact.measure for fact in facts(*LANGUAGES).values()} <= disparity.MEASURES.keys()

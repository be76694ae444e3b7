import pytest
from planted_card import DOMAINS, inputs, measured

from haybale.cards.measured import DomainCounts, Domains
from haybale.cards.measures import domains


def facts(found=DOMAINS):
    return {fact.id: fact for fact in domains.facts(inputs(measured=measured(domains=found)))}


def domain(name, documents, text_bytes):
    return DomainCounts(name, documents, documents, text_bytes, text_bytes // 4)


def test_domains_and_top_level_domains_are_counted():
    found = facts()
    assert found["domains.read"].value == 4
    assert found["domains.corpus"].value == 3
    assert found["domains.without_url.documents"].value == 5
    assert found["domain.documents_read.domain=big.org"].value == 40
    assert found["domain.tokens.top_level_domain=org"].value == 440


def test_small_domains_are_not_named():
    found = facts()
    assert "domain.documents.domain=big.org" in found  # 31 documents
    assert "domain.documents.domain=mid.org" not in found  # 13
    assert "domain.documents.domain=alice.net" not in found  # 1


def test_no_more_domains_are_named_than_the_bound_the_largest_by_text():
    top = tuple(domain(f"{n:03}.org", 30, n) for n in range(1, 121))
    group = (domain("org", 3600, 7260),)
    found = facts(Domains(120, 120, 0, top, group, ((120, 7260),)))
    named = [name for name in found if name.startswith("domain.documents.domain=")]
    assert len(named) == 100
    assert "domain.documents.domain=120.org" in named
    assert "domain.documents.domain=020.org" not in named


def test_the_largest_tenth_is_read_off_the_curve():
    fact = facts()["domains.top_tenth_share"]  # a tenth of 3, rounded up, is 1: 1,240 of 1,800
    assert fact.value == pytest.approx(1240 / 1800, abs=1e-6)
    assert fact.interval is None


def test_between_two_points_the_share_is_on_the_line_and_the_points_are_its_interval():
    # 20 of 200 domains, between 10 with 500 bytes and 30 with 700, of 1,000: halfway, 0.6.
    group = (domain("org", 200, 1000),)
    fact = facts(Domains(200, 200, 0, (), group, ((10, 500), (30, 700), (200, 1000))))[
        "domains.top_tenth_share"
    ]
    assert fact.value == pytest.approx(0.6)
    assert fact.interval == (0.5, 0.7)


def test_a_corpus_without_urls_says_that_there_is_no_curve():
    found = facts(Domains(0, 0, 50, (), (), ()))
    assert found["domains.corpus"].value == 0
    assert found["domains.curve"].how == "not_measured"


def test_uncounted_domains_are_said_not_to_be_measured():
    assert facts(None)["domains.corpus"].how == "not_measured"

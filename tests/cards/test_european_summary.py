import pytest
from markdown_it import MarkdownIt
from planted_card import DOMAINS, card

from haybale.cards.declaration import CardDeclaration
from haybale.cards.european_summary.domains import domain_lines, num_to_list, num_to_list_small
from haybale.cards.european_summary.fields import TO_FILL
from haybale.cards.european_summary.summary import render_european_summary, text_band
from haybale.cards.measured import DomainCounts, Domains


@pytest.mark.parametrize(
    ("tokens", "band"),
    [
        (10**9 - 1, "less than 1 billion tokens"),
        (10**9, "1 billion to 10 trillion tokens"),
        (10**13, "1 billion to 10 trillion tokens"),
        (10**13 + 1, "more than 10 trillion tokens"),
    ],
)
def test_text_is_in_the_templates_bands(tokens, band):
    assert text_band(tokens) == band


def test_a_tenth_of_domains_is_listed_and_less_by_small_providers():
    assert [num_to_list(num) for num in (1, 10, 11, 30_000)] == [1, 1, 2, 3000]
    assert [num_to_list_small(num) for num in (1, 20, 21, 19_999, 30_000)] == [1, 1, 2, 1000, 1000]


def test_it_has_the_templates_sections_and_says_that_it_is_a_draft():
    text = render_european_summary(card(), DOMAINS)
    assert text.splitlines()[0].startswith("# Draft:")
    for part in ("24 July 2025", "C(2025) 8311", "Compare it with the template in force"):
        assert part in text
    numbers = ["1.", "1.1.", "1.2.", "1.3.", "2.", "2.1.", "2.2.", "2.3.", "2.4.", "2.5.", "2.6."]
    heads = [line.split()[1] for line in text.splitlines() if line.startswith(("## ", "### "))]
    assert heads == [*numbers, "3.", "3.1.", "3.2.", "3.3."]


def test_what_people_alone_know_is_marked_and_what_was_measured_is_filled():
    text = render_european_summary(card(), DOMAINS)
    assert f"- Provider name and contact details: {TO_FILL}" in text
    assert "[x] less than 1 billion tokens" in text
    assert "| en | 380 | 76.0 % |" in text
    assert "2 rules dropped 30 documents" in text
    said = CardDeclaration(provider="Hay Ltd", collection_period="January 2026")
    filled = render_european_summary(card(declared=said), DOMAINS)
    assert "- Provider name and contact details: Hay Ltd" in filled
    assert filled.count("January 2026") == 2
    assert filled.count(TO_FILL) == text.count(TO_FILL) - 3


def test_the_largest_tenth_of_domains_is_listed():
    text = "\n".join(domain_lines(DOMAINS))
    assert "1 of 3 domains" in text  # a tenth of 3, rounded up
    assert "| `big.org` | 1,240 |" in text
    assert "mid.org" not in text


def test_a_long_list_is_cut_and_says_where_the_rest_is():
    top = tuple(DomainCounts(f"d{at}.org", 1, 1, 9, 1) for at in range(2000))
    text = "\n".join(domain_lines(Domains(30_000, 30_000, 0, top, (), ())))
    assert text.count(".org`") == 1000
    assert "3,000 of 30,000 domains" in text
    assert "The first 1,000 are shown; card/domains.parquet has all 30,000" in text
    assert "the first 1,000. Strike out" in text


def test_domains_that_were_not_counted_are_a_gap():
    assert TO_FILL in domain_lines(None)[0]
    none = Domains(0, 0, 5, (), (), ())
    assert "No document of this corpus names the address" in domain_lines(none)[0]


def test_hostile_names_stay_text():
    top = (DomainCounts("a`|<script>alert(1)</script>.org", 1, 1, 9, 1),)
    said = CardDeclaration(provider="[x](javascript:alert(1))<img src=x>", title="# <b>\u202e")
    text = render_european_summary(card(declared=said), Domains(1, 1, 0, top, (), ()))
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    for tag in ("<script", "<img", "<b>", "href", "\u202e"):
        assert tag not in html

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from haybale.cards.blocks import Bar, Bars, Code, Excerpts, Grid, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.fact import exact
from haybale.cards.page import render_page

MEGABYTE = 1_000_000
VOID = {"meta", "link"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></style></svg><script>alert(1)</script>",
    "``` \n---\n<!-- ]]> &lt;b&gt;",
    "javascript:alert(1)",
    "a\u202eb\u2066c\u200bd\x00e\x1bf\ufeffg\U000e0041h\ud800",
    "x" * MEGABYTE,
)


class Tags(HTMLParser):
    """What a browser's parser sees: elements in order, with those around them, and ids."""

    def __init__(self, page):
        super().__init__()
        self.around, self.seen, self.ids = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes), tuple(self.around)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.around.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.around.pop()

    def handle_endtag(self, tag):
        assert self.around.pop() == tag

    def all(self, *names):
        return [(tag, attributes) for tag, attributes, _ in self.seen if tag in names]


def parsed(page):
    """As XML, which forgives nothing."""
    return ElementTree.fromstring(page)


@pytest.fixture
def page(card, sections):
    return render_page(card, sections)


def with_text(text):
    """A section that has a text wherever one can be, beside one number."""
    fact = exact("corpus.tokens", 5, "tokens", "tokenize", subset=text)
    bars = Bars(text, text, (Bar(text, 3, text), Bar(Code(text), 1, text)))
    blocks = [
        Prose((text, Code(text), Number(fact))),
        Table(text, ("", text), ((Code(text), text), (text, Number(fact)))),
        bars,
        Grid((bars, bars)),
        Excerpts(Code(text), (text[:300],), (text,)),
    ]
    raw = {
        "name": text[:300],
        "declared": {"title": text[:300]},
        "recipe": {},
        "lineage": {},
        "subsets": [],
        "measures": {"corpus.tokens": text[:300]},
        "facts": [fact.as_json()],
        "samples": [],
    }
    return Card(raw), [Section("glance", text[:300], blocks)]


def test_the_page_is_well_formed(page):
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    parsed(page)
    assert Tags(page).around == []


def test_the_same_card_gives_the_same_bytes(card, sections, page):
    assert render_page(card, sections) == page


def test_nothing_is_loaded_and_nothing_runs(page):
    tags = Tags(page)
    names = {tag for tag, _, _ in tags.seen}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    attributes = {name for _, found, _ in tags.seen for name in found}
    assert not {name for name in attributes if name.startswith("on")}
    assert not attributes & {"src", "srcset", "style", "xlink:href", "action"}
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_names_the_digest_of_the_style(page):
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(
        attributes["content"]
        for tag, attributes in Tags(page).all("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_every_chart_has_a_name_a_sentence_and_its_data_as_a_table(page):
    charts = [svg for svg in parsed(page).iter("svg") if svg.get("role") == "img"]
    figures = list(parsed(page).iter("figure"))
    assert len(charts) == len(figures) == 9  # 6 alone, 3 in a grid
    for figure in figures:
        svg = figure.find("svg")
        title, sentence = svg.find("title"), svg.find("desc")
        assert svg.get("aria-labelledby") == title.get("id")
        assert svg.get("aria-describedby") == sentence.get("id")
        assert title.text
        assert sentence.text.endswith(".")
        assert figure.find("details//table") is not None


def test_ids_are_unique_and_every_link_within_the_page_arrives(page):
    tags = Tags(page)
    assert len(tags.ids) == len(set(tags.ids))
    targets = {attributes["href"] for _, attributes in tags.all("a")}
    assert {target[1:] for target in targets if target.startswith("#")} <= set(tags.ids)


def test_headings_go_down_one_step_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in Tags(page).all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_contents_list_every_section(page, sections):
    root = parsed(page)
    listed = [link.get("href") for link in root.find("body/nav").iter("a")]
    assert listed == [*(f"#{section.anchor}" for section in sections), "#measures"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_text_by_strangers_is_only_shown(text):
    page = render_page(*with_text(text))
    parsed(page)
    tags = Tags(page)
    assert {tag for tag, _, _ in tags.seen} <= {
        *("html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "nav"),
        *("ol", "ul", "li", "main", "section", "div", "table", "caption", "thead", "tbody", "tr"),
        *("th", "td", "code", "wbr", "span", "small", "data", "dl", "dt", "dd", "blockquote"),
        *("figure", "figcaption", "details", "summary", "footer"),
        *("svg", "desc", "text", "line", "rect", "circle", "path"),
    }
    assert not any(name.startswith("on") for _, found, _ in tags.seen for name in found)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0b-\x1f]", page)
    assert len(page.encode()) < MEGABYTE


def test_hidden_characters_are_shown_as_code_points():
    text = "ab\u202ecd\u200b\u200b\u200b"
    page = render_page(*with_text(text))
    quote = next(parsed(page).iter("blockquote"))
    assert "".join(quote.itertext()) == "abU+202EcdU+200B ×3"
    assert [span.get("class") for span in quote] == ["code-point", "code-point"]
    assert quote.get("dir") == "ltr"
    assert quote.get("translate") == "no"


def test_at_most_300_characters_of_a_sample_are_shown():
    quote = next(parsed(render_page(*with_text("y" * 301))).iter("blockquote"))
    assert quote.text == "y" * 300


def test_a_page_for_a_hundred_languages_and_sixty_rules_stays_below_a_megabyte():
    languages, rules, subsets = range(100), range(60), range(10)
    facts = [
        exact(
            "attrition.dropped.documents",
            1_000_000_007 * (language + rule),
            "documents",
            "ingest",
            language=f"language-{language}",
            rule=f"gopher/some_rule_with_a_long_name_{rule}@1",
        )
        for language in languages
        for rule in rules
    ]
    raw = {
        "name": "large",
        "declared": {},
        "recipe": {},
        "lineage": {},
        "subsets": [],
        "measures": {"attrition.dropped.documents": "Documents."},
        "facts": [fact.as_json() for fact in facts],
        "samples": [],
    }
    card = Card(raw)
    heads = ("rule", *(f"language-{language}" for language in languages))
    rows = tuple(
        (Code(f"rule-{rule}"), *(Number(facts[60 * language + rule]) for language in languages))
        for rule in rules
    )
    flat = tuple((fact.id, Number(fact)) for fact in facts)
    bars = Bars("Rules", "documents", tuple(Bar(Code(f"rule-{r}"), r, "1 %") for r in rules))
    texts = tuple("\u4e2d" * 300 for _ in range(5))
    samples = [Excerpts(Code(f"rule-{rule}"), ("note",) * 5, texts) for rule in rules]
    parts = [
        Section(f"subset-{subset}", f"Subset {subset}", [Table("Rules", heads, rows), bars])
        for subset in subsets
    ]
    whole = Section("attrition", "Attrition", [Table("All", ("what", "n"), flat)], parts)
    page = render_page(card, [whole, Section("samples", "Samples", samples)])
    assert len(page.encode()) < MEGABYTE
    assert "of 6,000 rows are shown. card.json has all of them." in page
    parsed(page)

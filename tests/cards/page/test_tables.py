from xml.etree import ElementTree

import pytest

from haybale.cards.blocks import Code, Link, Number, Table
from haybale.cards.fact import Fact, derived, exact, not_measured
from haybale.cards.page.context import Context
from haybale.cards.page.inline import inline
from haybale.cards.page.limits import LADDER, Limits
from haybale.cards.page.tables import table_block

TOKENS = exact("corpus.tokens", 1200, "tokens", "tokenize", subset="web")
MORE = exact("corpus.tokens", 34, "tokens", "tokenize", subset="books")
OTHER = exact("corpus.documents", 7, "documents", "tokenize", subset="web")
SAMPLED = Fact("corpus.tokens", 9, "tokens", "sample", {"subset": "x"}, "", (8, 11), 40)


@pytest.fixture
def context(card):
    return Context(card, LADDER[0])


def cells(rows, context, columns=("subset", "tokens")):
    block = ElementTree.fromstring(table_block(Table("t", columns, rows), context))
    return [["".join(cell.itertext()) for cell in row] for row in block.iter("tr")], block


def links(block):
    return [link.get("href") for link in block.iter("a")]


def test_a_column_of_one_measure_says_once_how_it_is_known(context):
    text, block = cells((("web", Number(TOKENS)), ("books", Number(MORE))), context)
    assert text == [["subset", "tokens exact"], ["web", "1,200"], ["books", "34"]]
    assert links(block) == ["#measure-corpus.tokens"]


def test_a_number_known_in_another_way_than_its_column_says_so(context):
    rows = (("a", Number(TOKENS)), ("b", Number(MORE)), ("c", Number(SAMPLED)))
    text, _ = cells(rows, context)
    assert text[0] == ["subset", "tokens exact"]
    assert text[3] == ["c", "9 (8 to 11, n\u00a040) sample"]


def test_numbers_of_several_measures_lead_each_to_its_own(context):
    text, block = cells((("a", Number(TOKENS)), ("b", Number(OTHER))), context)
    assert text == [["subset", "tokens exact"], ["a", "1,200"], ["b", "7"]]
    assert links(block)[1:] == ["#measure-corpus.tokens", "#measure-corpus.documents"]


def test_where_no_way_is_that_of_most_each_number_says_its_own(context):
    other = derived("corpus.ratio", 2.0, "")
    text, _ = cells((("a", Number(TOKENS)), ("b", Number(other, "ratio"))), context)
    assert text == [["subset", "tokens"], ["a", "1,200 exact"], ["b", "2.00 derived"]]


def test_what_was_not_measured_says_so_and_why(context):
    gap = not_measured("corpus.tokens", "nobody looked", subset="y")
    text, block = cells((("a", Number(TOKENS)), ("b", Number(gap))), context)
    assert text[2] == ["b", "not measured"]
    assert [link.get("title") for link in block.iter("a")] == [None, "nobody looked"]


def test_numbers_stand_right_and_text_left(context):
    rows = (("a", Number(TOKENS), "12.3 %", Code("x"), "words"),)
    _, block = cells(rows, context, ("a", "b", "c", "d", "e"))
    classes = [cell.get("class") for cell in block.findall(".//tbody/tr/*")]
    assert classes == ["text", None, None, "text", "text"]


def test_the_first_cell_names_its_row_and_the_frame_its_table(context):
    _, block = cells((("web", Number(TOKENS)),), context)
    assert block.find(".//tbody/tr/th").get("scope") == "row"
    frame = block.find("div")
    assert (frame.get("tabindex"), frame.get("aria-label")) == ("0", "Table: t")


def test_a_heading_without_text_is_no_heading(context):
    _, block = cells((("web", "1"),), context, ("", "n"))
    assert [cell.tag for cell in block.find(".//thead/tr")] == ["td", "th"]


def test_a_long_table_is_folded_and_a_longer_one_cut(card):
    context = Context(card, Limits(max_rows=60, max_bars=1, max_charts=1, max_excerpts=1))
    rows = tuple((str(place), str(place)) for place in range(100))
    block = ElementTree.fromstring(table_block(Table("t", ("a", "b"), rows), context))
    assert len(block.findall("div//tbody/tr")) == 24
    assert len(block.findall("details//tbody/tr")) == 36
    assert block.find("details/summary").text == "36 more rows"
    assert block.find("p").text == "60 of 100 rows are shown. card.json has all of them."


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "\\\\evil",
        "vbscript:x",
        "http://[",
    ],
)
def test_links_that_could_run_or_lead_astray_are_only_text(target):
    assert inline(Link("look", target)) == "look"


def test_links_within_the_page_beside_it_and_to_papers_are_links():
    assert inline(Link("look", "#glance")) == '<a href="#glance">look</a>'
    assert inline(Link("look", "domains.parquet")) == '<a href="domains.parquet">look</a>'
    assert inline(Link("look", "https://arxiv.org/abs/1")) == (
        '<a href="https://arxiv.org/abs/1" rel="external noreferrer">look</a>'
    )


def test_a_rounded_number_holds_the_exact_one():
    number = exact("corpus.tokens", 1_234_567_890, "tokens", "tokenize")
    assert inline(Number(number, "scaled")) == (
        '<data value="1234567890">1.23\u00a0billion</data> <a class="how exact" '
        'href="#measure-corpus.tokens">exact</a>'
    )


def test_a_row_without_a_name_is_headed_by_nothing(context):
    _, block = cells((("", "1"), ("web", "2")), context)
    assert [cell.text for cell in block.iter("th") if cell.get("scope") == "row"] == ["web"]

from xml.etree import ElementTree

import pytest

from haybale.cards.blocks import Bar, Bars, Code, Curve, Funnel, FunnelStep, Grid, Histogram
from haybale.cards.page.charts import chart_block, grid_block
from haybale.cards.page.context import Context
from haybale.cards.page.curve import at
from haybale.cards.page.limits import LADDER, Limits


@pytest.fixture
def context(card):
    return Context(card, LADDER[0])


def drawn(chart, context):
    return ElementTree.fromstring(chart_block(chart, context))


def rows(figure):
    return [["".join(cell.itertext()) for cell in row] for row in figure.iter("tr")]


def sentence(figure):
    return figure.find("svg/desc").text


def test_bars_are_as_long_as_their_share_of_the_longest(context):
    figure = drawn(Bars("c", "documents", (Bar("a", 400), Bar("b", 100), Bar("c", 0))), context)
    assert [bar.get("width") for bar in figure.iter("rect")] == ["100%", "25%", "0%"]
    assert sentence(figure) == (
        "3 bars of documents. The longest is a with 400, the shortest c with 0."
    )


def test_bars_say_their_value_and_note(context):
    figure = drawn(Bars("c", "documents", (Bar(Code("a"), 1_500_000, "3 %"),)), context)
    values = [text.text for text in figure.iter("text") if text.get("class") == "value"]
    assert values == ["1.5\u00a0million · 3 %"]
    assert rows(figure) == [["", "documents", "note"], ["a", "1,500,000", "3 %"]]


def test_dots_stand_on_a_logarithmic_axis_around_the_baseline(context):
    bars = (
        Bar("x", 4.0, interval=(2.0, 4.0)),
        Bar("y", 0.5, interval=(0.25, 0.9)),
        Bar("z", 1.1, interval=(0.8, 1.5)),
    )
    figure = drawn(Bars("c", "rate ratio", bars, baseline=1.0), context)
    dots = [(dot.get("cx"), dot.get("class")) for dot in figure.iter("circle")]
    # From 1/4 to 4 are four doublings: 4 is at the end, 0.5 at a quarter, 1 in the middle.
    assert dots[:2] == [("100%", "dot above"), ("25%", "dot below")]
    assert dots[2][1] == "dot unclear"
    assert sentence(figure) == (
        "3 dots of rate ratio: 1 above 1.00, 1 below, and 1 whose interval holds it. The highest "
        "is x with 4.00, the lowest y with 0.50."
    )


def test_a_baseline_that_no_logarithm_has_is_refused(context):
    with pytest.raises(ValueError, match="expected a baseline above 0"):
        chart_block(Bars("c", "u", (Bar("a", 1),), baseline=0.0), context)


def test_a_funnel_shows_what_is_left_and_removed_as_parts_of_the_start(context):
    steps = (FunnelStep("first", 40, 60), FunnelStep("second", 15, 45))
    figure = drawn(Funnel("c", "documents", 100, steps), context)
    parts = [
        (rect.get("class"), rect.get("x"), rect.get("width"))
        for rect in figure.iter("rect")
        if rect.get("class") != "rest"
    ]
    assert parts == [
        ("bar", "0%", "100%"),
        *(("bar", "0%", "60%"), ("removed", "60%", "40%")),
        *(("bar", "0%", "45%"), ("removed", "45%", "15%")),
    ]
    assert rows(figure)[2:] == [
        ["first", "40", "40.00\u00a0%", "60"],
        ["second", "15", "25.00\u00a0%", "45"],  # 15 of the 60 that came
    ]
    assert "From 100 documents to 45, 45.00\u00a0% of them, in 2 steps." in sentence(figure)


def test_an_empty_corpus_has_charts_too(context):
    for chart in (
        Bars("c", "u", ()),
        Bars("c", "u", (), baseline=1.0),
        Funnel("c", "u", 0, ()),
        Funnel("c", "u", 0, (FunnelStep("a", 0, 0),)),
        Histogram("c", "u", "documents", ()),
        Histogram("c", "u", "documents", ((0, 1, 7),)),
        Curve("c", "x", "y", ()),
    ):
        assert sentence(drawn(chart, context)).endswith(".")


def test_the_area_of_a_histogram_is_what_was_counted(context):
    # Two buckets of equal count, the second twice as wide in doublings: half as high.
    chart = Histogram("c", "tokens", "documents", ((4, 8, 10), (8, 32, 10)))
    path = next(drawn(chart, context).iter("path")).get("d")
    assert path == "M0 1000V0H333.33V500H1000V1000Z"


def test_narrow_buckets_of_a_quarter_doubling_have_one_height(context):
    # Both are in 64 to 80. The axis is made a doubling longer on both sides, 32 to 160: 64 is at
    # log 2 / log 5 = 0.43068 of it, and 80 at log 2.5 / log 5 = 0.56932.
    chart = Histogram("c", "tokens", "documents", ((64, 66, 1), (72, 74, 1)))
    path = next(drawn(chart, context).iter("path")).get("d")
    assert path == "M0 1000V1000H430.68V0H569.32V1000Z"


def test_a_gap_in_a_histogram_is_drawn_as_a_gap(context):
    chart = Histogram("c", "tokens", "documents", ((1, 2, 10), (4, 8, 10)))
    path = next(drawn(chart, context).iter("path")).get("d")
    assert path == "M0 1000V0H333.33V1000H666.67V0H1000V1000Z"


def test_documents_of_no_tokens_are_told_but_not_drawn(context):
    figure = drawn(Histogram("c", "tokens", "documents", ((0, 1, 3), (64, 128, 9))), context)
    notes = [note.text for note in figure.findall("p")]
    assert notes[1] == "Not drawn: 3 documents of 0 tokens."
    assert rows(figure)[1:] == [
        ["0", "0", "3", "25.00\u00a0%", "25.00\u00a0%"],
        ["64", "127", "9", "75.00\u00a0%", "100.00\u00a0%"],
    ]
    assert sentence(figure) == (
        "12 documents of 0 to 127 tokens. The median is between 64 and 127 tokens."
    )


def test_a_curve_is_read_straight_between_its_points(context):
    points = ((0.1, 0.6), (0.5, 0.8), (1.0, 1.0))
    assert at(points, 0.05) == pytest.approx(0.3)  # from (0, 0)
    assert at(points, 0.3) == pytest.approx(0.7)
    assert at(points, 1.0) == 1.0
    figure = drawn(Curve("c", "domains", "text", points), context)
    assert sentence(figure) == (
        "Of domains, the first 1\u00a0% have 6.00\u00a0%, 10\u00a0% have 60.00\u00a0%, "
        "50\u00a0% have 80.00\u00a0% of text."
    )


def test_charts_of_a_grid_have_one_scale(context):
    grid = Grid((Bars("a", "u", (Bar("x", 100),)), Bars("b", "u", (Bar("x", 50),))))
    block = ElementTree.fromstring(grid_block(grid, context))
    assert [bar.get("width") for bar in block.iter("rect")] == ["100%", "50%"]


def test_notes_that_all_charts_of_a_grid_have_are_said_once(context):
    chart = Histogram("c", "tokens", "documents", ((64, 128, 9),))
    block = ElementTree.fromstring(grid_block(Grid((chart, chart)), context))
    assert len(block.findall("p")) == 1
    assert len(block.findall("div/figure/p")) == 0


def test_what_has_no_room_is_counted_and_where_it_is_said(card):
    context = Context(card, Limits(max_rows=3, max_bars=2, max_charts=1, max_excerpts=1))
    bars = Bars("c", "u", tuple(Bar(str(place), place) for place in range(5)))
    figure = drawn(bars, context)
    assert len(list(figure.iter("rect"))) == 2
    notes = [note.text for note in figure.iter("p")]
    assert notes == [
        "2 of 5 rows of the data are drawn.",
        "3 of 5 rows are shown. card.json has all of them.",
    ]
    block = ElementTree.fromstring(grid_block(Grid((bars, bars)), context))
    assert "1 of 2 charts are shown. card.json has all of them." in block.find("p").text

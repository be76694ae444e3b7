from planted_card import card

from haybale.cards.blocks import Grid, Histogram, Table
from haybale.cards.measured import Measured
from haybale.cards.sections import lengths


def test_the_histogram_of_the_corpus_comes_first_and_has_every_document():
    histograms = [b for b in lengths.section(card()).blocks if isinstance(b, Histogram)]
    assert [(h.unit, h.counted, h.buckets) for h in histograms] == [
        ("tokens", "documents", ((8, 12, 50),))  # 50 documents of 10 tokens
    ]


def test_lengths_before_and_after_stand_side_by_side():
    [grid] = [b for b in lengths.section(card()).blocks if isinstance(b, Grid)]
    assert [chart.buckets for chart in grid.charts] == [((96, 128, 95),), ((32, 48, 50),)]


def test_means_medians_and_long_tails_are_in_a_table():
    [table] = [b for b in lengths.section(card()).blocks if isinstance(b, Table)]
    values = {row[0]: [cell.fact.value for cell in row[1:]] for row in table.rows}
    assert values["tokens of the corpus, all"] == [10.0, 10, 10]
    assert values["bytes of text as read, all"] == [100.0, 100, 100]


def test_without_counted_lengths_there_is_no_section():
    assert lengths.section(card(measured=Measured())) is None

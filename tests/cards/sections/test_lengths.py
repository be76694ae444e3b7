from planted_card import card, inputs
from shown_sections import card_of, prose

from haybale.cards.blocks import Grid, Histogram, Table
from haybale.cards.measured import LengthCounts, Measured
from haybale.cards.measures import lengths as measures
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
    assert table.columns[1:4] == (
        "mean, tokens of the corpus",
        "half have at most, tokens of the corpus",
        "99 % have at most, tokens of the corpus",
    )
    [row] = table.rows
    # 10 tokens each; 100 bytes as read, 40 in the corpus.
    assert [cell.fact.value for cell in row[1:]] == [10.0, 10, 10, 100, 40]


def test_without_counted_lengths_there_is_no_section():
    assert lengths.section(card(measured=Measured())) is None


def test_of_many_subsets_the_largest_are_drawn():
    counts = [LengthCounts("tokens", "corpus", f"s{number}", {10: 1}) for number in range(6)]
    facts = measures.facts(inputs(measured=Measured(lengths=tuple(counts))))
    section = lengths.section(card_of(facts, [f"s{number}" for number in range(6)]))
    [grid] = [b for b in section.blocks if isinstance(b, Grid)]
    assert len(grid.charts) == 4
    assert "2 more subsets are in card.json under lengths.tokens." in prose(section)

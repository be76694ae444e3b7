import pytest
from planted_card import inputs
from shown_sections import card_of, prose, tables

from haybale.cards.declaration import CardDeclaration
from haybale.cards.measures import cost
from haybale.cards.sections.cost import section

# 5,400 + 1,800 = 7,200 CPU seconds: 2 core hours.
TIMINGS = {
    "ingest": {"cpu_seconds": 5400.0, "wall_seconds": 6000.0, "peak_memory_bytes": 3e9},
    "tokenize": {"cpu_seconds": 1800.0, "wall_seconds": 2000.0, "peak_memory_bytes": 5e9},
}


def found(**changes):
    return {fact.id: fact for fact in cost.facts(inputs(**changes))}


def test_bytes_are_those_of_the_files_read_and_of_the_ids_written():
    facts = found()
    assert facts["cost.input_bytes"].value == 12345
    assert facts["cost.input_bytes.subset=web"].value == 12345
    # 450 + 50 tokens; a vocabulary of 300 has ids of two bytes.
    assert facts["cost.output_bytes"].value == 1000
    assert facts["cost.output_bytes"].how == "derived"


def test_a_corpuss_own_card_says_why_it_has_no_timings():
    facts = found()
    for name in ("cost.cpu_seconds", "cost.wall_seconds"):
        assert facts[name].how == "not_measured"
        assert "haybale card build DIR --output NEW" in facts[name].why_missing


def test_timings_are_given_by_stage_and_together():
    facts = found(timings=TIMINGS)
    assert facts["cost.cpu_seconds.stage=ingest"].value == 5400
    assert facts["cost.cpu_seconds"].value == 7200
    assert facts["cost.wall_seconds"].value == 8000
    assert facts["cost.peak_memory_bytes"].value == 5_000_000_000  # the most, not the sum
    assert facts["cost.core_hours"].value == 2.0


def test_money_and_carbon_are_core_hours_times_the_declared_factors():
    declared = CardDeclaration(price_per_core_hour=0.05, currency="EUR", grams_co2_per_core_hour=4)
    facts = found(timings=TIMINGS, declared=declared)
    assert (facts["cost.money"].value, facts["cost.money"].unit) == (pytest.approx(0.1), "EUR")
    assert "0.05 EUR each" in facts["cost.money"].source
    assert facts["cost.grams_co2"].value == 8


def test_without_a_factor_the_key_to_set_is_named():
    facts = found(timings=TIMINGS)
    assert "set price_per_core_hour in [card]" in facts["cost.money"].why_missing
    assert "set grams_co2_per_core_hour in [card]" in facts["cost.grams_co2"].why_missing


def test_with_a_factor_and_without_timings_the_timings_are_what_is_missing():
    facts = found(declared=CardDeclaration(price_per_core_hour=0.05))
    assert facts["cost.money"].why_missing == cost.NO_TIMINGS


def test_every_fact_is_of_a_measure_that_is_explained():
    for facts in (found(), found(timings=TIMINGS)):
        assert {fact.measure for fact in facts.values()} <= cost.MEASURES.keys()


def test_the_section_shows_the_factors_with_what_they_give():
    declared = CardDeclaration(price_per_core_hour=0.05, currency="EUR")
    shown = section(card_of(found(timings=TIMINGS, declared=declared).values()))
    text = prose(shown)
    assert "Money: 0.10 EUR: 2 core hours, 0.05 EUR each (price_per_core_hour, declared)." in text
    assert "Carbon is not measured" in text
    assert tables(shown)["Time and memory by stage"] == [
        ("ingest", "5,400", "6,000", "3,000,000,000"),
        ("tokenize", "1,800", "2,000", "5,000,000,000"),
        ("together", "7,200", "8,000", "5,000,000,000"),
    ]


def test_the_section_says_why_time_is_missing():
    text = prose(section(card_of(found().values())))
    assert "12,345 bytes of files were read" in text
    assert "Time is not measured: timings differ from run to run" in text

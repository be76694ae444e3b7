import pytest

from haybale.cards.fact import Fact
from haybale.cards.page.numbers import evidence_text, value_text

SPACE = "\u00a0"


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (1234567, "count", "1,234,567"),
        (0, "count", "0"),
        (-5, "count", "−5"),
        (0.12345, "count", "0.123"),
        (1234.5, "count", "1,234"),  # half to even
        (3.0, "count", "3"),
        (0.1234, "percent", f"12.34{SPACE}%"),
        (0.00001, "percent", f"< 0.01{SPACE}%"),
        (0.0, "percent", f"0.00{SPACE}%"),
        (0.99999, "percent", f"> 99.99{SPACE}%"),
        (1.0, "percent", f"100.00{SPACE}%"),
        (1.005, "ratio", "1.00"),
        (0.001, "ratio", "< 0.01"),
        (1_400_000_000_000, "scaled", f"1.4{SPACE}trillion"),
        (70_000_000_000, "scaled", f"70{SPACE}billion"),
        (999_999_999, "scaled", f"1{SPACE}billion"),
        (1_234_567, "scaled", f"1.23{SPACE}million"),
        (999_499, "scaled", "999,499"),
        ("bpe", "count", "bpe"),
        (None, "count", "not measured"),
    ],
)
def test_values_are_written_for_people(value, style, text):
    assert value_text(value, style) == text


def test_a_histogram_is_no_number():
    with pytest.raises(ValueError, match="expected a number or text to show, found dict"):
        value_text({"buckets": []}, "count")


def test_an_estimate_stands_with_its_interval_and_trials():
    fact = Fact("precision", 0.95, "", "sample", interval=(0.9, 0.97), n=1200)
    assert evidence_text(fact, "percent") == f"(90.00{SPACE}% to 97.00{SPACE}%, n{SPACE}1,200)"
    assert evidence_text(Fact("count", 3, "", "exact"), "count") == ""

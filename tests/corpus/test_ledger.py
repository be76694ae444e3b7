import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.errors import HaybaleError
from haybale.corpus.ledger import Amount, Ledger

ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["web", "books"]),
        st.sampled_from(["read", "kept", "dropped"]),
        st.sampled_from(["en", "de", ""]),
        st.integers(0, 9),
    ),
    max_size=20,
)


def ledger_of(entries):
    ledger = Ledger()
    for subset, outcome, language, documents in entries:
        ledger.add("ingest", subset, outcome, Amount(documents, documents * 10), language=language)
    return ledger


@given(ENTRIES, ENTRIES)
def test_merging_does_not_depend_on_order_or_grouping(left, right):
    one, other, both = ledger_of(left), ledger_of(right), ledger_of(left + right)
    one.merge(other)
    assert dict(one.rows()) == dict(both.rows())


@given(ENTRIES)
def test_a_ledger_survives_its_json(entries):
    ledger = ledger_of(entries)
    assert dict(Ledger.from_json(ledger.as_json()).rows()) == dict(ledger.rows())


def closing():
    """10 read = 6 kept + 3 dropped + 1 unreadable; 6 kept = 4 kept + 2 removed."""
    ledger = Ledger()
    ledger.add("ingest", "web", "read", Amount(10, 900))
    ledger.add("ingest", "web", "kept", Amount(6, 600), language="en")
    ledger.add("ingest", "web", "dropped", Amount(3, 300), rule="gopher/word_count@1")
    ledger.add("ingest", "web", "unreadable", Amount(1, 55), rule="not_json")
    ledger.add("deduplicate", "web", "kept", Amount(4, 400))
    ledger.add("deduplicate", "web", "removed", Amount(2, 200), rule="exact/text@1")
    ledger.add("tokenize", "web", "kept", Amount(4, 400, 100))
    return ledger


def test_a_ledger_that_adds_up_passes():
    closing().check()


def test_bytes_that_edits_took_out_are_accounted_for():
    ledger = closing()
    ledger.add("ingest", "web", "read", Amount(1, 100))
    ledger.add("ingest", "web", "kept", Amount(1, 70))
    ledger.add("deduplicate", "web", "kept", Amount(1, 70))
    ledger.add("tokenize", "web", "kept", Amount(1, 70, 20))
    with pytest.raises(HaybaleError, match="1000 text bytes read, but 970 kept, dropped or edited"):
        ledger.check()
    ledger.add("ingest", "web", "edited", Amount(1, 30), rule="c4/citation@1")
    ledger.check()


@pytest.mark.parametrize(
    ("stage", "outcome", "amount", "message"),
    [
        ("ingest", "read", Amount(1), "11 documents read, but 10 kept, dropped or unreadable"),
        ("ingest", "read", Amount(0, 1), "901 text bytes read, but 900"),
        ("ingest", "dropped", Amount(1), "10 documents read, but 11"),
        ("deduplicate", "kept", Amount(1), "6 documents kept by ingest, but 7"),
        ("deduplicate", "removed", Amount(0, 5), "600 text bytes kept by ingest, but 605"),
        ("tokenize", "kept", Amount(1), "4 documents kept by deduplicate, but 5"),
    ],
)
def test_a_sum_that_does_not_close_is_an_error_naming_subset_and_sides(
    stage, outcome, amount, message
):
    ledger = closing()
    ledger.add(stage, "web", outcome, amount)
    with pytest.raises(HaybaleError, match=f"subset web: {message}"):
        ledger.check()


def test_totals_add_what_matches():
    ledger = closing()
    assert ledger.total(subset="web", outcome="kept", stage="ingest") == Amount(6, 600)
    assert ledger.total(language="en") == Amount(6, 600)
    assert ledger.total(subset="absent") == Amount()


@given(ENTRIES, ENTRIES)
def test_totals_know_of_what_was_added_since_the_last_question(first, later):
    ledger, asked = ledger_of(first), {"subset": "web", "outcome": "kept"}
    for documents in (first, [*first, *later], [*first, *later, *later]):
        expected = sum(
            n for subset, outcome, _, n in documents if (subset, outcome) == ("web", "kept")
        )
        assert ledger.total(**asked).documents == expected
        ledger.merge(ledger_of(later))
    ledger.add("ingest", "web", "kept", Amount(1))
    assert ledger.total(**asked).documents == expected + 1 + sum(
        n for subset, outcome, _, n in later if (subset, outcome) == ("web", "kept")
    )

import re

from planted_card import inputs, ledger_of
from shown_sections import card_of, prose, tables

from haybale.cards.measures import disparity
from haybale.cards.measures import people as measures
from haybale.cards.sections import people
from haybale.corpus.ledger import Amount

SHE = "identity/pronoun/she@1"
EMAIL = "personal_data/email@1"
ENTRIES = (
    ("ingest", "read", Amount(1000), "en", ""),
    ("ingest", "kept", Amount(800), "en", ""),
    ("ingest", "dropped", Amount(200), "en", "r@1"),
    ("ingest", "found", Amount(400, 0, items=900), "en", SHE),
    ("ingest", "found_kept", Amount(300, 0, items=500), "en", SHE),
    ("ingest", "found", Amount(3, 0, items=5), "en", EMAIL),
    ("ingest", "found_kept", Amount(2, 0, items=4), "en", EMAIL),
    ("ingest", "edited", Amount(2, 60), "en", "mask/email@1"),
    ("ingest", "inserted", Amount(2, 28), "en", "mask/email@1"),
)


def section_of(entries=ENTRIES, subsets=("web",)):
    made = inputs(ledger=ledger_of(entries))
    return people.section(card_of([*measures.facts(made), *disparity.facts(made)], subsets))


def test_finds_are_shown_with_what_was_kept_and_masked():
    rows = tables(section_of())["What detectors found in documents read"]
    assert rows == [(EMAIL, "3", "5", "2", "60", "28")]


def test_mentions_are_shown():
    rows = tables(section_of())["Documents read that mention a group or use a pronoun"]
    assert rows == [("pronoun she@1", "400", "900", "300")]


def test_nothing_found_is_said_with_the_detector_and_how_much_it_saw():
    words = prose(section_of())
    line = (
        "No payment card number pattern found in 1,000 documents by detector personal_data/card@1."
    )
    assert line in words
    assert "No e-mail address" not in words


def test_no_promise_is_made():
    words = prose(section_of())
    assert not re.search(r"\b(clean|safe|PII-free)\b", words, re.IGNORECASE)
    assert "is not free of personal data" in words
    assert "How many finds are right is not known for this corpus" in words


def test_subsets_are_compared_where_there_are_several():
    shown = tables(section_of(subsets=("code", "web")))["Documents with finds, by subset"]
    assert shown == [("code", "0"), ("web", "3")]
    assert "Documents with finds, by subset" not in tables(section_of())


def test_without_counts_there_is_no_section():
    assert section_of(ENTRIES[:3]) is None


def test_without_masks_it_is_said_that_the_text_has_them():
    words = "Nothing was masked: kept documents hold what was found, unless an edit cut it out."
    assert words in prose(section_of(ENTRIES[:7]))
    assert words not in prose(section_of())
    assert tables(section_of(ENTRIES[:7]))["What detectors found in documents read"] == [
        (EMAIL, "3", "5", "2")
    ]


def test_of_many_groups_those_that_most_documents_mention_are_shown():
    more = [
        ("ingest", "found", Amount(number, 0, items=number), "en", f"identity/age/a{number}@1")
        for number in range(1, 25)
    ]
    found = section_of([*ENTRIES, *more])
    rows = tables(found)["Documents read that mention a group or use a pronoun"]
    assert [row[0] for row in rows[:2]] == ["pronoun she@1", "identity age/a24@1"]
    assert len(rows) == 20
    assert "5 more are in card.json under people.documents." in prose(found)

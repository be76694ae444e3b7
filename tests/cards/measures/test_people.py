from planted_card import inputs, ledger_of

from haybale.cards.measures import people
from haybale.corpus.ledger import Amount, Ledger
from haybale.pipeline.ingesting.findings import mask_name
from haybale.quality.sensitive.personal_data import KINDS

SHE = "identity/pronoun/she@1"
EMAIL = "personal_data/email@1"
ENTRIES = (
    ("ingest", "read", Amount(100), "en", ""),
    ("ingest", "unreadable", Amount(5), "", "broken"),
    ("ingest", "found", Amount(40, 0, items=90), "en", SHE),
    ("ingest", "found_kept", Amount(30, 0, items=50), "en", SHE),
    ("ingest", "found", Amount(5, 0, items=5), "", SHE),
    ("ingest", "found", Amount(3, 0, items=5), "en", EMAIL),
    ("ingest", "found_kept", Amount(2, 0, items=4), "en", EMAIL),
    ("ingest", "edited", Amount(2, 60), "en", "mask/email@1"),
    ("ingest", "inserted", Amount(2, 28), "en", "mask/email@1"),
    ("ingest", "edited", Amount(9, 900), "en", "lines/other@1"),
)


def facts(entries=ENTRIES, **changes):
    made = inputs(**{"ledger": ledger_of(entries), **changes})
    return {fact.id: fact for fact in people.facts(made)}


def test_documents_mentions_and_what_was_kept():
    found = facts()
    for of in (f"what={SHE}", f"subset=web.what={SHE}"):
        values = [found[f"people.{one}.{of}"].value for one in ("documents", "items", "kept")]
        assert values == [45, 95, 30]


def test_subsets_add_up():
    ledger = Ledger()
    for subset, number in (("web", 3), ("code", 4)):
        ledger.add("ingest", subset, "found", Amount(number, 0, items=9), rule=EMAIL)
    found = facts(ledger=ledger)
    assert found[f"people.documents.subset=code.what={EMAIL}"].value == 4
    assert found[f"people.kept.subset=code.what={EMAIL}"].value == 0
    assert found[f"people.documents.what={EMAIL}"].value == 7


def test_bytes_of_masks_stand_with_the_detector():
    found = facts()
    assert found[f"people.masked_bytes.what={EMAIL}"].value == 60
    assert found[f"people.inserted_bytes.what={EMAIL}"].value == 28
    assert not any("other" in name for name in found)


def test_nothing_found_is_a_zero_where_something_was_looked_for():
    found = facts()
    assert found["people.searched"].value == 95
    zero = found["people.documents.what=personal_data/card@1"]
    assert (zero.value, zero.how) == (0, "exact")


def test_nothing_found_is_no_zero_where_nothing_was_counted():
    for changes in (
        {"recipe": {"ingest": {"count_people": False}}},
        {"entries": ENTRIES[:2]},
    ):
        found = facts(**changes)
        assert found["people.searched"].how == "not_measured"
        assert "people.documents.what=personal_data/card@1" not in found


def test_masks_alone_do_not_show_that_all_kinds_were_looked_for():
    recipe = {"ingest": {"count_people": False}}
    found = facts(entries=[entry for entry in ENTRIES if entry[4] != SHE], recipe=recipe)
    assert found[f"people.documents.what={EMAIL}"].value == 3
    assert "people.documents.what=personal_data/card@1" not in found


def test_detectors_and_masks_are_named_as_the_stages_name_them():
    assert tuple(f"personal_data/{kind}@1" for kind in KINDS) == people.PERSONAL_DATA
    assert mask_name("email").replace("mask/", "personal_data/") == EMAIL


def test_how_often_finds_are_right_is_said_to_be_unknown():
    assert facts()["people.precision"].how == "not_measured"


def test_every_measure_is_explained():
    assert {fact.measure for fact in facts().values()} <= people.MEASURES.keys()

from planted_card import inputs, measured

from haybale.cards.measured import LicenseCounts
from haybale.cards.measures import licenses


def facts(rows=None):
    made = inputs() if rows is None else inputs(measured=measured(licenses=tuple(rows)))
    return {fact.id: fact for fact in licenses.facts(made)}


def test_statements_stand_word_for_word_and_silence_as_unknown():
    found = facts()
    assert found["license.documents.subset=web.license=CC BY-SA 4.0"].value == 18
    assert found["license.documents.subset=web.license=unknown"].value == 20


def test_classes_add_up_the_statements_that_they_hold():
    found = facts()
    assert found["license.documents.license_class=share-alike"].value == 20  # 18 + 2
    assert found["license.tokens.subset=web.license_class=unknown"].value == 200
    classes = [f for f in found.values() if tuple(f.of) == ("license_class",)]
    assert sum(f.value for f in classes if f.measure == "license.tokens") == 500


def test_the_word_unknown_and_silence_are_one():
    rows = [LicenseCounts("web", "", 3, 30, 4), LicenseCounts("web", "unknown", 2, 20, 1)]
    assert facts(rows)["license.documents.subset=web.license=unknown"].value == 5


def test_beyond_a_bound_the_smallest_statements_stand_together():
    rows = [LicenseCounts("web", f"by author {n}", 1, 10, n + 1) for n in range(60)]
    found = facts(rows)
    assert found["license.documents.subset=web.license=(all others)"].value == 10
    assert "license.documents.subset=web.license=by author 59" in found
    assert "license.documents.subset=web.license=by author 9" not in found


def test_what_was_not_counted_is_said_not_to_be():
    found = facts([])
    assert found["license.tokens"].how == "not_measured"

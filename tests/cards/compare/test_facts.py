from planted_card import card

from haybale.cards.card import Card
from haybale.cards.compare.facts import facts_only_in, moved_facts


def with_facts(*facts):
    """A card of these facts alone."""
    rows = [
        {
            "id": name,
            "measure": name,
            "of": {},
            "value": value,
            "unit": "documents",
            "how": "exact",
            "stage": "",
            "interval": interval,
            "n": None,
            "source": "",
            "why_missing": "",
        }
        for name, value, interval in facts
    ]
    return Card({**card().raw, "facts": rows})


OLD = with_facts(
    ("same", 1, None), ("half", 10, None), ("double", 10, None), ("zero", 0, None),
    ("word", "a", None), ("near", 0.5, [0.4, 0.6]), ("far", 0.5, [0.4, 0.6]), ("gone", 1, None),
)  # fmt: skip
NEW = with_facts(
    ("same", 1, None), ("half", 5, None), ("double", 20, None), ("zero", 3, None),
    ("word", "b", None), ("near", 0.6, [0.5, 0.7]), ("far", 0.9, [0.8, 1.0]), ("new", 1, None),
)  # fmt: skip


def test_those_that_moved_most_of_their_value_come_first():
    moved = moved_facts(OLD, NEW)
    # What was 0 or is no number has no bound; then +100 %, +80 %, -50 %, +20 %.
    assert [fact.id for fact in moved] == ["word", "zero", "double", "far", "half", "near"]
    relative = {fact.id: fact.relative for fact in moved}
    assert (relative["word"], relative["zero"]) == (None, None)
    assert (relative["double"], relative["half"]) == (1.0, -0.5)


def test_estimates_say_whether_they_may_be_of_the_same_number():
    overlap = {fact.id: fact.intervals_overlap for fact in moved_facts(OLD, NEW)}
    assert (overlap["near"], overlap["far"], overlap["half"]) == (True, False, None)


def test_facts_of_one_card_alone_are_named():
    assert facts_only_in(OLD, NEW) == ["gone"]
    assert facts_only_in(NEW, OLD) == ["new"]

from planted_card import inputs

from haybale.cards.declaration import CardDeclaration
from haybale.cards.measures import declared


def facts(**answers):
    found = declared.facts(inputs(declared=CardDeclaration(**answers)))
    return {fact.id: fact for fact in found}


def test_an_answer_is_somebodys_word():
    fact = facts(motivation="To learn.")["declared.answer.question=motivation"]
    assert (fact.value, fact.how) == ("To learn.", "declared")


def test_gaps_are_facts_and_are_counted():
    none, one = facts(), facts(contact="a@b")
    assert none["declared.answer.question=contact"].how == "not_measured"
    assert none["declared.open"].value == len(declared.QUESTIONS)
    assert one["declared.open"].value == len(declared.QUESTIONS) - 1


def test_settings_are_no_questions():
    assert not {"samples", "training_tokens", "currency"} & set(declared.QUESTIONS)

from planted_card import inputs, ledger_of

from haybale.cards.measures import languages
from haybale.corpus.ledger import Amount


def facts(**changes):
    return {fact.id: fact for fact in languages.facts(inputs(**changes))}


def test_languages_are_those_of_the_corpus():
    found = facts()
    assert found["language.documents.language=en"].value == 40
    assert found["language.tokens.language=fr"].value == 120
    assert found["languages.found"].value == 2
    # 40 documents are English, 10 French.
    assert found["languages.frequent"].value == 1


def test_text_of_no_known_language_is_called_unknown_and_is_no_language():
    ledger = ledger_of([("tokenize", "kept", Amount(3, 30, 4), "", "")])
    found = facts(ledger=ledger)
    assert found["language.documents.language=unknown"].value == 3
    assert found["languages.found"].value == 0
    many = ledger_of([("tokenize", "kept", Amount(40, 400, 50), "", "")])
    assert facts(ledger=many)["languages.frequent"].value == 0


def test_a_language_that_did_not_survive_has_no_row():
    ledger = ledger_of([("ingest", "dropped", Amount(3, 30), "de", "r@1")])
    assert not any("language=de" in name for name in facts(ledger=ledger))

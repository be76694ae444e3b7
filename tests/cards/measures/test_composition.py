from planted_card import inputs

from haybale.cards.measures import composition


def facts(**changes):
    return {fact.id: fact.value for fact in composition.facts(inputs(**changes))}


def test_totals_stand_by_split_by_subset_and_by_both():
    found = facts()
    assert found["corpus.documents"] == 50
    assert found["corpus.documents.split=train"] == 45
    assert found["corpus.tokens.split=validation.subset=web"] == 50
    assert found["corpus.text_bytes.subset=web"] == 2000
    assert found["corpus.shards"] == 2


def test_subsets_add_up_and_none_has_what_is_anothers():
    def counts(tokens):
        return {"documents": 1, "text_bytes": 4 * tokens, "tokens": tokens, "shards": 1}

    found = facts(totals={"train": {"web": counts(30), "books": counts(12)}})
    assert found["corpus.tokens.subset=web"] == 30
    assert found["corpus.tokens.split=train.subset=books"] == 12
    assert found["corpus.tokens.split=train"] == found["corpus.tokens"] == 42
    assert found["corpus.subsets"] == 2


def test_bytes_per_token_is_of_both_splits():
    assert facts()["corpus.bytes_per_token.subset=web"] == 4.0  # 2,000 bytes, 500 tokens


def test_an_empty_subset_is_counted_as_zero_and_has_no_rate():
    empty = {"documents": 0, "text_bytes": 0, "tokens": 0, "shards": 0}
    found = facts(totals={"train": {"web": empty}, "validation": {"web": empty}})
    assert found["corpus.subsets"] == 0
    assert found["corpus.documents.subset=web"] == 0
    assert "corpus.bytes_per_token.subset=web" not in found

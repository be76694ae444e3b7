import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_card import ENTRIES, LICENSES, SAMPLES, inputs, ledger_of, measured

import haybale
from haybale.cards.declaration import CardDeclaration
from haybale.cards.facts import SUBJECTS, build_facts
from haybale.cards.inputs import CardInputs
from haybale.corpus.digests import canonical_json
from haybale.corpus.ledger import Amount


def facts_of(card):
    return {fact["id"]: fact for fact in card["facts"]}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("corpus.documents.split=train", 45),
        ("corpus.tokens.split=validation", 50),
        ("corpus.tokens", 500),
        ("corpus.bytes_per_token.subset=web", 4.0),  # 2,000 bytes, 500 tokens
        ("ingest.read.documents.subset=web", 100),
        ("attrition.dropped.documents.subset=web.rule=gopher/word_count@1", 20),
        ("attrition.hit.documents.subset=web.rule=gopher/word_count@1", 25),
        ("attrition.removed.text_bytes.subset=web.rule=exact/text@1", 600),
        ("attrition.left.documents.stage=ingest", 65),
        ("attrition.left.documents.stage=deduplicate", 50),
        ("unreadable.records.subset=web.rule=not_json", 5),
        ("people.documents.subset=web.what=personal_data/email@1", 8),
        ("people.kept.what=personal_data/email@1", 3),
        ("duplicates.documents", 15),
        ("duplicates.clusters", 11),
        ("duplicates.cluster_size.size=2", 9),
        ("duplicates.cluster_size.size=3-4", 2),
        ("duplicates.cluster_size.size=100+", 0),
        ("language.tokens.language=fr", 120),
        ("license.documents.license_class=share-alike", 20),
        ("domain.documents.domain=big.org", 31),
        ("lengths.tokens.mean.state=corpus", 10.0),
        ("mixture.epochs.subset=web", 1.0),
        ("cost.input_bytes", 12345),
    ],
)
def test_the_card_states_what_was_planted(fact, value):
    assert facts_of(build_facts(inputs()))[fact]["value"] == value


def test_every_number_says_how_it_is_known_and_every_gap_why():
    for fact in build_facts(inputs())["facts"]:
        if fact["how"] == "not_measured":
            assert fact["value"] is None
            assert fact["why_missing"]
        else:
            assert fact["value"] is not None
            assert not fact["why_missing"]


def test_every_number_says_what_it_counts_and_which_code_did():
    card = build_facts(inputs())
    for fact in card["facts"]:
        assert card["measures"][fact["measure"]].endswith(".")
        assert fact["by"].startswith(f"haybale {haybale.__version__}, cards.measures.")
        assert fact["id"].startswith(fact["measure"])


def test_no_measure_belongs_to_two_subjects():
    names = [name for module in SUBJECTS for name in module.MEASURES]
    assert len(names) == len(set(names))


def test_facts_stand_in_the_order_of_their_ids():
    ids = [fact["id"] for fact in build_facts(inputs())["facts"]]
    assert ids == sorted(set(ids))


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_the_bytes_do_not_depend_on_any_order_of_the_inputs(random_):
    def shuffled(rows):
        return tuple(random_.sample(rows, len(rows)))

    mixed = inputs(
        ledger=ledger_of(shuffled(ENTRIES)),
        samples=shuffled(SAMPLES),
        measured=measured(licenses=shuffled(LICENSES)),
    )
    assert canonical_json(build_facts(mixed)) == canonical_json(build_facts(inputs()))


@settings(max_examples=30)
@given(st.lists(st.sampled_from(range(len(ENTRIES))), max_size=6))
def test_rows_counted_in_parts_give_the_same_bytes(cut):
    # A row of n documents as n - 1 and 1, as another split of the input would count it.
    entries = list(ENTRIES)
    for place in cut:
        stage, outcome, amount, *rest = entries[place]
        if amount.documents > 1:
            one = Amount(1)
            less = Amount(amount.documents - 1, amount.text_bytes, amount.tokens, amount.items)
            entries[place] = (stage, outcome, less, *rest)
            entries.append((stage, outcome, one, *rest))
    assert build_facts(inputs(ledger=ledger_of(entries))) == build_facts(inputs())


def test_facts_are_made_again_from_stored_inputs():
    again = CardInputs.from_json(json.loads(canonical_json(inputs().as_json())))
    assert canonical_json(build_facts(again)) == canonical_json(build_facts(inputs()))


def test_what_is_built_is_what_a_reader_of_the_file_finds_down_to_the_order_of_keys():
    made = build_facts(inputs())
    assert json.dumps(made) == json.dumps(json.loads(canonical_json(made)))


def test_samples_are_left_out_where_the_author_wants_none():
    card = build_facts(inputs(declared=CardDeclaration(samples="none")))
    assert card["samples"] == []
    assert "too short" not in json.dumps(card)


def test_excerpts_are_never_longer_than_300_characters():
    long = {**SAMPLES[0], "excerpt": "x" * 1_000_000}
    [sample] = build_facts(inputs(samples=[long]))["samples"]
    assert sample["excerpt"] == "x" * 300

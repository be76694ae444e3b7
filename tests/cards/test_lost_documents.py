"""No document can get lost or be made up between two stages without a card being refused."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planted_card import inputs

from haybale.cards.conservation import check_inputs
from haybale.cards.facts import build_facts
from haybale.cards.measured import Measured
from haybale.corpus.errors import HaybaleError
from haybale.corpus.ledger import Account, Amount, Ledger

FATES = ("not_json", "gopher/word_count@1", "exact/text@1", "contamination/quiz@1", "")
DECIDING = ("read", "kept", "dropped", "unreadable", "removed")
DOCUMENTS = st.lists(
    st.tuples(
        st.sampled_from(["web", "books"]),
        st.sampled_from(["en", "de"]),
        st.integers(1, 99),
        st.sampled_from(FATES),
    ),
    min_size=1,
    max_size=12,
)


def ledger_of(documents):
    """What stages enter of documents: their subset, language, bytes, and what takes them out."""
    ledger = Ledger()
    for subset, language, size, fate in documents:
        where = {"language": "" if fate == "not_json" else language}
        whole, nothing = Amount(1, size), Amount(0, 0)
        if fate == "not_json":
            ledger.add("ingest", subset, "read", Amount(1, 0), **where)
            ledger.add("ingest", subset, "unreadable", whole, rule=fate, **where)
            continue
        ledger.add("ingest", subset, "read", whole, **where)
        for stage, rule in (
            ("ingest", FATES[1]),
            ("deduplicate", FATES[2]),
            ("decontaminate", FATES[3]),
        ):
            # A stage that has seen a subset says so even if it keeps nothing of it.
            ledger.add(stage, subset, "kept", nothing if fate == rule else whole, **where)
            if fate == rule:
                out = "dropped" if stage == "ingest" else "removed"
                ledger.add(stage, subset, out, whole, rule=rule, **where)
                break
        else:
            ledger.add("tokenize", subset, "kept", Amount(1, size, size), **where)
    return ledger


def inputs_of(ledger):
    """Of a corpus that agrees with its ledger."""
    totals = {}
    for subset in ("web", "books"):
        left = ledger.total(stage="tokenize", subset=subset, outcome="kept")
        sizes = {"text_bytes": left.text_bytes, "tokens": left.tokens}
        totals[subset] = {"documents": left.documents, "shards": 1, **sizes}
    return inputs(ledger=ledger, totals={"train": totals}, weights={}, measured=Measured())


def changed(ledger, changes):
    """The ledger with amounts added to accounts."""
    rows = dict(ledger.rows())
    for account, amount in changes.items():
        rows[account] = rows.get(account, Amount()) + amount
    other = Ledger()
    for account, amount in rows.items():
        stage, subset, language, outcome, rule = account
        other.add(stage, subset, outcome, amount, language=language, rule=rule)
    return other


def rows_that_decide(ledger):
    return [account for account, _ in ledger.rows() if account.outcome in DECIDING]


@given(DOCUMENTS)
def test_whatever_becomes_of_documents_the_card_accounts_for_all_of_them(documents):
    facts = {
        fact["id"]: fact["value"] for fact in build_facts(inputs_of(ledger_of(documents)))["facts"]
    }
    taken = {
        measure: sum(
            value for name, value in facts.items() if name.startswith(f"{measure}.subset=")
        )
        for measure in (
            "unreadable.records",
            "attrition.dropped.documents",
            "attrition.removed.documents",
        )
    }
    assert taken["unreadable.records"] == sum(fate == "not_json" for *_, fate in documents)
    assert facts["ingest.read.documents"] == len(documents)
    assert facts["corpus.documents"] + sum(taken.values()) == len(documents)


@given(DOCUMENTS, st.data(), st.sampled_from([-1, 1, 5]), st.booleans())
def test_a_row_off_by_any_document_or_byte_is_refused(documents, data, off, in_bytes):
    ledger = ledger_of(documents)
    row = data.draw(st.sampled_from(rows_that_decide(ledger)))
    # Bytes of unreadable records are of their source, so nothing adds up to them.
    assume(not in_bytes or row.outcome != "unreadable")
    planted = inputs_of(ledger)
    check_inputs(planted)
    amount = Amount(0, off) if in_bytes else Amount(off)
    wrong = inputs(
        ledger=changed(ledger, {row: amount}),
        totals=planted.totals,
        weights={},
        measured=Measured(),
    )
    with pytest.raises(HaybaleError, match="this is a defect of haybale"):
        check_inputs(wrong)


@given(DOCUMENTS, st.data())
def test_a_document_that_changes_its_language_or_subset_between_stages_is_refused(documents, data):
    ledger = ledger_of(documents)
    row = data.draw(st.sampled_from(rows_that_decide(ledger)))
    assume(dict(ledger.rows())[row].documents)
    part, values = data.draw(
        st.sampled_from([("language", ("en", "de", "fr")), ("subset", ("web", "books"))])
    )
    value = data.draw(st.sampled_from([one for one in values if one != getattr(row, part)]))
    moved = Account(**{**row._asdict(), part: value})
    wrong = inputs(
        ledger=changed(ledger, {row: Amount(-1), moved: Amount(1)}),
        totals=inputs_of(ledger).totals,
        weights={},
        measured=Measured(),
    )
    with pytest.raises(HaybaleError, match="this is a defect of haybale"):
        check_inputs(wrong)


@given(DOCUMENTS, st.sampled_from(["web", "books"]))
def test_a_subset_that_ends_before_the_corpus_is_refused(documents, subset):
    whole = ledger_of(documents)
    assume(whole.total(stage="tokenize", subset=subset, outcome="kept").documents)
    assume(whole.total(stage="tokenize", outcome="kept").documents > 0)
    lost = Ledger()
    for account, amount in whole.rows():
        if (account.stage, account.subset) != ("tokenize", subset):
            stage, name, language, outcome, rule = account
            lost.add(stage, name, outcome, amount, language=language, rule=rule)
    with pytest.raises(HaybaleError, match="this is a defect of haybale"):
        build_facts(inputs_of(lost))

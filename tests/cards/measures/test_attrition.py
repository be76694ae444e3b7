import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_card import inputs, ledger_of
from scipy import stats

from haybale.cards.attrition_table import ATTRITION, attrition_table
from haybale.cards.intervals import MIN_SAMPLE
from haybale.cards.measured import Measured, TokenRate
from haybale.cards.measures import attrition
from haybale.corpus.ledger import Amount, Ledger


def facts(**changes):
    return {fact.id: fact for fact in attrition.facts(inputs(**changes))}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("ingest.read.documents", 100),
        ("ingest.kept.text_bytes.subset=web", 2600),
        ("ingest.read.documents.language=en", 85),
        ("attrition.dropped.documents.rule=gopher/word_count@1", 20),
        ("attrition.dropped.text_bytes.subset=web.rule=gopher/word_count@1", 6000),
        ("attrition.dropped.documents.language=en.rule=gopher/word_count@1", 20),
        ("attrition.hit.documents.subset=web.rule=gopher/word_count@1", 25),
        ("attrition.removed.documents.rule=exact/text@1", 15),
        ("unreadable.records.subset=web.rule=not_json", 5),
        ("unreadable.source_bytes.subset=web.rule=not_json", 77),
        ("attrition.left.documents.stage=ingest", 65),
        ("attrition.left.documents.subset=web.stage=deduplicate", 50),
        ("attrition.left.documents.language=en.stage=tokenize", 40),
    ],
)
def test_what_was_planted_is_counted_exactly(fact, value):
    found = facts()[fact]
    assert (found.value, found.how, found.interval) == (value, "exact", None)


def test_a_language_that_was_not_identified_is_called_unknown():
    found = facts(ledger=ledger_of([("ingest", "read", Amount(3), "", "")]))
    assert found["ingest.read.documents.language=unknown"].value == 3


@pytest.mark.parametrize(
    "outcome", ["hit", "barely_hit", "nearly_hit", "skipped", "edited", "inserted"]
)
def test_every_outcome_of_a_rule_is_told(outcome):
    found = facts(ledger=ledger_of([("ingest", outcome, Amount(7, 70), "en", "r@1")]))
    for of in ("rule=r@1", "subset=web.rule=r@1"):
        assert found[f"attrition.{outcome}.documents.{of}"].value == 7
        assert found[f"attrition.{outcome}.text_bytes.{of}"].value == 70


def test_a_fact_names_the_stage_that_counted_it():
    found = facts()
    assert found["attrition.dropped.documents.rule=gopher/word_count@1"].stage == "ingest"
    assert found["attrition.removed.documents.rule=exact/text@1"].stage == "deduplicate"
    assert found["attrition.left.documents.stage=deduplicate"].stage == "deduplicate"


def test_every_measure_is_explained():
    assert {fact.measure for fact in facts().values()} <= attrition.MEASURES.keys()


def test_rules_of_small_languages_are_left_to_the_table():
    codes = [f"x{number:02}" for number in range(attrition.MAX_LANGUAGES + 1)]
    rows = [
        ("ingest", outcome, Amount(number + 1, 1), code, rule)
        for number, code in enumerate(codes)
        for outcome, rule in (("read", ""), ("dropped", "r@1"))
    ]
    found = facts(ledger=ledger_of(rows))
    # x00 has one document, the fewest.
    assert "attrition.dropped.documents.language=x00.rule=r@1" not in found
    assert found["attrition.dropped.documents.language=x01.rule=r@1"].value == 2
    assert found["ingest.read.documents.language=x00"].value == 1


DROPPED = "attrition.dropped.tokens"


def dropped_tokens(*subsets, **of):
    """The fact of a rule that dropped, of each subset: documents, bytes, and their sample."""
    ledger, rates = Ledger(), []
    for number, (documents, text_bytes, sample) in enumerate(subsets):
        name = f"s{number}"
        amount = Amount(documents, text_bytes)
        for outcome, rule in (("read", ""), ("dropped", "r@1")):
            ledger.add("ingest", name, outcome, amount, rule=rule)
        if sample:
            x, y = zip(*sample, strict=True)
            squares = (
                sum(a * b for a, b in zip(p, q, strict=True)) for p, q in ((x, x), (x, y), (y, y))
            )
            rates.append(TokenRate("ingest", "r@1", name, len(x), sum(x), sum(y), *squares))
    made = inputs(ledger=ledger, measured=Measured(token_rates=tuple(rates)))
    found = {fact.id: fact for fact in attrition.facts(made)}
    return found[".".join([DROPPED, *(f"{name}={value}" for name, value in of.items())])]


# 10 documents of 100 bytes and 20 tokens, 10 of 200 bytes and 60 tokens: R = 800 / 3,000 = 4/15.
SAMPLE = [(100, 20)] * 10 + [(200, 60)] * 10
# Residuals 20 - 400/15 and 60 - 800/15 are -20/3 and 20/3; mean of x 150, n = 20.
VARIANCE = 20 * (20 / 3) ** 2 / (19 * 20 * 150**2)


def test_removed_tokens_are_estimated_by_a_ratio_with_its_interval():
    fact = dropped_tokens((1000, 100_000, SAMPLE), subset="s0", rule="r@1")
    # 100,000 * 4/15 = 26,666.7
    spread = stats.t.ppf(0.975, 19) * 100_000 * math.sqrt(VARIANCE)
    assert (fact.value, fact.how, fact.n, fact.unit) == (26_667, "sample", 20, "tokens")
    low, high = math.floor(80_000 / 3 - spread), math.ceil(80_000 / 3 + spread)
    assert fact.interval == (low, high)
    assert "Cochran" in fact.source


def test_texts_longer_than_what_was_tokenized_have_a_wider_interval():
    # 1,000 documents of 600 bytes each, of which 150 were tokenized: of 450, a fifth is unsure.
    fact = dropped_tokens((1000, 600_000, SAMPLE), rule="r@1")
    spread = stats.t.ppf(0.975, 19) * 600_000 * math.sqrt(VARIANCE)
    # 600,000 * 4/15 = 160,000, of which 3/4 * 1/5 are 24,000.
    assert fact.interval == (math.floor(136_000 - spread), math.ceil(184_000 + spread))


def test_what_was_tokenized_whole_is_counted_not_estimated():
    fact = dropped_tokens((20, 3000, SAMPLE), rule="r@1")
    assert (fact.value, fact.how, fact.interval) == (800, "exact", None)


def test_subsets_add_up_and_so_do_their_variances():
    fact = dropped_tokens((1000, 100_000, SAMPLE), (500, 30_000, SAMPLE), rule="r@1")
    # 130,000 * 4/15. Variances (100,000^2 + 30,000^2) v; Satterthwaite's degrees of freedom
    # (10^10 + 9e8)^2 / ((10^20 + 8.1e17) / 19).
    degrees = (1e10 + 9e8) ** 2 / ((1e20 + 8.1e17) / 19)
    spread = stats.t.ppf(0.975, degrees) * math.sqrt((1e10 + 9e8) * VARIANCE)
    assert fact.value == 34_667
    assert fact.interval == (math.floor(104_000 / 3 - spread), math.ceil(104_000 / 3 + spread))
    assert fact.n == 40


def test_a_small_subset_does_not_hide_the_others():
    few = [(100, 20), (200, 60)]
    fact = dropped_tokens((1000, 100_000, SAMPLE), (3, 900, few), rule="r@1")
    # Together 22 documents, R = 880 / 3,300 = 4/15 of 100,900 bytes.
    assert (fact.value, fact.n) == (26_907, 22)


@pytest.mark.parametrize("sample", [[], [(100, 20)] * (MIN_SAMPLE - 1)])
def test_too_few_documents_give_no_estimate(sample):
    fact = dropped_tokens((1000, 100_000, sample), rule="r@1")
    assert (fact.how, fact.value) == ("not_measured", None)
    assert "tokenized" in fact.why_missing


def test_a_subset_of_which_nothing_was_tokenized_leaves_a_gap():
    fact = dropped_tokens((1000, 100_000, SAMPLE), (3, 900, []), rule="r@1")
    assert fact.how == "not_measured"


def test_documents_without_text_have_no_tokens():
    fact = dropped_tokens((7, 0, []), rule="r@1")
    assert (fact.value, fact.how) == (0, "exact")


FATES = ("unreadable", "kept", "dropped/a@1", "dropped/b@1", "removed")
documents = st.lists(
    st.tuples(
        st.sampled_from(FATES),
        st.sampled_from(["web", "code"]),
        st.sampled_from(["en", "de", ""]),
        st.integers(0, 1000),
    )
)


def rows_of(drawn):
    """Ledger rows of documents by their fates."""
    for fate, subset, language, size in drawn:
        one = Amount(1, size)
        if fate == "unreadable":
            yield "ingest", subset, "read", Amount(1), "", ""
            yield "ingest", subset, "unreadable", one, "", "broken"
            continue
        yield "ingest", subset, "read", one, language, ""
        if fate.startswith("dropped/"):
            yield "ingest", subset, "dropped", one, language, fate.removeprefix("dropped/")
            continue
        yield "ingest", subset, "kept", one, language, ""
        outcome, rule = ("removed", "exact/text@1") if fate == "removed" else ("kept", "")
        yield "deduplicate", subset, outcome, one, language, rule


def ledger_of_rows(rows):
    ledger = Ledger()
    for stage, subset, outcome, amount, language, rule in rows:
        ledger.add(stage, subset, outcome, amount, language=language, rule=rule)
    return ledger


def total(found, measure, label, value):
    """Sum of a measure over all that it is further of, such as rules."""
    return sum(
        fact.value
        for fact in found.values()
        if fact.measure == measure and fact.of.get(label) == value and len(fact.of) == 2
    )


@given(documents)
def test_documents_are_conserved(drawn):
    found = facts(ledger=ledger_of_rows(rows_of(drawn)), measured=Measured())
    for label, values in (("subset", ("web", "code")), ("language", ("en", "de"))):
        for value in values:
            read, kept = (
                getattr(found.get(f"ingest.{one}.documents.{label}={value}"), "value", 0)
                for one in ("read", "kept")
            )
            unreadable = total(found, "unreadable.records", label, value)
            dropped = total(found, "attrition.dropped.documents", label, value)
            assert read == kept + dropped + unreadable
            left = found.get(f"attrition.left.documents.{label}={value}.stage=deduplicate")
            if left is not None:
                removed = total(found, "attrition.removed.documents", label, value)
                assert kept == left.value + removed


@given(documents, st.randoms(use_true_random=False))
def test_facts_and_table_do_not_depend_on_the_order(drawn, rng: random.Random):
    rows = [*rows_of(drawn)]
    one, two = ledger_of_rows(rows), ledger_of_rows(rng.sample(rows, len(rows)))
    assert [*facts(ledger=one)] == [*facts(ledger=two)]
    assert attrition_table(one).equals(attrition_table(two))


def test_the_table_has_every_row_of_the_ledger_sorted():
    table = attrition_table(inputs().ledger)
    assert table.schema == ATTRITION
    rows = table.to_pylist()
    keys = [[row[name] for name in ATTRITION.names[:5]] for row in rows]
    assert keys == sorted(keys)
    dropped = [row for row in rows if row["outcome"] == "dropped"]
    assert [(row["rule"], row["documents"]) for row in dropped] == [
        ("gopher/duplicate_line_fraction@1", 10),
        ("gopher/word_count@1", 20),
    ]
    assert sum(row["tokens"] for row in rows) == 500

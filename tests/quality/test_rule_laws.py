"""The check that other packages' tests use: our rules pass, and what breaks a law is named."""

import numpy as np
import pytest

from haybale.corpus.errors import RecipeError
from haybale.quality.rule_laws import check_rule
from haybale.quality.rules import Bounds, Measure, Rule, rule, rules


@pytest.mark.parametrize("name", rules())
def test_every_rule_keeps_the_laws(name):
    check_rule(rules()[name], ["Hay is dry grass.\nStraw is what is left of corn, and is not."])


def ones(count, dtype=np.int64):
    return np.ones(count, dtype)


def number_of_texts(batch):
    return Measure(ones(len(batch.texts)) * len(batch.texts), ones(len(batch.texts)))


def place(batch):
    return Measure(np.arange(len(batch.texts)) // 3, ones(len(batch.texts)))


def negative(batch):
    return Measure(ones(len(batch.texts)), -ones(len(batch.texts)))


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (number_of_texts, "must not depend on those beside it"),
        (place, "must not depend on those beside it|order of texts"),
        (negative, "has the denominator -1"),
    ],
)
def test_a_rule_that_breaks_a_law_is_told_which(measure, said):
    with pytest.raises(AssertionError, match=f"straw/x@1: .*({said})"):
        check_rule(Rule("straw/x@1", "", "", measure, Bounds(), None, ()), ["a", "b"])


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (lambda batch: 3, "expected Measure.*found int"),
        (lambda batch: Measure(ones(1), ones(99)), r"found int64\[(1|99)\] in it"),
        (lambda batch: Measure([1], [1]), "found list in it"),
        (lambda batch: Measure(*[ones(len(batch.texts), np.float64)] * 2), "found float64"),
        (lambda batch: 1 / 0, "raised ZeroDivisionError: division by zero"),
    ],
)
def test_a_rule_that_gives_no_measure_says_what_was_expected(measure, said):
    with pytest.raises(RecipeError, match=rf"straw/x@1: .*{said}"):
        check_rule(Rule("straw/x@1", "", "", measure, Bounds(), None, ()), ["a", "b"])


@pytest.mark.parametrize("bound", [0.1, "a third"])
def test_a_bound_that_is_no_exact_number_is_refused(bound):
    with pytest.raises(RecipeError, match=r"straw/x@1: expected a bound as a string of a number"):
        rule("straw/x@1", unit="", source="", maximum=bound)(number_of_texts_documented)


def number_of_texts_documented(batch):
    """Texts."""
    return number_of_texts(batch)

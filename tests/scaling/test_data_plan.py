import pytest

from haybale.scaling.budget import BudgetError
from haybale.scaling.data_plan import plan_data, refuse_above, tokens_that_last
from haybale.scaling.laws import BESIROGLU
from haybale.scaling.repetition import MUENNIGHOFF

# Rae et al. 2021 (arXiv 2112.11446), table 2: tokens of MassiveText.
MASSIVETEXT = {
    "massiveweb": 506_000_000_000,
    "books": 560_000_000_000,
    "c4": 182_000_000_000,
    "news": 676_000_000_000,
    "github": 422_000_000_000,
    "wikipedia": 4_000_000_000,
}
# Hoffmann et al. 2022 (arXiv 2203.15556), table A1: weights, and epochs in 1.4 trillion tokens.
WEIGHTS = {
    "massiveweb": 0.45,
    "books": 0.30,
    "c4": 0.10,
    "news": 0.10,
    "github": 0.04,
    "wikipedia": 0.01,
}
EPOCHS = {
    "massiveweb": 1.24,
    "books": 0.75,
    "c4": 0.77,
    "news": 0.21,
    "github": 0.13,
    "wikipedia": 3.40,
}


def test_chinchillas_epochs_are_those_of_table_a1():
    plan = plan_data(MASSIVETEXT, WEIGHTS, 1.4e12)
    found = {subset.name: subset.epochs for subset in plan.subsets}
    # Wikipedia's 4 billion is one digit: 14 / 4 = 3.50, where 14 / 4.12 were 3.40.
    assert found.pop("wikipedia") == pytest.approx(EPOCHS["wikipedia"], rel=0.03)
    assert found == pytest.approx({name: EPOCHS[name] for name in found}, abs=0.006)


def test_what_is_read_most_comes_first():
    plan = plan_data(MASSIVETEXT, WEIGHTS, 1.4e12)
    assert [subset.name for subset in plan.subsets[:2]] == ["wikipedia", "massiveweb"]


@pytest.mark.parametrize(
    ("epochs", "worth"),
    # Muennighoff et al. 2023: R* = 15.387756, (1 + R* (1 - exp(-R / R*))) / (R + 1).
    [(1, 1.0), (2, 0.984), (4, 0.931), (8, 0.828), (16, 0.661), (40, 0.379)],
)
def test_repeats_are_worth_what_the_law_says(epochs, worth):
    (subset,) = plan_data({"a": 1000}, {"a": 1.0}, 1000 * epochs).subsets
    assert subset.effective_tokens / subset.tokens == pytest.approx(worth, abs=0.0005)


def test_a_run_tells_what_is_missing_and_how_long_the_corpus_lasts():
    # 400 tokens, halves of 100 and 1,000: the first is read twice, lacks 100, and is read once in a
    # run of 200 and four times in one of 800.
    plan = plan_data({"a": 100, "b": 1000}, {"a": 0.5, "b": 0.5}, 400)
    assert [subset.missing_tokens for subset in plan.subsets] == [100, 0]
    assert (plan.run_tokens_at(1), plan.run_tokens_at(4)) == (200, 800)


def test_weights_need_not_sum_to_one_and_a_weight_of_zero_leaves_out():
    plan = plan_data({"a": 100, "b": 100, "c": 0}, {"a": 3, "b": 1, "c": 0}, 100)
    assert [(subset.name, subset.tokens) for subset in plan.subsets] == [("a", 75), ("b", 25)]


def test_a_corpus_lasts_for_its_tokens_or_for_the_subset_read_most():
    unique = {"a": 100, "b": 900}
    # By size: all 1,000 once. Half and half: 500 of a are five epochs; four of them are 800.
    assert tokens_that_last(unique, {"a": 0.1, "b": 0.9}, 4) == pytest.approx(1000)
    assert tokens_that_last(unique, {"a": 0.5, "b": 0.5}, 4) == pytest.approx(800)


def test_a_subset_without_weight_does_not_lengthen_the_run():
    # The run is of a alone: 100 tokens once, not four times for the sake of b's 900.
    assert tokens_that_last({"a": 100, "b": 900}, {"a": 1.0, "b": 0.0}, 4) == pytest.approx(100)


def test_repeats_cost_what_the_data_constrained_law_says():
    # Muennighoff et al. 2023, notebook: 6.34 billion parameters, 242 billion tokens of 25 billion
    # unique ones. Parameters wear off too: tokens alone would say 2.2075.
    plan = plan_data({"a": 25 * 10**9}, {"a": 1.0}, 242e9)
    loss = plan.loss(MUENNIGHOFF.once, 6.34e9)
    assert loss == pytest.approx(2.2256440889984477, rel=1e-12)


def test_subsets_that_repeat_alike_cost_what_one_of_their_size_does():
    plan = plan_data({"a": 10 * 10**9, "b": 15 * 10**9}, {"a": 0.4, "b": 0.6}, 242e9)
    assert plan.loss(MUENNIGHOFF.once, 6.34e9) == pytest.approx(2.2256440889984477, rel=1e-12)


def test_a_run_without_repeats_has_the_loss_of_the_law():
    plan = plan_data({"a": 100 * 10**9, "b": 900 * 10**9}, {"a": 0.5, "b": 0.5}, 100e9)
    # A model far too large for its tokens costs nothing more than the law itself says.
    assert plan.loss(BESIROGLU, 280e9) == BESIROGLU.loss(280e9, 100e9)


def test_a_run_that_repeats_too_often_is_refused_with_what_would_do():
    plan = plan_data({"a": 100, "b": 100, "c": 1000}, {"a": 0.5, "b": 0.3, "c": 0.2}, 2000)
    # a 1,000 / 100 = 10, b 600 / 100 = 6, c 0.4; four epochs of a are a run of 800.
    message = (
        r"^2000 tokens would read a 10\.00 times \(and 1 more subset too often\), and 4 are "
        r"allowed: the corpus lasts for 800 tokens; .*--max-epochs 10$"
    )
    with pytest.raises(BudgetError, match=message):
        refuse_above(plan, 4)
    refuse_above(plan, 10)


def test_one_subset_a_little_too_often_is_refused_alone():
    # a 401 / 100 = 4.01, b 401 / 1,000.
    plan = plan_data({"a": 100, "b": 1000}, {"a": 0.5, "b": 0.5}, 802)
    with pytest.raises(BudgetError, match=r"read a 4\.01 times, and 4 are allowed"):
        refuse_above(plan, 4)


def test_subsets_read_too_often_are_counted():
    # 10, 6 and 4 epochs: two more than the worst above 3, and one above 4, which may be read so.
    plan = plan_data({"a": 100, "b": 100, "c": 100}, {"a": 0.5, "b": 0.3, "c": 0.2}, 2000)
    with pytest.raises(BudgetError, match=r"\(and 2 more subsets too often\)"):
        refuse_above(plan, 3)
    with pytest.raises(BudgetError, match=r"\(and 1 more subset too often\)"):
        refuse_above(plan, 4)


def test_a_run_made_to_last_is_not_refused():
    unique, weights = {"a": 7, "b": 900}, {"a": 0.3, "b": 0.7}
    plan = plan_data(unique, weights, tokens_that_last(unique, weights, 3.3))
    assert plan.subsets[0].epochs == pytest.approx(3.3)
    refuse_above(plan, 3.3)


@pytest.mark.parametrize(
    ("unique", "weights", "message"),
    [
        ({"a": 1, "b": 0}, {"a": 1, "b": 1}, "b: has weight 0.5 and no training tokens"),
        ({"a": 1}, {"a": 1, "c": 3}, "c: has weight 0.75 and no training tokens"),
        ({"a": 1}, {"a": 0.0}, "weights: expected one above 0"),
    ],
)
def test_weights_without_tokens_are_refused(unique, weights, message):
    with pytest.raises(BudgetError, match=message):
        plan_data(unique, weights, 10)

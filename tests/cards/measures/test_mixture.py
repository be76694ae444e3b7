import pytest
from planted_card import inputs
from shown_sections import card_of, prose, tables

from haybale.cards.declaration import CardDeclaration
from haybale.cards.measures import mixture
from haybale.cards.sections.mixture import section

# Training tokens of Gopher's MassiveText (Rae et al. 2021, arXiv 2112.11446, table 2), and weights
# and epochs of a run of 1.4 trillion (Hoffmann et al. 2022, arXiv 2203.15556, table A1).
MASSIVE_TEXT = {
    "massiveweb": (506e9, 0.45, 1.24),
    "books": (560e9, 0.30, 0.75),
    "c4": (182e9, 0.10, 0.77),
    "news": (676e9, 0.10, 0.21),
    "github": (422e9, 0.04, 0.13),
    "wikipedia": (4e9, 0.01, 3.40),
}


def mixed(tokens, weights, **changes):
    counts = {
        name: {"documents": 1, "text_bytes": 1, "tokens": int(number), "shards": 1}
        for name, number in tokens.items()
    }
    recipe = {"subsets": [{"name": name, "weight": weight} for name, weight in weights.items()]}
    totals = {"train": counts, "validation": {}}
    return inputs(totals=totals, weights=weights, **{"recipe": recipe, **changes})


def massive_text():
    return mixed(
        {name: tokens for name, (tokens, _, _) in MASSIVE_TEXT.items()},
        {name: weight for name, (_, weight, _) in MASSIVE_TEXT.items()},
    )


def values(found):
    return {fact.id: fact.value for fact in found}


def test_the_epochs_of_chinchillas_run_over_massive_text_are_the_published_ones():
    found = values(mixture.facts(massive_text()))
    for name, (_, _, epochs) in MASSIVE_TEXT.items():
        # Wikipedia's 4 billion tokens are printed with one digit: 14 / 4 = 3.5.
        tolerance = 0.11 if name == "wikipedia" else 0.01
        assert found[f"mixture.run.epochs.subset={name}"] == pytest.approx(epochs, abs=tolerance)


def test_shares_and_epochs_follow_from_weights_and_tokens():
    found = values(mixture.facts(mixed({"a": 300, "b": 100}, {"a": 0.5, "b": 0.5})))
    assert found["mixture.share.subset=a"] == 0.75
    assert found["mixture.epochs.subset=a"] == pytest.approx(0.6667)  # 0.5 / 0.75
    assert found["mixture.epochs.subset=b"] == 2.0  # 0.5 / 0.25


def test_a_run_draws_by_weight_and_repeats_what_is_scarce():
    declared = CardDeclaration(training_tokens=800)
    made = mixed({"a": 400, "b": 100}, {"a": 0.5, "b": 0.5}, declared=declared)
    found = values(mixture.facts(made))
    assert found["mixture.run.tokens"] == 800
    assert found["mixture.run.tokens.subset=b"] == 400
    assert found["mixture.run.epochs.subset=a"] == 1.0
    assert found["mixture.run.epochs.subset=b"] == 4.0
    assert found["mixture.run.fresh_tokens.subset=a"] == 400
    # Four epochs of 100 tokens: 100 (1 + 15.387756 (1 - exp(-3 / 15.387756))) = 372.57.
    assert found["mixture.run.fresh_tokens.subset=b"] == 373
    assert found["mixture.run.fresh_tokens"] == 773


def test_models_for_one_and_four_epochs_stand_side_by_side_with_their_sources():
    # 20 billion tokens: by 20 per parameter 1 billion. Approach 1 has 5.76e23 / (6 x 67e9^2) = 21.4
    # tokens per parameter at any size: 0.935 billion.
    found = {fact.id: fact for fact in mixture.facts(mixed({"a": 20e9}, {"a": 1.0}))}
    of = "training.parameters.approach={}.epochs={}".format
    assert found["training.tokens.epochs=4"].value == 80_000_000_000
    assert found[of("rule_of_20", 1)].value == 1_000_000_000
    assert found[of("rule_of_20", 4)].value == 4_000_000_000
    assert found[of("hoffmann_1", 1)].value == pytest.approx(0.935e9, rel=1e-3)
    # Table A3: 1 billion parameters have 20.0 and 27.1 billion tokens by approaches 2 and 3.
    assert found[of("hoffmann_2", 1)].value == pytest.approx(1e9, rel=0.04)
    assert found[of("hoffmann_3", 1)].value < found[of("hoffmann_2", 1)].value
    for approach in mixture.APPROACHES:
        fact = found[of(approach, 1)]
        assert fact.how == "derived"
        assert "arXiv 2" in fact.source


def test_weights_are_declared_only_where_the_recipe_weighs():
    def how(recipe):
        found = mixture.facts(mixed({"a": 10}, {"a": 1.0}, recipe=recipe))
        return {fact.id: fact.how for fact in found}["mixture.weight.subset=a"]

    assert how({"subsets": [{"name": "a", "weight": 2}]}) == "declared"
    assert how({"subsets": [{"name": "a"}]}) == "derived"


def test_what_a_run_drew_is_declared_and_compared_with_what_there_is():
    made = mixed({"a": 400, "b": 100}, {"a": 0.5, "b": 0.5}, drawn={"a": 600, "b": 200})
    found = {fact.id: fact for fact in mixture.facts(made)}
    assert found["mixture.drawn.tokens.subset=b"].how == "declared"
    assert found["mixture.drawn.share.subset=b"].value == 0.25
    assert found["mixture.drawn.epochs.subset=a"].value == 1.5
    assert found["mixture.drawn.epochs.subset=b"].value == 2.0


def test_that_no_run_said_what_it_drew_is_a_gap():
    gaps = [fact for fact in mixture.facts(inputs()) if fact.how == "not_measured"]
    assert [fact.id for fact in gaps] == ["mixture.drawn.tokens"]
    assert "--drawn" in gaps[0].why_missing


def test_a_training_split_without_tokens_has_no_mixture_and_no_section():
    found = mixture.facts(mixed({"a": 0}, {}))
    assert [fact.how for fact in found] == ["not_measured"]
    assert section(card_of(found)) is None


def test_every_fact_is_of_a_measure_that_is_explained():
    facts = mixture.facts(inputs(drawn={"web": 1}))
    assert {fact.measure for fact in facts} <= mixture.MEASURES.keys()


def shown(made):
    return section(card_of(mixture.facts(made)))


def test_the_section_warns_of_subsets_past_four_epochs_and_says_whose_result_it_is():
    declared = CardDeclaration(training_tokens=1000)
    made = mixed({"a": 400, "b": 100}, {"a": 0.5, "b": 0.5}, declared=declared)
    text = prose(shown(made))  # a: 500 / 400 = 1.25; b: 500 / 100 = 5
    assert "Warning: the run reads b more than four times." in text
    assert "Muennighoff et al. 2023" in text
    fine = CardDeclaration(training_tokens=800)
    made = mixed({"a": 400, "b": 100}, {"a": 0.5, "b": 0.5}, declared=fine)
    assert "The run reads no subset more than four times." in prose(shown(made))


def test_the_section_answers_how_often_a_run_of_1400_billion_reads_each_subset():
    rows = tables(shown(massive_text()))["Weights and epochs"]
    # By weight: MassiveWeb 0.45 x 1.4e12 = 630 billion, of 506: 1.25 epochs.
    assert rows[0][0] == "massiveweb"
    assert rows[0][4:6] == ("1.25", "630 billion")
    assert {row[0] for row in rows} == set(MASSIVE_TEXT)


def test_the_section_has_a_row_for_each_law():
    rows = tables(shown(massive_text()))["Parameters of the compute-optimal model"]
    assert len(rows) == len(mixture.APPROACHES)
    assert all(all(row) for row in rows)
    # 2,350 billion tokens / 20 = 117.5 billion; four times that 470.
    assert rows[0][1:] == ("118 billion", "470 billion")


def test_what_was_drawn_stands_beside_what_was_declared():
    made = mixed({"a": 400, "b": 100}, {"a": 0.5, "b": 0.5}, drawn={"a": 600, "b": 0})
    rows = tables(shown(made))["What a training run drew, as its loader reported"]
    assert rows == [
        ("a", "50.00 %", "100.00 %", "600", "1.50"),
        ("b", "50.00 %", "0.00 %", "0", "0.00"),
    ]

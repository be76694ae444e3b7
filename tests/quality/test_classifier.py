import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_texts import texts

from haybale.corpus.errors import RecipeError
from haybale.quality.classifier.evaluation import area_under_curve, evaluate
from haybale.quality.classifier.model import SCORE_STEPS, TextClassifier
from haybale.quality.classifier.settings import ClassifierSettings
from haybale.quality.classifier.training import ClassifierTraining, train

SMALL = ClassifierTraining(dimensions=8, buckets=1000, epochs=20)


def sample():
    """Hay against ships: words that never meet."""
    hay, sea = "hay bale barn field straw".split(), "ship sail mast harbour wave".split()  # noqa: SIM905
    pairs = [
        pair
        for a, b, c in itertools.product(range(5), repeat=3)
        for pair in (
            (f"{hay[a]} {hay[b]}\n{hay[c]}", True),
            (f"{sea[a]} {sea[b]}\n{sea[c]}", False),
        )
    ]
    return texts(*(text for text, _ in pairs)), [kind for _, kind in pairs]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("classifier") / "hay.bin"
    path.write_bytes(train(*sample(), SMALL))
    return path


def test_the_same_documents_give_the_same_model():
    assert len({train(*sample(), SMALL) for _ in range(3)}) == 1


def test_a_classifier_scores_what_it_learned(model):
    scores = TextClassifier(str(model), "positive", "here").score(texts("straw bale", "a ship", ""))
    assert scores[0] > 0.9 * SCORE_STEPS
    assert scores[1] < 0.1 * SCORE_STEPS
    assert scores[2] == 0


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.data())
def test_how_texts_are_batched_changes_no_score(model, documents, data):
    classifier = shared_classifier(model)
    order = data.draw(st.permutations(range(len(documents))))
    whole = classifier.score(texts(*documents))
    assert (
        whole[list(order)].tolist()
        == classifier.score(texts(*(documents[at] for at in order))).tolist()
    )
    assert ((whole >= 0) & (whole <= SCORE_STEPS)).all()


_SHARED = {}


def shared_classifier(model):
    return _SHARED.setdefault(model, TextClassifier(str(model), "positive", "here"))


def test_a_foreign_or_missing_model_is_said_in_one_line(tmp_path, model):
    with pytest.raises(RecipeError, match="here: expected a fastText model, found no file"):
        TextClassifier(str(tmp_path / "none.bin"), "positive", "here")
    (tmp_path / "foreign.bin").write_bytes(b"not a model")
    with pytest.raises(RecipeError, match="expected a fastText model"):
        _ = TextClassifier(str(tmp_path / "foreign.bin"), "positive", "here").digest
    damaged = tmp_path / "damaged.bin"  # in a process, fastText would end it or never come back
    damaged.write_bytes(model.read_bytes()[:64] + b"\xff" * 1000)
    with pytest.raises(RecipeError, match=r"damaged\.bin: expected a fastText model; it"):
        _ = TextClassifier(str(damaged), "positive", "here").digest
    with pytest.raises(RecipeError, match="has no label 'hq'; known are"):
        _ = TextClassifier(str(model), "hq", "here").digest


def test_one_kind_alone_teaches_nothing():
    with pytest.raises(RecipeError, match="no negative document"):
        train(texts("hay"), [True], SMALL)


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=20),
    st.lists(st.integers(0, 5), min_size=1, max_size=20),
)
def test_the_area_is_the_share_of_pairs_in_order_ties_half(positives, negatives):
    pairs = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
    found = area_under_curve(np.array(positives), np.array(negatives))
    assert found == pytest.approx(sum(pairs) / len(pairs))


def test_an_evaluation_counts_by_hand():
    # Scores .9, .5, .2 of positives and .5, .1 of negatives. At .5: kept 3 of 5, of which 2 are
    # positives; 2 of 3 positives are kept. Right sides at one half: .9, .5 and .1, 3 of 5.
    found = evaluate(np.array([9000, 5000, 2000]), np.array([5000, 1000]))
    row = next(row for row in found.thresholds if row.min_score == 0.5)
    assert (row.kept_fraction, row.precision, row.recall) == (3 / 5, 2 / 3, 2 / 3)
    assert found.accuracy == 3 / 5
    # Pairs: .9 above both, .5 a tie and above, .2 below and above: 2 + 1.5 + 1 of 6.
    assert found.auc == 4.5 / 6


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"models": ()}, "at least one path"),
        ({"models": ("a",), "min_score": 0.5, "keep_fraction": 0.5}, "at most one"),
        ({"models": ("a",), "min_score": 1.5}, "min_score: expected a number in"),
        ({"models": ("a",), "keep_fraction": 1.0}, "keep_fraction: expected a number in"),
        ({"models": ("a", "b"), "min_score": 0.5}, "put together by rank"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(RecipeError, match=message):
        ClassifierSettings(**wrong)


def test_texts_come_as_one_line_each(model):
    classifier = shared_classifier(model)
    assert classifier.score(texts("hay\nbale\r\n\0barn")) == classifier.score(
        texts("hay bale barn")
    )
    assert len(classifier.score(pa.array([], pa.large_string()))) == 0

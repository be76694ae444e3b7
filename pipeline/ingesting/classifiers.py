"""Classifiers in ingest: names of their numbers, scores of a batch, and who is below a bound."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.quality.classifier.model import SCORE_STEPS, TextClassifier
from haybale.quality.classifier.settings import ClassifierSettings

Classifiers = Mapping[str, tuple[ClassifierSettings, tuple[TextClassifier, ...]]]
"""Name in the recipe to settings and models."""


def score_rules(name: str, settings: ClassifierSettings) -> tuple[str, ...]:
    """Names of a classifier's numbers in `measures/`: one for each model."""
    if len(settings.models) == 1:
        return (f"classifier/{name}@1",)
    return tuple(f"classifier/{name}_{number + 1}@1" for number in range(len(settings.models)))


def best_rule(name: str) -> str:
    """What removes documents that are not among the best fraction."""
    return f"classifier/{name}_best_fraction@1"


def score_batch(
    classifiers: Classifiers, texts: pa.Array
) -> tuple[dict[str, pa.Array], dict[str, npt.NDArray[np.bool_]]]:
    """Scores of every model, and for each bound which texts are below it.

    Args:
        classifiers: Of the subset.
        texts: large_string[rows], as edited.

    Returns:
        Rule to float64[rows]; rule to bool[rows].
    """
    values, fails = {}, {}
    for name, (settings, models) in classifiers.items():
        rules = score_rules(name, settings)
        for rule, model in zip(rules, models, strict=True):
            scores = model.score(texts)
            values[rule] = pa.array(scores / SCORE_STEPS)
            if settings.min_score is not None:
                fails[rule] = scores < round(settings.min_score * SCORE_STEPS)
    return values, fails


def best_scores(
    values: Mapping[str, pa.Array], settings: ClassifierSettings, name: str
) -> npt.NDArray[np.int64]:
    """Scores of a batch by a classifier, in steps; of several models the highest.

    Args:
        values: Rule to float64[rows].
        settings: Of the classifier.
        name: Of the classifier.

    Returns:
        int64[rows]; 0 where there is no score.
    """
    scores = [values[rule].to_numpy(zero_copy_only=False) for rule in score_rules(name, settings)]
    steps = np.rint(np.nan_to_num(np.max(scores, axis=0)) * SCORE_STEPS)
    return np.asarray(steps, np.int64)

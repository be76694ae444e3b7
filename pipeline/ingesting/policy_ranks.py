"""Ranks of a batch of kept documents, by which the survivors of duplicates are chosen."""

import numpy as np
import pyarrow as pa

from haybale.corpus.digests import UInt64s
from haybale.corpus.documents import text_offsets
from haybale.pipeline.dedup.policy import ranks, seconds
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.ingesting.classifiers import Classifiers, best_scores
from haybale.pipeline.ingesting.decide import Decisions


def policy_ranks(
    settings: DedupSettings,
    subset: str,
    kept: pa.RecordBatch,
    texts: pa.Array,
    decisions: Decisions,
    classifiers: Classifiers,
) -> UInt64s:
    """Ranks of kept documents, see `haybale.pipeline.dedup.policy`.

    Args:
        settings: Name the criteria.
        subset: The documents' subset.
        kept: Schema DOCUMENTS.
        texts: large_string[rows]: as edited.
        decisions: Of the batch that they were kept of.
        classifiers: Of the subset.
    """
    values = {
        "priority": np.full(len(texts), settings.place(subset), np.int64),
        "longest": np.diff(text_offsets(texts)),
    }
    if "oldest" in settings.keep:
        values["oldest"] = seconds(kept.column("timestamp"))
    if "score" in settings.keep:
        values["score"] = np.zeros(len(texts), np.int64)
        if settings.score is not None and settings.score in classifiers:
            model_settings, _ = classifiers[settings.score]
            scores = best_scores(decisions.values, model_settings, settings.score)
            values["score"] = scores[decisions.kept.to_numpy(zero_copy_only=False)]
    return ranks(settings.keep, values)

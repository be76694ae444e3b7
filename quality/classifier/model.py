"""A fastText model whose probability of one label scores texts, batch by batch."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import digest
from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.quality.fasttext_labels import LABEL_PREFIX, fasttext_labels
from haybale.quality.one_line import one_line

Int64s = npt.NDArray[np.int64]

SCORE_STEPS = 10_000
"""Scores are whole numbers of 1/10,000: what decides hangs on no last bit of a sum of floats."""
MAX_CHARACTERS = 10_000
"""Code points of a text that are looked at."""


class TextClassifier:
    """Scores texts by the probability of a label.

    Args:
        path: Of a fastText model with labels.
        label: Without fastText's prefix.
        where: What to call it in errors, such as `subsets.web.classifiers.quality`.

    Raises:
        RecipeError: If there is no such file; on first use, if it is no model, or has no such
            label.
    """

    def __init__(self, path: str, label: str, where: str) -> None:
        self._path, self._label, self._where = Path(path), label, where
        if not self._path.is_file():
            raise RecipeError(f"{where}: expected a fastText model, found no file {path}")

    @property
    def name(self) -> str:
        """What to call it in a manifest: where the recipe asks for it, and the file's name."""
        return f"{self._where}/{self._path.name}"

    @cached_property
    def digest(self) -> str:
        """xxh3-128 of the model file; checks that it is one and knows the label."""
        known = fasttext_labels(self._path, f"{self._where}: {self._path}")
        if self._label not in known:
            raise RecipeError(
                f"{self._where}: {self._path} has no label {self._label!r}; "
                f"{nearest(self._label, known)}"
            )
        return digest(self._path.read_bytes())

    @cached_property
    def _model(self) -> Any:
        import fasttext

        return fasttext.load_model(str(self._path))

    @cached_property
    def _num_labels(self) -> int:
        return len(self._model.get_labels())

    def score(self, texts: pa.Array) -> Int64s:
        """int64[rows]: probability of the label in steps of 1/SCORE_STEPS; 0 for a blank text."""
        lines = one_line(texts, MAX_CHARACTERS)
        scores = np.zeros(len(lines), np.int64)
        rows = np.flatnonzero(pc.binary_length(lines).to_numpy(zero_copy_only=False))
        if len(rows):
            filled = lines.take(pa.array(rows)).to_pylist()
            labels, probabilities = self._model.predict(filled, k=self._num_labels)
            for row, names, values in zip(rows, labels, probabilities, strict=True):
                if (named := LABEL_PREFIX + self._label) in names:
                    value = float(values[names.index(named)])
                    scores[row] = round(min(max(value, 0.0), 1.0) * SCORE_STEPS)
        return scores

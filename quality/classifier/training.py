"""Learns a fastText classifier: the same documents give the same bytes."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from haybale.corpus.errors import RecipeError
from haybale.quality.classifier import learn
from haybale.quality.classifier.model import MAX_CHARACTERS
from haybale.quality.fasttext_labels import LABEL_PREFIX
from haybale.quality.one_line import one_line

POSITIVE, NEGATIVE = "positive", "negative"
_ZEROS = "255"  # the byte that memory is filled with, all its bits turned over


@dataclass(frozen=True)
class ClassifierTraining:
    """How a classifier is learned; fastText's names in brackets.

    Attributes:
        epochs: Passes over the documents (epoch).
        learning_rate: At the start; it falls to zero (lr).
        dimensions: Of the word vectors (dim).
        word_ngrams: Longest run of words that is a feature (wordNgrams).
        buckets: Rows of the table that runs of words are hashed into (bucket); with `dimensions`
            it makes the size of the model, 4 bytes a number.
        seed: Of the order of documents and of the vectors.
    """

    epochs: int = 5
    learning_rate: float = 0.5
    dimensions: int = 32
    word_ngrams: int = 2
    buckets: int = 200_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "dimensions", "word_ngrams", "buckets"):
            if getattr(self, name) < 1:
                raise RecipeError(f"{name}: expected at least 1, found {getattr(self, name)}")
        if not 0 < self.learning_rate <= 10:
            raise RecipeError(
                f"learning_rate: expected a number in (0, 10], found {self.learning_rate}"
            )


def train(texts: pa.Array, positive: list[bool], settings: ClassifierTraining) -> bytes:
    """Learn a model.

    Args:
        texts: large_string[documents], in the order in which they are looked at.
        positive: Of each document.
        settings: How; one thread, so that nothing hangs on their race.

    Returns:
        The model file.

    Raises:
        RecipeError: If one kind is missing, or no word is there to learn from.
    """
    if len(set(positive)) < 2:
        missing = NEGATIVE if all(positive) else POSITIVE
        raise RecipeError(f"no {missing} document to learn from; give more text")
    lines = one_line(texts, MAX_CHARACTERS).to_pylist()
    with tempfile.TemporaryDirectory() as folder:
        sample, model = Path(folder) / "sample.txt", Path(folder) / "model.bin"
        with sample.open("w", encoding="utf-8") as file:
            for line, is_positive in zip(lines, positive, strict=True):
                file.write(f"{LABEL_PREFIX}{POSITIVE if is_positive else NEGATIVE} {line}\n")
        arguments = {
            "epoch": settings.epochs,
            "lr": settings.learning_rate,
            "dim": settings.dimensions,
            "wordNgrams": settings.word_ngrams,
            "bucket": settings.buckets,
            "seed": settings.seed,
        }
        command: list[str | Path] = [
            sys.executable,
            "-m",
            learn.__name__,
            sample,
            model,
            json.dumps(arguments),
        ]
        done = subprocess.run(
            command,
            env={**os.environ, "MALLOC_PERTURB_": _ZEROS},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise RecipeError(f"fastText could not learn from the sample: {reason}")
        return model.read_bytes()

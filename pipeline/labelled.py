"""Labelled documents for a classifier, from any source that the pipeline reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from haybale.corpus.digests import derive_seed, keyed_digests
from haybale.corpus.errors import RecipeError
from haybale.corpus.listing import match_files
from haybale.pipeline.recipe.ingest_settings import IngestSettings
from haybale.pipeline.sources import reader_for
from haybale.pipeline.sources.records import ReadOptions
from haybale.quality.extraction import extract_text


@dataclass(frozen=True)
class LabelledDocuments:
    """Documents of both kinds in an order that follows from their texts alone.

    Attributes:
        texts: large_string[documents].
        positive: bool[documents].
        held_out: bool[documents]: kept from training. No text is on both sides.
    """

    texts: pa.Array
    positive: npt.NDArray[np.bool_]
    held_out: npt.NDArray[np.bool_]

    def part(self, *, held_out: bool) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
        """Texts and kinds of one side."""
        chosen = self.held_out == held_out
        return self.texts.filter(pa.array(chosen)), self.positive[chosen]


def read_labelled(
    positives: Sequence[str],
    negatives: Sequence[str],
    *,
    max_documents: int,
    held_out_fraction: float,
    seed: int,
) -> LabelledDocuments:
    """Draw documents of both kinds.

    A document that is given as both is left out. Of each kind those with the smallest keyed digest
    of their text are drawn: the same, wherever the files are and in whatever order they come.

    Args:
        positives: Globs.
        negatives: Globs.
        max_documents: Of each kind at most.
        held_out_fraction: Share kept from training.
        seed: Of the draw.

    Raises:
        RecipeError: If a glob matches nothing, a file has no reader, or one side stays empty.
    """
    drawn = [_draw(globs, max_documents, seed) for globs in (positives, negatives)]
    both = drawn[0].keys() & drawn[1].keys()
    rows = sorted(
        (order, positive, text)
        for positive, found in zip((True, False), drawn, strict=True)
        for order, text in found.items()
        if order not in both
    )
    orders = np.array([order for order, _, _ in rows], np.uint64)
    # The order drew the documents, and so says nothing of the split: that takes another digest.
    ids = pa.array([int(order).to_bytes(16, "big") for order in orders], pa.binary(16))
    split = keyed_digests(derive_seed(seed, "held out"), ids)
    held_out = split < np.uint64(int(held_out_fraction * 2**64))
    positive = np.array([kind for _, kind, _ in rows], np.bool_)
    for side in (True, False):
        for kind, name in ((True, "positive"), (False, "negative")):
            if not ((held_out == side) & (positive == kind)).any():
                what = "held out" if side else "for training"
                raise RecipeError(
                    f"no {name} document {what}: {int((positive == kind).sum())} {name} ones were "
                    "read; give more text or another --held-out"
                )
    texts = pa.array([text for _, _, text in rows], pa.large_string())
    return LabelledDocuments(texts, positive, held_out)


def _draw(globs: Sequence[str], max_documents: int, seed: int) -> dict[int, str]:
    """Order to text of the chosen documents."""
    chosen: dict[int, str] = {}
    limit = 2 * max_documents
    for texts in _read(globs):
        for text in texts.to_pylist():
            if text.strip():
                chosen[xxhash.xxh3_64_intdigest(text.encode(), seed & (2**64 - 1))] = text
        if len(chosen) > limit:
            chosen = {order: chosen[order] for order in sorted(chosen)[:max_documents]}
    return {order: chosen[order] for order in sorted(chosen)[:max_documents]}


def _read(globs: Sequence[str]) -> Iterator[pa.Array]:
    for pattern in globs:
        files = match_files(pattern)
        if not files:
            raise RecipeError(f"{pattern} matches no file")
        for file in files:
            options = ReadOptions(
                subset="classifier",
                name=file.name,
                fields={},
                license=None,
                max_record_bytes=IngestSettings.max_record_bytes,
                extract=extract_text,
            )
            for records in reader_for(file.name).read(file.path, options):
                yield records.documents.column("text").filter(records.dropped.is_null())

"""Survivors: all verified pairs meet in one worker, which decides as a build does."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.dedup.rows import VERIFIED, row_of
from haybale.pipeline.dedup.survivors import survivors_in_memory
from haybale.pipeline.transforms.deduplication.id_rows import GONE, ids_of_words

MAX_VERIFIED_PAIRS = 10_000_000
"""So many fit the worker that decides: 104 bytes each where they are shuffled."""

_BLOCK_ROWS = 1 << 16


class _ChooseSurvivors(beam.DoFn):  # type: ignore[misc]
    """All packed VERIFIED rows to packed GONE rows of near-duplicates.

    Raises:
        HaybaleError: Above MAX_VERIFIED_PAIRS.
    """

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[bytes]:
        """Decide on all."""
        blocks, num_pairs = [], 0
        for block in group[1]:
            num_pairs += len(block) // VERIFIED.itemsize
            if num_pairs > MAX_VERIFIED_PAIRS:
                raise HaybaleError(
                    f"Deduplicate: found more than {MAX_VERIFIED_PAIRS:,} pairs of "
                    "near-duplicates; one worker decides on all of them and can hold no more: use "
                    "`haybale build`, which divides that work"
                )
            blocks.append(block)
        pairs = np.frombuffer(bytearray(b"".join(blocks)), VERIFIED)
        blocks.clear()
        ends = np.concatenate([ids_of_words(pairs[f"{end}_id"]) for end in "ab"])
        # Addresses for as long as survivors are chosen; they break no ties.
        ids, numbers = np.unique(ends, return_inverse=True)
        pairs["a"], pairs["b"] = numbers[: len(pairs)], numbers[len(pairs) :]
        removed, _ = survivors_in_memory(pairs)
        gone = np.empty(len(removed), GONE)
        gone["id"] = ids[row_of(removed["address"])]
        gone["survivor"] = ids[row_of(removed["survivor"])]
        gone["shared"], gone["united"] = removed["shared"], removed["united"]
        for start in range(0, len(gone), _BLOCK_ROWS):
            yield gone[start : start + _BLOCK_ROWS].tobytes()


class ChooseSurvivors(beam.PTransform):  # type: ignore[misc]
    """Packed VERIFIED rows to packed GONE rows of near-duplicates."""

    def expand(self, verified: beam.PCollection) -> beam.PCollection[bytes]:
        """Beam's hook."""
        return (
            verified
            | "ToOne" >> beam.Map(_to_one).with_output_types(tuple[int, bytes])
            | "Gather" >> beam.GroupByKey()
            | "Choose" >> beam.ParDo(_ChooseSurvivors()).with_output_types(bytes)
        )


def _to_one(block: bytes) -> tuple[int, bytes]:
    return 0, block

"""Stage 4: which documents make which shard, from the counts of the first pass.

The documents of a (split, subset), in order of part and row, are cut into shards after the document
with which a shard reaches its target. So a shard is at most one document longer than asked for, and
only the last of its kind is shorter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.tokens import TRAIN, VALIDATION, tokens_path
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.units.steps import Step, finished_units


@dataclass
class Piece:
    """A run of a part's documents.

    Attributes:
        part: Number of the part.
        batch: Record batch of the part's token file that the run begins in.
        row: Its first document within that batch.
        rows: Documents.
        tokens: Of all of them.
    """

    part: int
    batch: int
    row: int
    rows: int = 0
    tokens: int = 0


def plan_shards(context: BuildContext, tokens: Step) -> list[dict[str, Any]]:
    """Give every document of the first pass to a shard.

    Returns:
        In order of split, subset and number: `{"path", "split", "subset", "pieces"}`, the pieces
        as `Piece` has them.
    """
    target = context.loaded.recipe.shards.target_tokens
    results = finished_units(context.folder, tokens)
    shards: list[dict[str, Any]] = []
    for split in (TRAIN, VALIDATION):
        for subset in sorted(subset.name for subset in context.loaded.recipe.subsets):
            shard = _Cutter(context.folder, split, subset, target)
            for part in (part for part in context.parts if part.subset == subset):
                batches = results[part.name].facts[split]["batches"]
                for batch, (num_rows, num_tokens) in enumerate(batches):
                    shard.add(part, batch, num_rows, num_tokens)
            shards += shard.finish()
    return shards


class _Cutter:
    """Cuts the documents of one split and subset into shards."""

    def __init__(self, folder: Folder, split: str, subset: str, target: int) -> None:
        self._folder, self._split, self._subset, self._target = folder, split, subset, target
        self._pieces: list[Piece] = []
        self._held = 0
        self._shards: list[dict[str, Any]] = []

    def add(self, part: Part, batch: int, num_rows: int, num_tokens: int) -> None:
        """Append a record batch; only one that a shard ends in is looked into."""
        if self._held + num_tokens < self._target:
            self._take(part, batch, 0, num_rows, num_tokens)
            return
        with open_arrow(self._folder, tokens_path(part.name, self._split)) as reader:
            lengths = reader.get_batch(batch).column("tokens").value_lengths()
        ends = np.cumsum(lengths.to_numpy(), dtype=np.int64)
        start = 0
        while start < num_rows:
            before = int(ends[start - 1]) if start else 0
            wanted = before + self._target - self._held
            stop = min(int(np.searchsorted(ends, wanted)) + 1, num_rows)
            self._take(part, batch, start, stop - start, int(ends[stop - 1]) - before)
            if self._held >= self._target:
                self._close()
            start = stop

    def finish(self) -> list[dict[str, Any]]:
        """All shards, the last one closed."""
        if self._pieces:
            self._close()
        return self._shards

    def _take(self, part: Part, batch: int, row: int, num_rows: int, num_tokens: int) -> None:
        if not self._pieces or self._pieces[-1].part != part.number:
            self._pieces.append(Piece(part.number, batch, row))
        self._pieces[-1].rows += num_rows
        self._pieces[-1].tokens += num_tokens
        self._held += num_tokens

    def _close(self) -> None:
        path = f"shards/{self._split}/{self._subset}/{len(self._shards):05d}.arrow"
        pieces = [vars(piece) for piece in self._pieces]
        self._shards.append(
            {"path": path, "split": self._split, "subset": self._subset, "pieces": pieces}
        )
        self._pieces, self._held = [], 0


def read_pieces(
    folder: Folder, parts: tuple[Part, ...], shard: dict[str, Any]
) -> Iterator[pa.RecordBatch]:
    """The documents of a planned shard, from the parts' token files."""
    for piece in (Piece(**piece) for piece in shard["pieces"]):
        path = tokens_path(parts[piece.part].name, shard["split"])
        with open_arrow(folder, path) as reader:
            number, row, left = piece.batch, piece.row, piece.rows
            while left:
                batch = reader.get_batch(number).slice(row, left)
                yield batch
                number, row, left = number + 1, 0, left - batch.num_rows

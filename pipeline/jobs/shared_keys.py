"""The shuffle by which blocks learn which of their keys others have too, as a Beam transform.

Blocks leave rows sorted by key; a pass shuffles those of some ranges of keys and leaves an answer
for each block.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.repeats.order import order_by_key
from haybale.pipeline.dedup.repeats.rows import block_name, block_of
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.shuffle import Rows, by_number, num_partitions, partition, take_rows, unpack
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit

Packed = tuple[int, bytes]
Answer = Callable[[Rows], tuple[npt.NDArray[np.int64], Rows]]

ROWS = "run/rows"
PASS_PARTITIONS = 2
"""Partitions of 64 MiB shuffled at a time: local engines hold a shuffle in memory, at 4.5 to 9
times its size."""


def block_path(step: str, block: int) -> str:
    """Where a step leaves a block's rows: below ROWS, which goes when they are of no more use."""
    return f"{ROWS}/{step}/{block_name(block)}.npy"


@dataclass(frozen=True)
class Exchange:
    """What is shuffled.

    Attributes:
        source: Name of the step that left the blocks' rows, sorted by `key`.
        row_type: Theirs; fields `key`, of one or two words, and `block`.
        answer: From rows of a range of keys to answers, and the block that each is for.
        answer_type: Type of the answers; a field `key`.
        num_blocks: Of each part.
        num_rows: In all.
    """

    source: str
    row_type: np.dtype[Any]
    answer: Answer
    answer_type: np.dtype[Any]
    num_blocks: tuple[int, ...]
    num_rows: int

    @property
    def num_partitions(self) -> int:
        """Ranges of keys; each is held in memory at once."""
        return num_partitions(self.num_rows, self.row_type)

    @property
    def passes(self) -> list[range]:
        """The partitions of each pass, in order of keys."""
        count = self.num_partitions
        starts = range(0, count, PASS_PARTITIONS)
        return [range(start, min(start + PASS_PARTITIONS, count)) for start in starts]


def _first_word(rows: Rows) -> npt.NDArray[np.uint64]:
    """uint64[rows]: the part of the key by which rows are spread."""
    key = rows["key"]
    return key if key.ndim == 1 else key[:, 0]


class _ReadRows(beam.DoFn):  # type: ignore[misc]
    """Part to packed rows of its blocks, by range of keys."""

    def __init__(self, output: str, exchange: Exchange, partitions: range) -> None:
        self._folder, self._exchange, self._partitions = Folder(output), exchange, partitions

    def process(self, part: int) -> Iterator[Packed]:
        count = self._exchange.num_partitions
        # The smallest upper halves that `partition` gives to the first and behind the last of ours.
        edges = [
            -(-(at << 32) // count) << 32 for at in (self._partitions.start, self._partitions.stop)
        ]
        for batch in range(self._exchange.num_blocks[part]):
            rows = read_rows(self._folder, block_path(self._exchange.source, block_of(part, batch)))
            keys = _first_word(rows)
            start, stop = int(np.searchsorted(keys, np.uint64(edges[0]))), len(rows)
            if self._partitions.stop < count:
                stop = int(np.searchsorted(keys, np.uint64(edges[1])))
            ours = np.asarray(rows[start:stop])
            yield from partition(_first_word(ours), ours, count)


class _Answer(beam.DoFn):  # type: ignore[misc]
    """Packed rows of a range of keys to packed answers, by block."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[Packed]:
        blocks, answers = self._exchange.answer(unpack(group[1], self._exchange.row_type))
        yield from by_number(blocks, answers)


class _WriteAnswers(beam.DoFn):  # type: ignore[misc]
    """A block's answers to its file, sorted by key."""

    def __init__(self, output: str, step: Step, exchange: Exchange) -> None:
        self._folder, self._step, self._exchange = Folder(output), step, exchange

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        block, blocks = group

        def work() -> UnitResult:
            rows = unpack(blocks, self._exchange.answer_type)
            key = rows["key"]
            order = np.argsort(key) if key.ndim == 1 else order_by_key(key, stable=False)
            path = block_path(self._step.name, block)
            return UnitResult((write_rows(self._folder, path, take_rows(rows, order)),))

        with reported(self._folder):
            do_unit(self._folder, self._step, block_name(block), work)
        yield block


class ExchangeKeys(beam.PTransform):  # type: ignore[misc]
    """Leave for each block the answers about its keys in some partitions."""

    def __init__(self, output: str, step: Step, exchange: Exchange, partitions: range) -> None:
        super().__init__(label=step.name)
        self._num_blocks = exchange.num_blocks
        self._read = _ReadRows(output, exchange, partitions)
        self._answer = _Answer(exchange)
        self._write = _WriteAnswers(output, step, exchange)

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        parts = range(len(self._num_blocks))
        answers = (
            root
            | "Number" >> beam.Create(parts, reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadRows" >> beam.ParDo(self._read).with_output_types(Packed)
            | "GroupByKeys" >> beam.GroupByKey()
            | "Answer" >> beam.ParDo(self._answer).with_output_types(Packed)
        )
        # A block without any answer must leave a file too: an absent one means work to be done.
        nothing = (
            root
            | "EveryPart" >> beam.Create(list(enumerate(self._num_blocks)), reshuffle=False)
            | "EveryBlock" >> beam.FlatMap(_nothing).with_output_types(Packed)
        )
        return (
            (answers, nothing)
            | "WithEveryBlock" >> beam.Flatten()
            | "GroupByBlock" >> beam.GroupByKey()
            | "WriteAnswers" >> beam.ParDo(self._write).with_output_types(int)
        )


def _nothing(part: tuple[int, int]) -> Iterator[Packed]:
    for batch in range(part[1]):
        yield block_of(part[0], batch), b""

"""Stage 4, first pass: a part's survivors to token ids, split into training and validation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import derive_seed, keyed_digests
from haybale.corpus.documents import text_offsets
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.shards import Regrouper, token_batch, tokens_schema
from haybale.corpus.storage import Folder
from haybale.pipeline.jobs.tokenizer import read_token_format
from haybale.pipeline.split_names import SplitNames
from haybale.pipeline.statistics import Statistics
from haybale.pipeline.steps import UnitResult
from haybale.pipeline.survivors import surviving_batches
from haybale.pipeline.tables import TableWriter, open_table, write_rows
from haybale.pipeline.timing import Stopwatch
from haybale.pipeline.units import PartWorker
from haybale.tokenization.tally import PieceKinds, Tally
from haybale.tokenization.tokenizer import Tokenizer, read_tokenizer

Int64s = npt.NDArray[np.int64]

TRAIN, VALIDATION = "train", "validation"
BATCH_TOKENS = 1 << 18
"""A batch of a part's token file is closed at this many tokens."""
TOKENS_FOLDER = "run/tokenize/tokens"
CORPUS_QUANTITIES = ("text_bytes", "tokens")
"""Of the documents of the corpus, see `haybale.pipeline.statistics`."""


def tokens_path(part: str, split: str) -> str:
    """Where a part's token ids of one split are left."""
    return f"{TOKENS_FOLDER}/{part}.{split}.arrow"


def pieces_path(part: str) -> str:
    """Where it stands how often a part uses each id: int64[vocabulary]."""
    return f"{TOKENS_FOLDER}/{part}.pieces.npy"


def corpus_statistics_stem(part: str) -> str:
    """Where the statistics of a part's documents that are in the corpus are left."""
    return f"{TOKENS_FOLDER}/{part}"


@dataclass
class TokensWorker(PartWorker):
    """First pass: encodes parts; see `haybale.pipeline.units.UnitWorker`."""

    _tokenizer: Tokenizer = field(init=False, repr=False)
    _kinds: PieceKinds = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan and load the tokenizer."""
        super().load()
        self._tokenizer = read_tokenizer(Folder(self.output))
        self._kinds = PieceKinds(self._tokenizer)

    def do(self, unit: int) -> UnitResult:
        """Encode one part's survivors, into one file for each split."""
        folder, part = Folder(self.output), self._parts[unit]
        tally, statistics, watch = Tally(self._kinds), Statistics(CORPUS_QUANTITIES), Stopwatch()
        token_format = read_token_format(folder)
        schemas = {s: tokens_schema(token_format, part.subset, s) for s in (TRAIN, VALIDATION)}
        with (
            open_table(
                folder, tokens_path(part.name, TRAIN), schemas[TRAIN], compressed=False
            ) as train,
            open_table(
                folder, tokens_path(part.name, VALIDATION), schemas[VALIDATION], compressed=False
            ) as validation,
        ):
            outputs = {
                TRAIN: _SplitOutput(train, schemas[TRAIN]),
                VALIDATION: _SplitOutput(validation, schemas[VALIDATION]),
            }
            names = SplitNames(folder, part.name)
            for batch in surviving_batches(folder, part):
                for split, mask in self._splits(names.of(batch.column("doc_id"))).items():
                    encoded = batch.filter(mask)
                    num_tokens = self._encode(encoded, outputs[split], tally)
                    with watch.phase("statistics"):
                        _measure(encoded, num_tokens, statistics)
            for output in outputs.values():
                output.close()
        facts = {
            split: vars(output.totals) | {"batches": output.batches}
            for split, output in outputs.items()
        }
        pieces = write_rows(folder, pieces_path(part.name), tally.pieces)
        with watch.phase("statistics"):
            measured = statistics.write(folder, corpus_statistics_stem(part.name))
        return UnitResult(
            files=(train.record(), validation.record(), pieces, *measured),
            ledger=_ledger_of(part.subset, tally),
            facts={**facts, "languages": tally.as_facts()},
            timing={f"cpu_seconds_{name}": value for name, value in watch.seconds.items()},
        )

    def _splits(self, names: pa.Array) -> dict[str, pa.Array]:
        """Masks of the documents for training and validation, by the digests of their names."""
        seed = derive_seed(self._loaded.recipe.seed, "split")
        fraction = Fraction(str(self._loaded.recipe.shards.validation_fraction))
        bound = np.uint64(fraction.numerator * (1 << 64) // fraction.denominator)
        validation = keyed_digests(seed, names) < bound
        return {TRAIN: pa.array(~validation), VALIDATION: pa.array(validation)}

    def _encode(self, batch: pa.RecordBatch, output: "_SplitOutput", tally: Tally) -> Int64s:
        """Append documents; returns how many tokens each has, int64[documents]."""
        if batch.num_rows == 0:
            return np.empty(0, np.int64)
        texts = batch.column("text")
        tokens = self._tokenizer.encode(texts)
        output.add(
            token_batch(output.schema, batch.column("doc_id"), tokens.offsets, tokens.ids),
            tally.add(tokens, texts, batch.column("language")),
        )
        return np.diff(tokens.offsets)


def _measure(documents: pa.RecordBatch, num_tokens: Int64s, statistics: Statistics) -> None:
    text_bytes = np.diff(text_offsets(documents.column("text")))
    statistics.add(documents, text_bytes=text_bytes, tokens=num_tokens)


def _ledger_of(subset: str, tally: Tally) -> Ledger:
    ledger = Ledger()
    for language, found in tally.languages.items():
        amount = Amount(found.documents, found.text_bytes, found.tokens)
        ledger.add("tokenize", subset, "kept", amount, language=language)
    return ledger


class _SplitOutput:
    """A part's token file of one split, and what went into it."""

    def __init__(self, writer: TableWriter, schema: pa.Schema) -> None:
        self.schema = schema
        self.totals = Amount()
        self.batches: list[tuple[int, int]] = []
        """Documents and tokens of each record batch."""
        self._writer = writer
        self._regrouper = Regrouper(schema, BATCH_TOKENS)

    def add(self, piece: pa.RecordBatch, text_bytes: int) -> None:
        """Append documents."""
        num_tokens = len(piece.column("tokens").values)
        self.totals += Amount(piece.num_rows, text_bytes, num_tokens)
        self._write(self._regrouper.add(piece))

    def close(self) -> None:
        """Append what waits."""
        self._write(self._regrouper.rest())

    def _write(self, batches: Iterator[pa.RecordBatch]) -> None:
        for batch in batches:
            self._writer.write(batch)
            self.batches.append((batch.num_rows, len(batch.column("tokens").values)))

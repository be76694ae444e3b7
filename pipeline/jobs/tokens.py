"""Stage 4, first pass: a part's survivors to token ids, split into training and validation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import derive_seed, keyed_digests
from haybale.corpus.documents import text_offsets
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.shards import Regrouper, token_batch, tokens_schema
from haybale.corpus.storage import Folder
from haybale.pipeline.ingesting.statistics import Statistics
from haybale.pipeline.isolation.crashes import Crashes, take_rows
from haybale.pipeline.isolation.guard import current_guard
from haybale.pipeline.jobs.tokenizer import read_token_format
from haybale.pipeline.kept.split_names import SplitNames
from haybale.pipeline.kept.survivors import surviving_blocks
from haybale.pipeline.rows.tables import TableWriter, open_table, write_rows
from haybale.pipeline.units.steps import UnitResult
from haybale.pipeline.units.timing import Stopwatch
from haybale.pipeline.units.worker import PartWorker
from haybale.tokenization.tally import PieceKinds, Tally
from haybale.tokenization.tokenizer import Tokenizer, Tokens, id_dtype, read_tokenizer

Int64s = npt.NDArray[np.int64]

TRAIN, VALIDATION = "train", "validation"
BATCH_TOKENS = 1 << 18
"""A batch of a part's token file is closed at this many tokens."""
CRASHED_HERE = "tokenize/crashed@1"
"""Rule: the tokenizer crashes at a document."""
TOKENS_FOLDER = "run/tokenize/tokens"
_COLUMNS = ("doc_id", "language", "text", "url", "license")
CORPUS_QUANTITIES = ("text_bytes", "tokens")
"""Of the documents of the corpus, see `haybale.pipeline.ingesting.statistics`."""


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
    """First pass: encodes parts; see `haybale.pipeline.units.worker.UnitWorker`."""

    isolates: ClassVar[bool] = True
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
            names, crashes = SplitNames(folder, part.name), Crashes(CRASHED_HERE)
            for number, (rows, batch) in enumerate(surviving_blocks(folder, part, _COLUMNS)):
                for split, mask in self._splits(names.of(batch.column("doc_id"))).items():
                    documents = rows[mask.to_numpy(zero_copy_only=False)], batch.filter(mask)
                    encoded, tokens = self._encode(f"batch {number} ({split})", *documents, crashes)
                    outputs[split].add(encoded, tokens, tally)
                    with watch.phase("statistics"):
                        _measure(encoded, np.diff(tokens.offsets), statistics)
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
            files=(
                train.record(),
                validation.record(),
                pieces,
                *measured,
                *crashes.write(folder, part.name),
            ),
            ledger=_ledger_of(part.subset, tally, crashes),
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

    def _encode(
        self, place: str, places: Int64s, documents: pa.RecordBatch, crashes: Crashes
    ) -> tuple[pa.RecordBatch, Tokens]:
        """The documents that the tokenizer does not crash at, and their tokens."""

        def encode(rows: Int64s) -> Tokens:
            if len(rows) == 0:
                return Tokens(
                    np.zeros(1, np.int64), np.empty(0, id_dtype(self._tokenizer.vocabulary_size))
                )
            return self._tokenizer.encode(take_rows(documents, rows).column("text"))

        tokens, crashed = current_guard().sift(place, documents.num_rows, encode)
        return crashes.take_out(documents, places, crashed), tokens


def _measure(documents: pa.RecordBatch, num_tokens: Int64s, statistics: Statistics) -> None:
    text_bytes = np.diff(text_offsets(documents.column("text")))
    statistics.add(documents, text_bytes=text_bytes, tokens=num_tokens)


def _ledger_of(subset: str, tally: Tally, crashes: Crashes) -> Ledger:
    ledger = Ledger()
    crashes.enter("tokenize", subset, ledger)
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

    def add(self, documents: pa.RecordBatch, tokens: Tokens, tally: Tally) -> None:
        """Append documents, and count them."""
        if documents.num_rows == 0:
            return
        text_bytes = tally.add(tokens, documents.column("text"), documents.column("language"))
        self.totals += Amount(documents.num_rows, text_bytes, len(tokens.ids))
        ids = documents.column("doc_id")
        piece = token_batch(self.schema, ids, tokens.offsets, tokens.ids)
        self._write(self._regrouper.add(piece))

    def close(self) -> None:
        """Append what waits."""
        self._write(self._regrouper.rest())

    def _write(self, batches: Iterator[pa.RecordBatch]) -> None:
        for batch in batches:
            self._writer.write(batch)
            self.batches.append((batch.num_rows, len(batch.column("tokens").values)))

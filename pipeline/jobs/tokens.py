"""Stage 4, first pass: a part's survivors to token ids, split into training and validation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import derive_seed, ids_from_words, keyed_digests
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.shards import Regrouper, TokenFormat, token_batch, tokens_schema
from haybale.corpus.storage import Folder
from haybale.pipeline.plan import Part
from haybale.pipeline.steps import UnitResult
from haybale.pipeline.survivors import cluster_words, surviving_batches
from haybale.pipeline.tables import TableWriter, open_table
from haybale.pipeline.units import PartWorker
from haybale.tokenization.tokenizer import Tokenizer, read_tokenizer

TRAIN, VALIDATION = "train", "validation"
BATCH_TOKENS = 1 << 18
"""A batch is closed at this many tokens, or at 1/16 of a shard where shards are small; shards are
cut between batches."""
TOKENS_FOLDER = "run/tokenize/tokens"


def token_format(tokenizer: Tokenizer) -> TokenFormat:
    """What a tokenizer's ids mean."""
    return TokenFormat(
        tokenizer=tokenizer.digest,
        vocabulary_size=tokenizer.vocabulary_size,
        bos_id=tokenizer.bos_id,
        eos_id=tokenizer.eos_id,
        unk_id=tokenizer.unk_id,
    )


def tokens_path(part: str, split: str) -> str:
    """Where a part's token ids of one split are left."""
    return f"{TOKENS_FOLDER}/{part}.{split}.arrow"


@dataclass
class TokensWorker(PartWorker):
    """First pass: encodes parts; see `haybale.pipeline.units.UnitWorker`."""

    _tokenizer: Tokenizer = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan and load the tokenizer."""
        super().load()
        self._tokenizer = read_tokenizer(Folder(self.output))

    def do(self, unit: int) -> UnitResult:
        """Encode one part's survivors, into one file for each split."""
        folder, part = Folder(self.output), self._parts[unit]
        ledger, settings = Ledger(), self._loaded.recipe.shards
        batch_tokens = max(1, min(BATCH_TOKENS, settings.target_tokens // 16))
        shares = token_format(self._tokenizer)
        schemas = {s: tokens_schema(shares, part.subset, s) for s in (TRAIN, VALIDATION)}
        with (
            open_table(
                folder, tokens_path(part.name, TRAIN), schemas[TRAIN], compressed=False
            ) as train,
            open_table(
                folder, tokens_path(part.name, VALIDATION), schemas[VALIDATION], compressed=False
            ) as validation,
        ):
            outputs = {
                TRAIN: _SplitOutput(train, schemas[TRAIN], batch_tokens),
                VALIDATION: _SplitOutput(validation, schemas[VALIDATION], batch_tokens),
            }
            for batch in surviving_batches(folder, part):
                for split, mask in self._splits(folder, part, batch).items():
                    self._encode(batch.filter(mask), part.subset, outputs[split], ledger)
            for output in outputs.values():
                output.close()
        facts = {
            split: vars(output.totals) | {"batches": output.batches}
            for split, output in outputs.items()
        }
        return UnitResult((train.record(), validation.record()), ledger, facts)

    def _splits(self, folder: Folder, part: Part, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """Masks of the documents for training and validation, by the digest of their cluster."""
        words = cluster_words(folder, part, batch.column("doc_id"))
        seed = derive_seed(self._loaded.recipe.seed, "split")
        fraction = Fraction(str(self._loaded.recipe.shards.validation_fraction))
        bound = np.uint64(fraction.numerator * (1 << 64) // fraction.denominator)
        validation = keyed_digests(seed, ids_from_words(words)) < bound
        return {TRAIN: pa.array(~validation), VALIDATION: pa.array(validation)}

    def _encode(
        self, batch: pa.RecordBatch, subset: str, output: "_SplitOutput", ledger: Ledger
    ) -> None:
        if batch.num_rows == 0:
            return
        tokens = self._tokenizer.encode(batch.column("text"))
        output.add(
            token_batch(output.schema, batch.column("doc_id"), tokens.offsets, tokens.ids),
            _enter(ledger, subset, batch, tokens.offsets),
        )


def _enter(ledger: Ledger, subset: str, batch: pa.RecordBatch, offsets: Any) -> int:
    """Enter a batch's documents into the ledger by language; returns its UTF-8 bytes."""
    grouped = (
        pa.table(
            {
                "language": pc.fill_null(batch.column("language"), ""),
                "text_bytes": pc.binary_length(batch.column("text")),
                "tokens": pa.array(np.diff(offsets)),
            }
        )
        .group_by("language")
        .aggregate([("tokens", "count"), ("text_bytes", "sum"), ("tokens", "sum")])
    )
    for row in grouped.to_pylist():
        amount = Amount(row["tokens_count"], row["text_bytes_sum"], row["tokens_sum"])
        ledger.add("tokenize", subset, "kept", amount, language=row["language"])
    return int(sum(grouped.column("text_bytes_sum").to_pylist()))


class _SplitOutput:
    """A part's token file of one split, and what went into it."""

    def __init__(self, writer: TableWriter, schema: pa.Schema, batch_tokens: int) -> None:
        self.schema = schema
        self.totals = Amount()
        self.batches: list[int] = []
        """Tokens of each record batch."""
        self._writer = writer
        self._regrouper = Regrouper(schema, batch_tokens)

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
            self.batches.append(len(batch.column("tokens").values))

"""Stage 4, tokenize: survivors to token ids, and token ids to shards.

    tokens  per part: encode, split into training and validation, in batches of some tokens
    shards  one call writes one shard, from the batches that the plan gave it
    index   where each record batch lies

The plan is a pure function of the parts' counts: batches of a (split, subset) in order of part,
cut into shards where the target is reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import canonical_json, derive_seed, ids_from_words, keyed_digests
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.shards import (
    Regrouper,
    TokenFormat,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.context import BuildContext
from haybale.pipeline.drive import run_units
from haybale.pipeline.jobs.tokenizer import MODEL_PATH
from haybale.pipeline.plan import Part
from haybale.pipeline.steps import (
    Step,
    UnitResult,
    content_of,
    do_unit,
    fingerprint,
    finish,
    finished_units,
)
from haybale.pipeline.survivors import cluster_words, surviving_batches
from haybale.pipeline.tables import TableWriter, open_reader, open_table, read_table
from haybale.pipeline.units import PartWorker
from haybale.pipeline.workspace import load_workspace
from haybale.tokenization.encode import Encoder

STAGE = "tokenize"
TRAIN, VALIDATION = "train", "validation"
BATCH_TOKENS = 1 << 18
"""The first pass closes a batch at this many tokens, or at 1/16 of a shard where shards are small;
shards are cut between batches."""
PLAN_PATH = "run/tokenize/plan.json"
TOKENS_FOLDER = "run/tokenize/tokens"


def tokenize(context: BuildContext, before: str, num_bytes: int) -> str:
    """Run the stage.

    Args:
        context: The build.
        before: Digest of what the stages before left behind.
        num_bytes: UTF-8 bytes of the survivors.

    Returns:
        Digest of the shards and their index.
    """
    folder, recipe = context.folder, context.loaded.recipe
    bound = fingerprint(STAGE, vars(recipe.shards), recipe.seed, before)
    tokens, shards = Step(f"{STAGE}/tokens", bound), Step(f"{STAGE}/shards", bound)
    run_units(context, TokensWorker(folder.uri, tokens), len(context.parts), num_bytes)
    plan = plan_shards(context, tokens)
    folder.commit_bytes(PLAN_PATH, canonical_json(plan))
    num_tokens = sum(piece["tokens"] for shard in plan for piece in shard["pieces"])
    run_units(context, ShardsWorker(folder.uri, shards), len(plan), num_tokens * 2)
    index = Step(f"{STAGE}/index", bound)

    def work() -> UnitResult:
        tables = [read_table(folder, _rows_path(number)) for number in range(len(plan))]
        return UnitResult((write_index(folder, tables),))

    do_unit(folder, index, "index", work)
    return finish(folder, index) + content_of(folder, shards)


def token_format(encoder: Encoder) -> TokenFormat:
    """What an encoder's ids mean."""
    return TokenFormat(
        tokenizer=encoder.digest,
        vocabulary_size=encoder.vocabulary_size,
        bos_id=encoder.bos_id,
        eos_id=encoder.eos_id,
        unk_id=encoder.unk_id,
    )


def _tokens_path(part: str, split: str) -> str:
    return f"{TOKENS_FOLDER}/{part}.{split}.arrow"


def _rows_path(shard: int) -> str:
    return f"run/{STAGE}/index-rows/{shard:05d}.arrow"


@dataclass
class TokensWorker(PartWorker):
    """First pass: encodes parts; see `haybale.pipeline.units.UnitWorker`."""

    _encoder: Encoder = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan and load the tokenizer."""
        super().load()
        self._encoder = Encoder(Folder(self.output).read(MODEL_PATH))

    def do(self, unit: int) -> UnitResult:
        """Encode one part's survivors, into one file for each split."""
        folder, part = Folder(self.output), self._parts[unit]
        ledger, settings = Ledger(), self._loaded.recipe.shards
        batch_tokens = max(1, min(BATCH_TOKENS, settings.target_tokens // 16))
        shares = token_format(self._encoder)
        schemas = {s: tokens_schema(shares, part.subset, s) for s in (TRAIN, VALIDATION)}
        with (
            open_table(
                folder, _tokens_path(part.name, TRAIN), schemas[TRAIN], compressed=False
            ) as train,
            open_table(
                folder, _tokens_path(part.name, VALIDATION), schemas[VALIDATION], compressed=False
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
        tokens = self._encoder.encode(batch.column("text"))
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
        ledger.add(STAGE, subset, "kept", amount, language=row["language"])
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


def plan_shards(context: BuildContext, tokens: Step) -> list[dict[str, Any]]:
    """Give every batch of the first pass to a shard.

    Returns:
        In order of split, subset and number: `{"path", "split", "subset", "pieces": [{"part",
        "batch", "tokens"}]}`.
    """
    target = context.loaded.recipe.shards.target_tokens
    results = finished_units(context.folder, tokens)
    shards: list[dict[str, Any]] = []
    for split in (TRAIN, VALIDATION):
        for subset in sorted(subset.name for subset in context.loaded.recipe.subsets):
            pieces: list[dict[str, Any]] = []
            number = 0
            for part in (part for part in context.parts if part.subset == subset):
                for batch, num_tokens in enumerate(results[part.name].facts[split]["batches"]):
                    pieces.append({"part": part.number, "batch": batch, "tokens": num_tokens})
                    if sum(piece["tokens"] for piece in pieces) >= target:
                        shards.append(_shard(split, subset, number, pieces))
                        pieces, number = [], number + 1
            if pieces:
                shards.append(_shard(split, subset, number, pieces))
    return shards


def _shard(split: str, subset: str, number: int, pieces: list[dict[str, Any]]) -> dict[str, Any]:
    path = f"shards/{split}/{subset}/{number:05d}.arrow"
    return {"path": path, "split": split, "subset": subset, "pieces": pieces}


@dataclass
class ShardsWorker:
    """Second pass: writes shards; see `haybale.pipeline.units.UnitWorker`."""

    output: str
    step: Step
    _parts: tuple[Part, ...] = field(init=False, repr=False)
    _plan: list[dict[str, Any]] = field(init=False, repr=False)
    _format: TokenFormat = field(init=False, repr=False)

    def load(self) -> None:
        """Read both plans and the tokenizer's format."""
        folder = Folder(self.output)
        _, self._parts = load_workspace(folder)
        self._plan = read_parsed(folder, PLAN_PATH)
        self._format = token_format(Encoder(folder.read(MODEL_PATH)))

    def name(self, unit: int) -> str:
        """The shard's number over all splits and subsets."""
        return f"{unit:05d}"

    def do(self, unit: int) -> UnitResult:
        """Write one shard and its rows of the index."""
        folder, shard = Folder(self.output), self._plan[unit]
        schema = tokens_schema(self._format, shard["subset"], shard["split"])
        pieces = self._pieces(folder, shard)
        record, rows = write_shard(folder, shard["path"], schema, pieces)
        with open_table(folder, _rows_path(unit), rows.schema, compressed=False) as writer:
            for batch in rows.to_batches():
                writer.write(batch)
        return UnitResult((record,))

    def _pieces(self, folder: Folder, shard: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        wanted: dict[int, list[int]] = {}
        for piece in shard["pieces"]:
            wanted.setdefault(piece["part"], []).append(piece["batch"])
        for part, batches in wanted.items():
            path = _tokens_path(self._parts[part].name, shard["split"])
            with open_reader(folder, path) as reader:
                for batch in batches:
                    yield reader.get_batch(batch)

"""Stage 4, tokenize: survivors to token ids, and token ids to shards.

    tokens  per part: encode, split into training and validation, in batches of some tokens
    shards  one call writes one shard, from the batches that the plan gave it
    index   where each record batch lies

The plan is a pure function of the parts' counts: batches of a (split, subset) in order of part,
cut into shards where the target is reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from haybale.corpus.digests import canonical_json
from haybale.corpus.shards import (
    TokenFormat,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.context import BuildContext
from haybale.pipeline.drive import run_units
from haybale.pipeline.jobs.tokens import (
    TRAIN,
    VALIDATION,
    TokensWorker,
    token_format,
    tokens_path,
)
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
from haybale.pipeline.tables import open_reader, open_table, read_table
from haybale.pipeline.workspace import load_workspace
from haybale.tokenization.tokenizer import read_tokenizer

STAGE = "tokenize"
PLAN_PATH = "run/tokenize/plan.json"


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


def _rows_path(shard: int) -> str:
    return f"run/{STAGE}/index-rows/{shard:05d}.arrow"


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
        self._format = token_format(read_tokenizer(folder))

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
            path = tokens_path(self._parts[part].name, shard["split"])
            with open_reader(folder, path) as reader:
                for batch in batches:
                    yield reader.get_batch(batch)

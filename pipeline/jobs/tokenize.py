"""Stage 4, tokenize: survivors to token ids, and token ids to shards.

    tokens  per part: encode, split into training and validation, in batches of some tokens
    shards  one call writes one shard, from the batches that the plan gave it
    index   where each record batch lies
    packing, chunks   beside each shard, where the recipe asks for them

The plan (`haybale.pipeline.jobs.shard_plan`) is a pure function of the parts' counts.
"""

from dataclasses import dataclass, field
from typing import Any

from haybale.corpus.digests import canonical_json
from haybale.corpus.shards import (
    TokenFormat,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.chunk_table import chunk_shards
from haybale.pipeline.jobs.packing import pack_shards
from haybale.pipeline.jobs.shard_plan import plan_shards, read_pieces
from haybale.pipeline.jobs.tokenizer import read_token_format
from haybale.pipeline.jobs.tokens import TokensWorker
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.planning.workspace import load_workspace
from haybale.pipeline.rows.tables import open_table, read_table
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import (
    Step,
    UnitResult,
    content_of,
    do_unit,
    fingerprint,
    finish,
)

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

    with context.progress.watch(index.name):
        do_unit(folder, index, "index", work)
    before = finish(folder, index) + content_of(folder, shards)
    pack_shards(context, before)
    chunk_shards(context, before)
    return before


def _rows_path(shard: int) -> str:
    return f"run/{STAGE}/index-rows/{shard:05d}.arrow"


@dataclass
class ShardsWorker:
    """Second pass: writes shards; see `haybale.pipeline.units.worker.UnitWorker`."""

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
        self._format = read_token_format(folder)

    def name(self, unit: int) -> str:
        """The shard's number over all splits and subsets."""
        return f"{unit:05d}"

    def do(self, unit: int) -> UnitResult:
        """Write one shard and its rows of the index."""
        folder, shard = Folder(self.output), self._plan[unit]
        schema = tokens_schema(self._format, shard["subset"], shard["split"])
        pieces = read_pieces(folder, self._parts, shard)
        record, rows = write_shard(folder, shard["path"], schema, pieces)
        with open_table(folder, _rows_path(unit), rows.schema, compressed=False) as writer:
            for batch in rows.to_batches():
                writer.write(batch)
        return UnitResult((record,))

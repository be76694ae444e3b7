"""After the shards: packing indexes beside them, for every kind and sequence length asked for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.packing import PackingKind, packing_name, write_packing
from haybale.corpus.packing_index import PackedShard, write_packing_index
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.context import BuildContext
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import Step, UnitResult, do_unit, fingerprint, finish
from haybale.pipeline.units.worker import ShardWorker
from haybale.tokenization.packing import PACKERS
from haybale.tokenization.packing.measure import packing_counts

STEP = "tokenize/packing"
INDEX_STEP = "tokenize/packing-index"
_DOCUMENT_BYTES = 12  # a start and a length are written for each, in every packing

Counts = dict[str, dict[str, dict[str, dict[str, int]]]]
"""Packing, split and subset to what `packing_counts` counts."""


def pack_shards(context: BuildContext, before: str) -> None:
    """Write the packing indexes of all shards; nothing happens where none is asked for.

    Args:
        context: The build.
        before: Digest of the shards and their index.
    """
    asked = context.loaded.recipe.shards.packings
    if not asked:
        return
    shards = indexed_shards(read_index(context.folder))
    num_documents = sum(shard.num_documents for shard in shards)
    step = Step(STEP, fingerprint(STEP, asked, before))
    worker = PackingWorker(context.folder.uri, step, asked)
    results = run_units(context, worker, len(shards), num_documents * _DOCUMENT_BYTES * len(asked))
    index = Step(INDEX_STEP, step.fingerprint)

    def work() -> UnitResult:
        facts = [result.facts for result in results.values()]
        return UnitResult((write_packing_index(context.folder, _packed_shards(asked, facts)),))

    with context.progress.watch(index.name):
        do_unit(context.folder, index, "index", work)
    finish(context.folder, index)


@dataclass
class PackingWorker(ShardWorker):
    """Packs shards, a unit each; see `haybale.pipeline.units.worker.UnitWorker`.

    Memory: about 60 bytes for each document and piece of a document of one shard.
    """

    asked: tuple[tuple[PackingKind, int], ...]

    def do(self, unit: int) -> UnitResult:
        """Pack one shard in every way asked for."""
        folder, shard = Folder(self.output), self._shards[unit]
        offsets = shard.document_offsets(folder)
        files, counts = [], {}
        for kind, sequence_length in self.asked:
            packing = PACKERS[kind](offsets, sequence_length)
            files.append(write_packing(folder, packing, shard))
            name = packing_name(kind, sequence_length)
            counts[name] = packing_counts(packing, offsets, shard.first_token)
        facts = {
            "shard": shard.path,
            "split": shard.split,
            "subset": shard.subset,
            "packings": counts,
        }
        return UnitResult(tuple(files), facts=facts)


def _packed_shards(
    asked: Sequence[tuple[PackingKind, int]], facts: Sequence[dict[str, Any]]
) -> Iterator[PackedShard]:
    for kind, length in asked:
        for of_shard in facts:
            counts = of_shard["packings"][packing_name(kind, length)]
            numbers = counts["sequences"], counts["placed_tokens"]
            yield PackedShard(kind, length, of_shard["shard"], *numbers)


def packing_totals(folder: Folder) -> Counts:
    """What the packings of all shards cost, added up; empty where none was asked for."""
    totals: dict[str, dict[str, dict[str, Counter[str]]]] = {}
    for path in folder.list(f"run/{STEP}"):
        facts = read_parsed(folder, path)["facts"]
        for name, counts in facts["packings"].items():
            splits = totals.setdefault(name, {})
            cell = splits.setdefault(facts["split"], {}).setdefault(facts["subset"], Counter())
            cell.update(counts)
    return {
        name: {
            split: {subset: dict(counts) for subset, counts in subsets.items()}
            for split, subsets in splits.items()
        }
        for name, splits in totals.items()
    }

"""Packing indexes and chunk tables of rewritten shards, and what packings now cost."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from haybale.corpus.chunks import FOLDER as CHUNKS
from haybale.corpus.chunks import cut_chunks, read_chunks, write_chunks
from haybale.corpus.companions import companion_path
from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.packing import (
    packing_name,
    packing_path,
    packings_of,
    read_packing,
    write_packing,
)
from haybale.corpus.packing_index import PACKING_INDEX_PATH, PackedShard, write_packing_index
from haybale.corpus.storage import Folder
from haybale.pipeline.takedown.shards import TakenTokens
from haybale.pipeline.takedown.work import Exchange, Work
from haybale.tokenization.packing import PACKERS
from haybale.tokenization.packing.measure import packing_counts

Packings = dict[str, dict[str, dict[str, dict[str, int]]]]


def rewrite_beside(
    work: Work, taken: TakenTokens, before: Mapping[str, Any], exchange: Exchange
) -> Packings:
    """Write them anew for rewritten shards; those of shards that are gone go.

    Args:
        work: The takedown.
        taken: What left the shards.
        before: What packings cost until now, as in the card's inputs.
        exchange: Told what was written.

    Returns:
        What they cost now. Of a split and subset that lost documents every shard is counted anew:
        how many documents concatenation would cut depends on the tokens before.
    """
    _chunks(work, taken, exchange)
    asked = packings_of(work.manifest)
    costs: Packings = {
        name: {split: {subset: dict(counts) for subset, counts in cells.items()}
               for split, cells in splits.items()}
        for name, splits in before.items()
    }  # fmt: skip
    if not asked or not taken.by_shard:
        return costs
    after = indexed_shards(taken.index)
    touched = {(s.split, s.subset) for s in taken.before if s.path in taken.by_shard}
    packed = []
    for kind, length in asked:
        sums: dict[tuple[str, str], Counter[str]] = {cell: Counter() for cell in touched}
        exchange.gone |= {
            packing_path(kind, length, path) for path in taken.by_shard.keys() & exchange.gone
        }
        for shard in after:
            if (shard.split, shard.subset) not in touched:
                packing = read_packing(work.folder, shard, kind, length)
                counts = {
                    "sequences": packing.num_sequences,
                    "placed_tokens": packing.num_tokens,
                }
            else:
                home = _home(work, taken, shard)
                offsets = shard.document_offsets(home)
                if home is work.new:
                    packing = PACKERS[kind](offsets, length)
                    exchange.add(write_packing(work.new, packing, shard))
                else:
                    work.check(packing_path(kind, length, shard.path))
                    packing = read_packing(work.folder, shard, kind, length)
                counts = packing_counts(packing, offsets, shard.first_token)
                sums[shard.split, shard.subset].update(counts)
            numbers = counts["sequences"], counts["placed_tokens"]
            packed.append(PackedShard(kind, length, shard.path, *numbers))
        for (split, subset), counted in sums.items():
            cells = costs.setdefault(packing_name(kind, length), {}).setdefault(split, {})
            cells.pop(subset, None)
            if counted:
                cells[subset] = dict(counted)
    if work.has(PACKING_INDEX_PATH):
        exchange.add(write_packing_index(work.new, packed))
    return costs


def _home(work: Work, taken: TakenTokens, shard: IndexedShard) -> Folder:
    return work.new if shard.path in taken.by_shard else work.folder


def _chunks(work: Work, taken: TakenTokens, exchange: Exchange) -> None:
    after = {shard.path: shard for shard in indexed_shards(taken.index)}
    for old in taken.before:
        path = companion_path(CHUNKS, old.path)
        if old.path not in taken.by_shard or not work.has(path):
            continue
        if old.path in exchange.gone:
            exchange.gone.add(path)
            continue
        new = after[old.path]
        work.check(path)
        chunk_tokens = read_chunks(work.folder, old).chunk_tokens
        chunks = cut_chunks(new.document_offsets(work.new), chunk_tokens)
        exchange.add(write_chunks(work.new, chunks, new))

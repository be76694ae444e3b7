"""Shards with documents of given tokens, and their index, without a build."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.shards import TokenFormat, token_batch, tokens_schema, write_index, write_shard
from haybale.corpus.storage import Folder

FORMAT = TokenFormat("ab", 1000, 1, 2, 0)

Shards = dict[str, list[npt.NDArray[np.int64]]]


def write_shards(folder: Folder, shards: Shards) -> list[IndexedShard]:
    """Write shards, `train/web/00000` to the tokens of each of its documents."""
    tables = []
    for number, (name, documents) in enumerate(shards.items()):
        split, subset, _ = name.split("/")
        schema = tokens_schema(FORMAT, subset, split)
        offsets = np.cumsum([0, *map(len, documents)]).astype(np.int64)
        ids = [number.to_bytes(8, "big") + row.to_bytes(8, "big") for row in range(len(documents))]
        batch = token_batch(
            schema,
            pa.array(ids, pa.binary(16)),
            offsets,
            np.concatenate(documents).astype(FORMAT.dtype),
        )
        tables.append(write_shard(folder, f"shards/{name}.arrow", schema, [batch])[1])
    write_index(folder, tables)
    return indexed_shards(pa.concat_tables(tables))


def documents_of(*lengths: int, seed: int = 0) -> list[npt.NDArray[np.int64]]:
    """Random tokens, each document's last one EOS."""
    rng = np.random.default_rng(seed)
    return [np.append(rng.integers(3, 1000, length - 1), FORMAT.eos_id) for length in lengths]

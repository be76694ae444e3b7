"""Text in a model's own tokens, as the validation split of a small corpus."""

from pathlib import Path

import pyarrow as pa

from haybale.corpus.documents import text_offsets
from haybale.corpus.manifest import Manifest, read_manifest, write_manifest
from haybale.corpus.shards import token_batch, tokens_schema, write_index, write_shard
from haybale.corpus.storage import Folder
from haybale.tokenization.tokenizer import read_tokenizer
from haybale.training.ablation_text import HeldOut
from haybale.training.evaluate import SPLIT

SUBSET = "held-out"


def encode_held_out(held_out: HeldOut, corpus: Path, output: Path) -> None:
    """Write documents in the tokens of a corpus, for `haybale.training.evaluate.Validator`.

    Args:
        held_out: The documents.
        corpus: Whose tokenizer encodes them.
        output: Folder to write, again if it is there.

    Raises:
        CorruptShardError: If the corpus has no tokenizer.
    """
    token_format = read_manifest(Folder(str(corpus))).tokens
    encoded = read_tokenizer(Folder(str(corpus))).encode(held_out.texts)
    schema = tokens_schema(token_format, SUBSET, SPLIT)
    batch = token_batch(schema, held_out.doc_ids, encoded.offsets, encoded.ids)
    folder = Folder(str(output))
    record, table = write_shard(folder, f"shards/{SPLIT}/{SUBSET}/0.arrow", schema, [batch])
    counts = {
        "documents": len(held_out.texts),
        "text_bytes": text_bytes(held_out.texts),
        "tokens": len(encoded.ids),
        "shards": 1,
    }
    manifest = Manifest(
        name=SUBSET,
        recipe={},
        lineage={},
        totals={SPLIT: {SUBSET: counts}},
        weights={SUBSET: 1.0},
        tokens=token_format,
        files=(record, write_index(folder, [table])),
    )
    write_manifest(folder, manifest)


def text_bytes(texts: pa.Array) -> int:
    """Bytes of UTF-8 of large_string[documents]."""
    offsets = text_offsets(texts)
    return int(offsets[-1] - offsets[0])

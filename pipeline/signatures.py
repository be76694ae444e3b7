"""Signatures: what deduplication knows of a kept document, row by row as in `documents/`."""

import itertools

import numpy as np
import pyarrow as pa
import xxhash

from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.minhash import sign
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.shingles import Shingles


def signatures_schema(near: DedupSettings | None) -> pa.Schema:
    """Columns of `signatures/`; `minhash` only where near-duplicates are looked for."""
    fields = [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("digest", pa.binary(16), nullable=False),  # xxh3-128 of the text
        pa.field("language", pa.string()),
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("num_shingles", pa.int64(), nullable=False),
    ]
    if near is not None:
        value = pa.field("item", pa.uint32(), nullable=False)
        fields.append(pa.field("minhash", pa.list_(value, near.num_hashes), nullable=False))
    return pa.schema(fields)


def sign_batch(kept: pa.RecordBatch, texts: pa.Array, near: DedupSettings | None) -> pa.RecordBatch:
    """Signatures of a batch of kept documents.

    Args:
        kept: Schema DOCUMENTS.
        texts: large_string[rows]: their texts as edited.
        near: How near-duplicates are looked for; None: not at all.
    """
    schema = signatures_schema(near)
    columns = [
        kept.column("doc_id"),
        _text_digests(texts),
        kept.column("language"),
        pa.array(np.diff(text_offsets(texts))),
    ]
    if near is None:
        columns.append(pa.array(np.zeros(len(texts), np.int64)))
    else:
        values, counts = sign(texts, Shingles("words", near.shingle_words), near.num_hashes)
        flat = pa.array(values.reshape(-1))
        minhash = pa.FixedSizeListArray.from_arrays(flat, type=schema.field("minhash").type)
        columns += [pa.array(counts), minhash]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _text_digests(texts: pa.Array) -> pa.Array:
    data = memoryview(text_data(texts))  # type: ignore[arg-type]
    edges = itertools.pairwise(text_offsets(texts).tolist())
    digests = b"".join(xxhash.xxh3_128_digest(data[start:stop]) for start, stop in edges)
    buffers = [None, pa.py_buffer(digests)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(texts), buffers)

"""Signatures: what deduplication knows of a kept document, row by row as in `documents/`."""

import itertools

import numpy as np
import pyarrow as pa
import xxhash

from haybale.corpus.digests import UInt64s, ids_from_words
from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.band_keys import band_digests
from haybale.pipeline.dedup.minhash import sign
from haybale.pipeline.dedup.normal_form import normalised_digests
from haybale.pipeline.dedup.presets import MinHashScheme
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.quality.urls import Urls

KIND = "haybale.signatures"
"""Key of the schema's metadata that says what kind of signatures these are."""
VERSION = 1
"""Of normal form, hashes and permutations: signatures of different versions mean nothing to each
other."""

EXACT_COLUMNS = {"url": "url", "text": "digest", "normalised": "normalised"}
"""Column of each key of exact duplicates."""


def signatures_path(part: str) -> str:
    """Where the signatures of a part's kept documents are."""
    return f"signatures/{part}.arrow"


def signatures_schema(settings: DedupSettings | None) -> pa.Schema:
    """Columns of `signatures/`: those that the settings ask for."""
    fields = [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("digest", pa.binary(16), nullable=False),  # xxh3-128 of the text
        pa.field("language", pa.string()),
        pa.field("text_bytes", pa.int64(), nullable=False),
    ]
    if settings is None:
        return pa.schema(fields)
    fields += [
        pa.field("scope", pa.uint64(), nullable=False),
        pa.field("rank", pa.binary(16), nullable=False),
    ]
    if "url" in settings.exact:
        fields.append(pa.field("url", pa.binary(16)))
    if "normalised" in settings.exact:
        fields.append(pa.field("normalised", pa.binary(16)))
    if settings.scheme is None:
        return pa.schema(fields)
    fields.append(pa.field("num_shingles", pa.int64(), nullable=False))
    fields.append(_minhash_field(settings.scheme))
    return pa.schema(fields, metadata={KIND: _kind(settings.scheme)})


def _kind(scheme: MinHashScheme) -> str:
    """What signatures must have in common to be compared, for people too."""
    hashes = f"{scheme.num_hashes} hashes"
    if not scheme.stores_values:
        hashes += f" in {scheme.num_bands} bands"
    return f"{scheme.shingles.length} {scheme.shingles.kind}, {hashes}, version {VERSION}"


def _minhash_field(scheme: MinHashScheme) -> pa.Field:
    if scheme.stores_values:
        value = pa.field("item", pa.uint32(), nullable=False)
        return pa.field("minhash", pa.list_(value, scheme.num_hashes), nullable=False)
    value = pa.field("item", pa.uint64(), nullable=False)
    return pa.field("bands", pa.list_(value, scheme.num_bands), nullable=False)


def unsigned_batch(kept: pa.RecordBatch, texts: pa.Array) -> pa.RecordBatch:
    """What later stages need of a batch of kept documents where no duplicates are looked for.

    Args:
        kept: Schema DOCUMENTS.
        texts: large_string[rows]: their texts as edited.
    """
    columns = _plain_columns(kept, texts)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=signatures_schema(None))


def sign_batch(
    kept: pa.RecordBatch, texts: pa.Array, settings: DedupSettings, scope: int, ranks: UInt64s
) -> pa.RecordBatch:
    """Signatures of a batch of kept documents.

    Args:
        kept: Schema DOCUMENTS.
        texts: large_string[rows]: their texts as edited.
        settings: What duplicates are looked for.
        scope: Within what; see `haybale.pipeline.dedup.scope`.
        ranks: uint64[rows, 2]: see `haybale.pipeline.dedup.policy`.
    """
    schema, columns = signatures_schema(settings), _plain_columns(kept, texts)
    columns["scope"] = pa.array(np.full(len(texts), scope, np.uint64))
    columns["rank"] = ids_from_words(ranks)
    if "url" in settings.exact:
        columns["url"] = _url_digests(kept.column("url"))
    if "normalised" in settings.exact:
        columns["normalised"] = normalised_digests(texts)
    if settings.scheme is not None:
        columns |= _near_columns(texts, settings.scheme)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _plain_columns(kept: pa.RecordBatch, texts: pa.Array) -> dict[str, pa.Array]:
    return {
        "doc_id": kept.column("doc_id"),
        "digest": _text_digests(texts),
        "language": kept.column("language"),
        "text_bytes": pa.array(np.diff(text_offsets(texts))),
    }


def _near_columns(texts: pa.Array, scheme: MinHashScheme) -> dict[str, pa.Array]:
    field = _minhash_field(scheme)
    if scheme.stores_values:
        values, counts = sign(texts, scheme.shingles, scheme.num_hashes)
        flat = pa.array(values.reshape(-1))
    else:
        bands, counts = band_digests(texts, scheme.shingles, scheme.num_bands, scheme.band_rows)
        flat = pa.array(bands.reshape(-1))
    minhash = pa.FixedSizeListArray.from_arrays(flat, type=field.type)
    return {"num_shingles": pa.array(counts), field.name: minhash}


def _text_digests(texts: pa.Array) -> pa.Array:
    data = memoryview(text_data(texts))  # type: ignore[arg-type]
    edges = itertools.pairwise(text_offsets(texts).tolist())
    digests = b"".join(xxhash.xxh3_128_digest(data[start:stop]) for start, stop in edges)
    buffers = [None, pa.py_buffer(digests)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(texts), buffers)


def _url_digests(urls: pa.Array) -> pa.Array:
    """Of host, path and query; null where there is no host."""
    keys = Urls(urls).keys.to_pylist()
    digests = [None if key is None else xxhash.xxh3_128_digest(key.encode()) for key in keys]
    return pa.array(digests, pa.binary(16))

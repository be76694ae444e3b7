"""Signatures: what deduplication knows of a kept document, row by row as in `documents/`."""

import numpy as np
import pyarrow as pa

from haybale.corpus.digests import UInt64s, ids_from_words
from haybale.corpus.documents import text_offsets
from haybale.pipeline.dedup.band_keys import band_digests
from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.dedup.minhash import sign
from haybale.pipeline.dedup.presets import MinHashScheme
from haybale.pipeline.dedup.settings import DedupSettings

KIND = "haybale.signatures"
"""Key of the schema's metadata that says what kind of signatures these are."""
VERSION = 1
"""Of normal form, hashes and permutations: signatures of different versions mean nothing to each
other."""

_ALWAYS = "text"
"""The key whose digests later stages need, whatever duplicates are looked for."""


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
    fields += [pa.field(key_of(name).column, pa.binary(16)) for name in _asked(settings)]
    if settings.scheme is None:
        return pa.schema(fields)
    fields.append(pa.field("num_shingles", pa.int64(), nullable=False))
    fields.append(_minhash_field(settings.scheme))
    return pa.schema(fields, metadata={KIND: _kind(settings.scheme)})


def _asked(settings: DedupSettings) -> list[str]:
    """The keys that have a column because the settings ask for them."""
    return [name for name in settings.exact_keys if name != _ALWAYS]


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
    for key in map(key_of, _asked(settings)):
        columns[key.column] = key.digests(kept, texts)
    if settings.scheme is not None:
        columns |= _near_columns(texts, settings.scheme)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _plain_columns(kept: pa.RecordBatch, texts: pa.Array) -> dict[str, pa.Array]:
    return {
        "doc_id": kept.column("doc_id"),
        "digest": key_of(_ALWAYS).digests(kept, texts),
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

"""Documents to signatures: all that is known of a document while duplicates are looked for."""

from collections.abc import Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from haybale.corpus.digests import UInt64s
from haybale.corpus.documents import text_offsets
from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.dedup.policy import ranks, seconds
from haybale.pipeline.dedup.scope import WHOLE_CORPUS
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.kept.signatures import sign_batch
from haybale.pipeline.transforms.arriving import expect_columns


def needed_columns(settings: DedupSettings) -> tuple[str, ...]:
    """The columns of documents by which duplicates are found and survivors chosen."""
    needed = ["doc_id", "text"]
    if settings.scope == "subset" or "priority" in settings.keep:
        needed.append("subset")
    if "oldest" in settings.keep:
        needed.append("timestamp")
    needed += _key_columns(settings)
    return tuple(dict.fromkeys(needed))


def _key_columns(settings: DedupSettings) -> tuple[str, ...]:
    """What the keys of exact duplicates are made of beside the text."""
    names = (name for key in settings.exact_keys for name in key_of(key).columns)
    return tuple(name for name in names if name != "text")


class CheckDocuments(beam.DoFn):  # type: ignore[misc]
    """A batch as it is, if it has what is needed."""

    def __init__(self, needed: tuple[str, ...]) -> None:
        self._needed = needed

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Check one batch."""
        checked = expect_columns(batch, self._needed, "Deduplicate")
        if checked.num_rows:
            yield checked


class SignDocuments(beam.DoFn):  # type: ignore[misc]
    """A batch of documents to one of signatures, see `haybale.pipeline.kept.signatures`."""

    def __init__(self, settings: DedupSettings) -> None:
        self._settings = settings

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Sign one batch."""
        yield sign_documents(batch, self._settings)


def sign_documents(batch: pa.RecordBatch, settings: DedupSettings) -> pa.RecordBatch:
    """Signatures of a batch, each with the scope and the rank of its own row."""
    texts, num_rows = batch.column("text"), batch.num_rows
    missing = pa.nulls(num_rows, pa.string())
    columns = {
        "doc_id": batch.column("doc_id"),
        "language": missing,  # a column of signatures that plays no part here
    }
    columns |= {name: batch.column(name) for name in _key_columns(settings)}
    documents = pa.RecordBatch.from_pydict(columns)
    values = policy_ranks(batch, settings)
    signed = sign_batch(documents, texts, settings, WHOLE_CORPUS, values)
    if settings.scope == "subset":
        place = signed.schema.get_field_index("scope")
        scopes = pa.array(_scopes(batch.column("subset")))
        signed = signed.set_column(place, signed.schema.field(place), scopes)
    return signed


def policy_ranks(batch: pa.RecordBatch, settings: DedupSettings) -> UInt64s:
    """uint64[rows, 2]: ranks by the criteria of `keep`, see `haybale.pipeline.dedup.policy`."""
    values = {"longest": np.diff(text_offsets(batch.column("text")))}
    if "priority" in settings.keep:
        named = pc.fill_null(batch.column("subset"), "").dictionary_encode()
        places = np.array([settings.place(name) for name in named.dictionary.to_pylist()], np.int64)
        values["priority"] = places[named.indices.to_numpy()]
    if "oldest" in settings.keep:
        values["oldest"] = seconds(batch.column("timestamp"))
    return ranks(settings.keep, values)


def _scopes(subsets: pa.Array) -> UInt64s:
    """A number for each subset; documents of different ones are never compared."""
    named = pc.fill_null(subsets, "").dictionary_encode()
    numbers = [xxhash.xxh3_64_intdigest(name.encode()) for name in named.dictionary.to_pylist()]
    scopes: UInt64s = np.array(numbers, np.uint64)[named.indices.to_numpy()]
    return scopes

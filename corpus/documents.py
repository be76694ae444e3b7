"""The document: one row of the batches that every stage reads and writes."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

DOCUMENTS = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("source", pa.string()),
        pa.field("timestamp", pa.string()),
        pa.field("language", pa.string()),
        pa.field("language_score", pa.float32()),
        pa.field("license", pa.string()),
        pa.field("metadata", pa.string()),
    ]
)
"""Schema of a batch of documents.

`doc_id`: xxh3-128 of (subset, path relative to the fixed part of its glob, position), see
`haybale.corpus.digests.document_ids`. `language`: the identifier's label (ISO 639, "en"), or the
record's own before identification, if that is one. `language_score`: in [0, 1], in steps of 1/1000.
`metadata`: a JSON object of the record's other fields, its own id among them; no rule reads it.
"""


def text_offsets(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Offsets into the data buffer, int64[rows + 1], of a large_string array without nulls."""
    if len(texts) == 0:  # Arrow may leave the buffer out
        return _read_only(np.zeros(1, np.int64))
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    return _read_only(offsets[texts.offset : texts.offset + len(texts) + 1])


def text_data(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """The whole UTF-8 data buffer, uint8[...], that `text_offsets` point into."""
    data = texts.buffers()[2]
    return _read_only(np.frombuffer(data if data is not None else b"", dtype=np.uint8))


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whoever owns the buffer: else kernels would be compiled for arrays of both sorts."""
    array.flags.writeable = False
    return array

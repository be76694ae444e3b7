"""Every byte of the text."""

from typing import Any, cast

import pyarrow as pa

from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.keys.key import digests_of_slices, own_key


@own_key("text", "digest", same_words=True)
def text(documents: pa.RecordBatch) -> pa.Array:
    """Digests of the texts."""
    texts = documents.column("text")
    data = memoryview(cast(Any, text_data(texts)))
    return digests_of_slices(data, text_offsets(texts).tolist())

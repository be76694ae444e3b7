"""Host, path and query of the URL: it says nothing of the texts."""

import pyarrow as pa
import xxhash

from haybale.pipeline.dedup.keys.key import own_key
from haybale.quality.urls import Urls


@own_key("url", "url", same_words=False, columns=("url",))
def url(documents: pa.RecordBatch) -> pa.Array:
    """Digests of the URLs; null where there is no host."""
    found = Urls(documents.column("url")).keys.to_pylist()
    digests = [None if key is None else xxhash.xxh3_128_digest(key.encode()) for key in found]
    return pa.array(digests, pa.binary(16))

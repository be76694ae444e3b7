"""Words, without case, punctuation and white space."""

import pyarrow as pa

from haybale.pipeline.dedup.keys.key import own_key
from haybale.pipeline.dedup.normal_form import normalised_digests


@own_key("normalised", "normalised", same_words=True)
def normalised(documents: pa.RecordBatch) -> pa.Array:
    """Digests of the words; null where there are none."""
    return normalised_digests(documents.column("text"))

"""How many tokens removed documents would have had: measured on those that were drawn.

Removed documents never meet the tokenizer, so a bounded sample of each stage, rule and subset is
encoded for the card. Of a document of EXCERPT_CHARACTERS characters or more all but the last of
these are; how far the rest may differ is said in `haybale.cards.removed_tokens`.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.cards.measured import TokenRate
from haybale.pipeline.ingesting.dropped import EXCERPT_CHARACTERS
from haybale.pipeline.jobs.drawn import GROUPS
from haybale.tokenization.tokenizer import Tokenizer


def token_rates(drawn: pa.Table, tokenizer: Tokenizer) -> tuple[TokenRate, ...]:
    """Sums over the drawn documents of each stage, rule and subset, in that order.

    Bytes are UTF-8 bytes of what was encoded. A whole text has the token that ends a document, the
    beginning of one has not.

    Args:
        drawn: DRAWN, at most SAMPLE_SIZE rows of each.
        tokenizer: The corpus's.
    """
    if drawn.num_rows == 0:
        return ()
    texts = drawn.column("text").combine_chunks()
    ends = pc.less(pc.utf8_length(texts), EXCERPT_CHARACTERS)
    # What is as long as a beginning may go on: its last character goes, lest it pass for all of it.
    texts = pc.if_else(ends, texts, pc.utf8_slice_codeunits(texts, 0, EXCERPT_CHARACTERS - 1))
    whole = ends.to_numpy(zero_copy_only=False)
    text_bytes = pc.binary_length(texts).to_numpy().astype(np.int64)
    tokens = np.diff(tokenizer.encode(texts).offsets) - ~whole
    sums = (
        drawn.select(GROUPS)
        .append_column("bytes", pa.array(text_bytes))
        .append_column("tokens", pa.array(tokens))
        .append_column("bytes_bytes", pa.array(text_bytes * text_bytes))
        .append_column("bytes_tokens", pa.array(text_bytes * tokens))
        .append_column("tokens_tokens", pa.array(tokens * tokens))
        .group_by(GROUPS, use_threads=False)
        .aggregate([(name, "sum") for name in _SUMS] + [("bytes", "count")])
        .sort_by([(name, "ascending") for name in GROUPS])
    )
    return tuple(
        TokenRate(
            row["stage"],
            row["rule"],
            row["subset"],
            row["bytes_count"],
            *(row[f"{name}_sum"] for name in _SUMS),
        )
        for row in sums.to_pylist()
    )


_SUMS = ("bytes", "tokens", "bytes_bytes", "bytes_tokens", "tokens_tokens")
"""In the order of TokenRate."""

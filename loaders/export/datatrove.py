"""datatrove's tokenized files: `.ds` holds ids, `.ds.index` where documents end.

As datatrove 0.10.1 writes them (`datatrove/pipeline/tokens/tokenizer.py`): raw uint16 or uint32
ids; the end of each document as uint64, in tokens; and three lines of `.ds.metadata`.
"""

from collections.abc import Callable

import numpy as np

from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.loaders.export.selection import Selection

_PREFIXES = " kMGTPE"


def export_datatrove(
    selection: Selection, output: Folder, progress: Callable[[int], None]
) -> list[FileRecord]:
    """Write `<split>/<subset>/<number>.ds`, `.ds.index` and `.ds.metadata` for each shard.

    Args:
        selection: The documents.
        output: The folder of the export.
        progress: Told how many tokens were written since it was last told.

    Returns:
        Records of all files.
    """
    dtype = selection.tokens.dtype.newbyteorder("<")
    records = []
    for shard in selection.shards:
        name, start = f"{selection.shard_path(shard)}.ds", 0
        with output.commit(name) as tokens, output.commit(f"{name}.index") as ends:
            for documents in selection.read(shard):
                tokens.write(documents.ids.astype(dtype, copy=False))
                ends.write((documents.offsets[1:].astype(np.int64) + start).astype("<u8"))
                start += len(documents.ids)
                progress(len(documents.ids))
        # Merging splits the first line at "|", so that a tokenizer's name must have none.
        tokenizer = f"xxh3-128:{selection.tokens.tokenizer}"
        lines = (f"{tokenizer}|{dtype.itemsize}", str(start), _metric(start))
        metadata = output.commit_bytes(f"{name}.metadata", "\n".join(lines).encode())
        records += [tokens.record(), ends.record(), metadata]
    return records


def _metric(num_tokens: int) -> str:
    """Three digits and an SI prefix, as `humanize.metric(num_tokens, unit="T")` has them."""
    power = len(str(num_tokens)) - 1
    value = num_tokens / 10 ** (power // 3 * 3)
    return f"{value:.{2 - power % 3}f} {_PREFIXES[power // 3].strip()}T"

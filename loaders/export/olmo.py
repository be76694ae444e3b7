"""OLMo's flat arrays: `.npy` without a header, and the documents' boundaries in `.csv.gz`.

As dolma 1.2.1 writes them (`dolma/tokenizer/memmap_writer.py`): raw uint16 or uint32 ids despite
the name, and a row `start,end,id,src,loc` for each document, in tokens of the array.
"""

import csv
import gzip
import io
from collections.abc import Callable
from typing import IO, Any, cast

import numpy as np

from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.loaders.export.selection import Documents, Selection


def export_olmo(
    selection: Selection, output: Folder, progress: Callable[[int], None]
) -> list[FileRecord]:
    """Write `<split>/<subset>/<number>.npy` and `.csv.gz` for each shard.

    A row's `id` is the document's id in hex, `src` its shard and `loc` its number there, from 1.

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
        path, start = selection.shard_path(shard), 0
        with (
            output.commit(f"{path}.npy") as tokens,
            output.commit(f"{path}.csv.gz") as table,
            # Neither a time nor a name in the header: the same documents give the same bytes.
            gzip.GzipFile("", "wb", fileobj=cast(IO[bytes], table), mtime=0) as rows,
        ):
            for documents in selection.read(shard):
                tokens.write(documents.ids.astype(dtype, copy=False))
                rows.write(_rows(documents, start, shard.path))
                start += len(documents.ids)
                progress(len(documents.ids))
        records += [tokens.record(), table.record()]
    return records


def _rows(documents: Documents, start: int, shard: str) -> bytes:
    bounds: Any = (documents.offsets.astype(np.int64) + start).tolist()
    ids = (doc_id.hex() for doc_id in documents.doc_ids.to_pylist())
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        (first, last, doc_id, shard, loc)
        for loc, (first, last, doc_id) in enumerate(
            zip(bounds[:-1], bounds[1:], ids, strict=True), start=documents.first + 1
        )
    )
    return text.getvalue().encode()

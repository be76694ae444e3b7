"""What is wrong with a shard that is not the one that the manifest names.

Nothing of it is trusted: its bytes are compared where the index has its record batches, and never
followed where they point.
"""

from typing import Any

import pyarrow as pa
import xxhash

from haybale.corpus.errors import HaybaleError
from haybale.corpus.shards import INDEX_PATH, read_format, read_index
from haybale.corpus.verification.report import Checking


def shard_damage(checking: Checking, path: str) -> str:
    """Whether the shard is of another corpus, or which of its record batches was changed."""
    if INDEX_PATH in checking.damaged:
        return "the file was changed after it was written, or is of another run"
    rows = [row for row in read_index(checking.folder).to_pylist() if row["shard"] == path]
    buffer = checking.folder.open(path).read_buffer()
    if other := _another(checking, path, buffer, rows):
        return f"it is the shard of another corpus: {other}"
    if rows and buffer.size < rows[0]["shard_bytes"]:
        return "its end is missing"
    width, before, changed = checking.manifest.tokens.dtype.itemsize, 0, []
    for row in rows:
        if raw_digest(buffer, row, width) != row["digest"]:
            changed.append(f"{row['batch']} (tokens {before} to {before + row['tokens']})")
        before += row["tokens"]
    if not changed:
        return "what was changed is not in its tokens, but in what surrounds them"
    return f"changed after it was written, in record batch {', '.join(changed)}"


def _another(checking: Checking, path: str, buffer: pa.Buffer, rows: list[dict[str, Any]]) -> str:
    """Why it must be the shard of another corpus; "" if nothing shows that."""
    try:
        reader = pa.ipc.open_file(buffer)
        if read_format(reader.schema, path) != checking.manifest.tokens:
            return "it was made with another tokenizer"
        counts = [reader.get_batch(number).num_rows for number in range(reader.num_record_batches)]
    except (pa.ArrowException, HaybaleError, OSError, ValueError, KeyError):
        return ""
    if counts != [row["rows"] for row in rows]:
        return f"it has {sum(counts)} documents, the index {sum(row['rows'] for row in rows)}"
    return ""


def raw_digest(buffer: pa.Buffer, row: dict[str, Any], width: int) -> str:
    """The digest of a record batch, from the bytes where its row of the index says it is.

    Args:
        buffer: The shard.
        row: Schema INDEX.
        width: Bytes of a token.
    """
    hasher, view = xxhash.xxh3_128(), memoryview(buffer)
    for name, size in (
        ("doc_ids_position", 16 * row["rows"]),
        ("offsets_position", 4 * (row["rows"] + 1)),
        ("values_position", width * row["tokens"]),
    ):
        hasher.update(view[row[name] : row[name] + size])
    return hasher.hexdigest()

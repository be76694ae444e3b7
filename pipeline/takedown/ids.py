"""Lists of document ids, as whoever asks for a takedown gives them."""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import digest
from haybale.corpus.errors import RecipeError

Ids = npt.NDArray[np.bytes_]
"""S16[documents], sorted, each once; NumPy leaves zero bytes at the end of an item out."""

_DIGITS = 32


def read_ids(path: Path) -> Ids:
    """Ids from a file: one a line in 32 hex digits, as `haybale inspect` prints them.

    What comes after a `#` is a remark. `-` is standard input.

    Raises:
        RecipeError: If there is no such file, a line is no id, or no line is.
    """
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        lines = data.decode("utf-8-sig").splitlines()  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"--ids {path}: cannot be read: {error}") from None
    ids = (line.partition("#")[0].strip() for line in lines)
    found = [_id(path, number, line) for number, line in enumerate(ids, 1) if line]
    if not found:
        raise RecipeError(
            f"--ids {path}: expected ids of documents, one a line, found none; an empty list takes "
            "nothing down"
        )
    return np.unique(np.array(found, "S16"))


def _id(path: Path, number: int, line: str) -> bytes:
    try:
        found = bytes.fromhex(line) if len(line) == _DIGITS else b""
    except ValueError:
        found = b""
    if len(found) != _DIGITS // 2:
        raise RecipeError(
            f"--ids {path}, line {number}: expected {_DIGITS} hex digits, as `haybale inspect` "
            f"prints a doc_id, found {line[:80]!r}"
        )
    return found


def as_arrow(ids: Ids) -> pa.Array:
    """fixed_size_binary(16)[documents]."""
    buffer = pa.py_buffer(np.ascontiguousarray(ids).tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(ids), [None, buffer])


def hex_of(ids: Ids) -> list[str]:
    """Ids in hex."""
    return [doc_id.hex() for doc_id in as_arrow(ids).to_pylist()]


def digest_of(ids: Ids) -> str:
    """xxh3-128 of the sorted ids."""
    return digest(np.ascontiguousarray(ids).tobytes())


def are_in(values: Ids, ids: Ids) -> npt.NDArray[np.bool_]:
    """bool[values]: which are among sorted ids; quicker than `numpy.isin` where these are many."""
    if len(ids) == 0:
        return np.zeros(len(values), np.bool_)
    places = np.minimum(np.searchsorted(ids, values), len(ids) - 1)
    return np.asarray(ids[places] == values)

"""Files of object stores for libraries that open only files of this computer."""

import functools
import tempfile
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.corpus.storage import open_input

_BLOCK_BYTES = 1 << 22


def fetch(uri: str, where: str) -> str:
    """Path of a file on this computer: itself, or a copy of one that lies elsewhere.

    A copy is made once per process, and is gone when the process ends.

    Args:
        uri: Path, `gs://…` or `s3://…`.
        where: What to call it in errors, such as `ingest.word_list`.

    Raises:
        RecipeError: If it does not exist.
    """
    if "://" not in uri:
        return uri
    try:
        return _copy(uri)
    except FileNotFoundError:
        raise RecipeError(f"{where}: {uri} does not exist; mend the path") from None


@functools.cache
def _copy(uri: str) -> str:
    path = Path(tempfile.mkdtemp(dir=_folder().name), uri.rpartition("/")[2])
    with open_input(uri) as stream, path.open("wb") as copy:
        while block := stream.read(_BLOCK_BYTES):
            copy.write(block)
    return str(path)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="haybale-")

"""An output folder that is whole in the end, or empty."""

import contextlib
import os
from collections.abc import Iterator

from haybale.corpus.errors import RecipeError
from haybale.corpus.storage import Folder


@contextlib.contextmanager
def new_folder(uri: str | os.PathLike[str]) -> Iterator[Folder]:
    """A folder to fill; if the block ends with an error, what was written is removed again.

    Raises:
        RecipeError: If anything is there already.
    """
    folder = Folder(uri)
    try:
        found = folder.list()
    except NotADirectoryError:
        raise RecipeError(f"{folder.uri}: expected a folder, found a file") from None
    if found:
        raise RecipeError(
            f"{folder.uri}: expected a folder that is empty or yet to be made, found "
            f"{found[0]} in it; name another, or remove it"
        )
    try:
        yield folder
    except BaseException:
        for name in sorted({name.split("/")[0] for name in folder.list()}):
            folder.remove(name)
        raise
    finally:
        folder.remove("run")

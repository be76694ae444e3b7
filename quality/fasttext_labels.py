"""The labels of a fastText model, read where a damaged file can do no harm."""

import subprocess
import sys
from pathlib import Path

from haybale.corpus.errors import RecipeError

LABEL_PREFIX = "__label__"

_PROGRAM = """
import sys, fasttext
model = fasttext.load_model(sys.argv[1])
model.predict("text")
print(*model.get_labels())
"""
_MAX_SECONDS = 60  # the largest models load in a few


def fasttext_labels(path: Path, where: str, kind: str = "fastText model") -> list[str]:
    """The labels of a model, without fastText's prefix; none if it has no labels.

    The file is tried in a process of its own: fastText does not check what it reads, and a
    damaged model ends the process or never comes back.

    Args:
        path: Of the model.
        where: What to call it in errors: its path, and what names it.
        kind: What was expected, such as "fastText language model".

    Raises:
        RecipeError: If the file cannot be loaded.
    """
    command = [sys.executable, "-c", _PROGRAM, str(path)]
    try:
        tried = subprocess.run(command, capture_output=True, timeout=_MAX_SECONDS, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise RecipeError(
            f"{where}: expected a {kind}; it cannot be loaded, so it is another kind of "
            "file, or damaged: get it anew"
        ) from None
    return [label.removeprefix(LABEL_PREFIX) for label in tried.stdout.decode().split()]

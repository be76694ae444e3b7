"""What a training run drew of each subset, as its loader reported it."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from haybale.corpus.errors import RecipeError

EXPECTED = 'expected a JSON object of tokens per subset, such as {"web": 1000000}'


def read_drawn(path: Path, subsets: Collection[str]) -> dict[str, int]:
    """Read a report: a JSON object of subset to tokens drawn.

    Args:
        path: The file.
        subsets: Of the corpus; a subset that the report leaves out was not drawn.

    Returns:
        Tokens of every subset of the corpus.

    Raises:
        RecipeError: If the file is missing, is no such object, or names another subset.
    """
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise RecipeError(f"{path}: {EXPECTED}, found no JSON: {error}") from None
    if not isinstance(raw, dict):
        raise RecipeError(f"{path}: {EXPECTED}, found {type(raw).__name__}")
    for name, tokens in raw.items():
        if name not in subsets:
            known = ", ".join(sorted(subsets))
            raise RecipeError(
                f"{path}: the corpus has no subset {name!r}, only {known}; give the report of a "
                "run that read this corpus"
            )
        if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 0:
            raise RecipeError(f"{path}: {EXPECTED}, found {tokens!r} for {name}")
    return {name: raw.get(name, 0) for name in sorted(subsets)}

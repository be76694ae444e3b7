"""Which survivors a vocabulary is learned from, or measured on.

The bottom k by keyed digest: the same documents whatever the parts, the order or the workers. Each
subset fills its share by its weight, each language at most its share of that. The document that
fills a share is cut there, so no share is exceeded. What a subset cannot fill is left: the others
keep their proportions, and the sample is smaller. What a language may not fill, the subset's other
languages do, as long as they have text.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.shuffle import Rows

SAMPLED = np.dtype(
    [("order", "u8"), ("id", "u8"), ("language", "u8"), ("address", "u8"), ("bytes", "i8")]
)
"""A document that may be drawn. `order`: its keyed digest; `id`: the last word of its id, which
tells equal digests apart; `language`: digest of its language's name, 0 where none is asked for;
`bytes`: how much of it may be used."""


@dataclass(frozen=True)
class Draw:
    """How documents are drawn.

    Attributes:
        seed: The recipe's.
        total_bytes: Of the whole sample.
        max_document_bytes: No document gives more.
        max_language_fraction: No language gives more of what its subset may give; null: any share.
        from_end: Draw the largest keyed digests instead: what is learned from last, if at all.
    """

    seed: int
    total_bytes: int
    max_document_bytes: int
    max_language_fraction: float | None = None
    from_end: bool = False

    def language_bytes(self, budget: int) -> int | None:
        """The most that one language may give of a subset's budget; None: any share."""
        if self.max_language_fraction is None:
            return None
        return int(Fraction(str(self.max_language_fraction)) * budget)

    def needed(self, rows: Rows, budget: int) -> Rows:
        """Rows that may still be chosen once rows of other parts are known, in order.

        What other parts have of a language can only take its place, so each language keeps what
        would fill its share alone. `needed` of parts put together is `needed` of all.
        """
        rows = np.sort(rows[rows["bytes"] > 0], order=["order", "id"])
        most = self.language_bytes(budget)
        return _filled(rows, budget) if most is None else _filled_by_language(rows, most)

    def chosen(self, rows: Rows, budget: int) -> Rows:
        """The sample of a subset, in order; `bytes` says how much of each document."""
        return _filled(self.needed(rows, budget), budget)


def _filled(rows: Rows, budget: int) -> Rows:
    """Sorted rows up to the one that fills the budget, which gives what is left."""
    before = np.cumsum(rows["bytes"]) - rows["bytes"]
    return _cut(rows, before, budget)


def _filled_by_language(rows: Rows, most: int) -> Rows:
    by_language = np.argsort(rows["language"], kind="stable")
    sizes = rows["bytes"][by_language]
    before = np.cumsum(sizes) - sizes
    _, first, of = np.unique(rows["language"][by_language], return_index=True, return_inverse=True)
    within = np.empty(len(rows), np.int64)
    within[by_language] = before - before[first][of]
    return _cut(rows, within, most)


def _cut(rows: Rows, before: npt.NDArray[np.int64], budget: int) -> Rows:
    kept = before < budget
    rows = rows[kept]
    rows["bytes"] = np.minimum(rows["bytes"], budget - before[kept])
    return rows


class Candidates:
    """What parts may give to a sample, put together part by part, in any order.

    Memory: as many rows as the sample could need of each subset; with a cap on languages, of each
    language.

    Args:
        draw: How the sample is drawn.
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._rows: dict[str, Rows] = {}
        self._available: dict[str, int] = {}

    def add(self, subset: str, rows: Rows, text_bytes: int) -> None:
        """Add what a part of a subset may give, and the bytes of all its survivors."""
        both = np.concatenate([self._rows.get(subset, rows[:0]), rows])
        self._rows[subset] = self._draw.needed(both, self._draw.total_bytes)
        self._available[subset] = self._available.get(subset, 0) + text_bytes

    def chosen(self, loaded: LoadedRecipe) -> Rows:
        """The sample: SAMPLED, subset by subset."""
        weights = loaded.recipe.weights(self._available)
        chosen = [
            self._draw.chosen(self._rows[name], int(weight * self._draw.total_bytes))
            for name, weight in weights.items()
        ]
        return np.concatenate([np.empty(0, SAMPLED), *chosen])

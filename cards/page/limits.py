"""How much of a long list stands on the page; card.json has all of it, and the page says so."""

from dataclasses import dataclass

MAX_PAGE_BYTES = 1_000_000
MAX_EXCERPT_CHARACTERS = 300
ELSEWHERE = "card.json has all of them."


@dataclass(frozen=True)
class Limits:
    """Bounds of one rendering; a page that grows too large is rendered again with lower ones.

    Attributes:
        max_rows: Of a table.
        max_bars: Of a chart: bars, steps of a funnel.
        max_charts: Side by side in a grid.
        max_excerpts: Under one label.
    """

    max_rows: int
    max_bars: int
    max_charts: int
    max_excerpts: int


LADDER = (
    Limits(120, 40, 24, 8),
    Limits(60, 30, 16, 5),
    Limits(30, 20, 12, 3),
    Limits(12, 12, 8, 1),
)
"""The first that keeps the page below `MAX_PAGE_BYTES` is taken."""

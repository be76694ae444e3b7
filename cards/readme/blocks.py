"""Blocks of a section as Markdown."""

from haybale.cards.blocks import (
    Bars,
    Block,
    Curve,
    Excerpts,
    Funnel,
    Grid,
    Histogram,
    Prose,
    Table,
    Terms,
)
from haybale.cards.markdown_text import escape, fenced
from haybale.cards.readme.charts import (
    bars_lines,
    curve_lines,
    funnel_lines,
    histogram_lines,
    table_lines,
)
from haybale.cards.readme.inline import inline, line

MAX_GRID_CHARTS = 3
"""Of a grid; the page has more."""


def block_lines(block: Block, excerpts: bool) -> list[str]:
    """A block as lines, an empty one at their end.

    Args:
        block: Of a section.
        excerpts: Whether text by strangers is shown.
    """
    match block:
        case Prose():
            lines = [line(block.parts)]
        case Table():
            lines = table_lines(block)
        case Bars():
            lines = bars_lines(block)
        case Funnel():
            lines = funnel_lines(block)
        case Histogram():
            lines = histogram_lines(block)
        case Curve():
            lines = curve_lines(block)
        case Grid():
            return _grid(block, excerpts)
        case Terms():
            lines = [f"- **{inline(name)}**: {line(parts)}" for name, parts in block.items]
        case Excerpts():
            lines = _excerpts(block) if excerpts else []
    return [*lines, ""] if lines else []


def _grid(block: Grid, excerpts: bool) -> list[str]:
    """The first charts; as tables one below the other, many of a kind would bury all else."""
    shown = block.charts[:MAX_GRID_CHARTS]
    lines = [each for chart in shown for each in block_lines(chart, excerpts)]
    if len(shown) < len(block.charts):
        more = f"{len(block.charts) - len(shown):,} more charts like these"
        lines += [f"{more} are in [card/card.html](card/card.html).", ""]
    return lines


def _excerpts(block: Excerpts) -> list[str]:
    lines = [f"**{inline(block.label)}**", ""]
    for note, text in zip(block.notes, block.texts, strict=True):
        lines += [escape(note), "", fenced(text), ""]
    return lines[:-1]

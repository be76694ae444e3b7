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
            return [each for chart in block.charts for each in block_lines(chart, excerpts)]
        case Terms():
            lines = [f"- **{inline(name)}**: {line(parts)}" for name, parts in block.items]
        case Excerpts():
            lines = _excerpts(block) if excerpts else []
    return [*lines, ""] if lines else []


def _excerpts(block: Excerpts) -> list[str]:
    lines = [f"**{inline(block.label)}**", ""]
    for note, text in zip(block.notes, block.texts, strict=True):
        lines += [escape(note), "", fenced(text), ""]
    return lines[:-1]

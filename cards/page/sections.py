"""Sections and their blocks."""

from haybale.cards.blocks import Block, Excerpts, Grid, Prose, Section, Table, Terms
from haybale.cards.page.charts import chart_block, grid_block
from haybale.cards.page.context import Context
from haybale.cards.page.element import element, inside
from haybale.cards.page.escape import Markup, join
from haybale.cards.page.excerpts import excerpts_block
from haybale.cards.page.inline import inline
from haybale.cards.page.tables import table_block

_DEEPEST_HEADING = 6


def section_element(section: Section, context: Context, level: int = 2) -> Markup:
    """A section with its heading, its blocks, and the sections below it.

    Args:
        section: Which.
        context: Of the rendering.
        level: Of the heading: 2 for a section of the card, one more for each below.
    """
    anchor = context.anchor(section.anchor)
    heading = context.anchor(f"{anchor}-heading")
    return element(
        "section",
        element(f"h{min(level, _DEEPEST_HEADING)}", section.title, id=heading),
        *(_block(block, context) for block in section.blocks),
        *(section_element(part, context, level + 1) for part in section.parts),
        id=anchor,
        aria_labelledby=heading if level == 2 else None,
    )


def _block(block: Block, context: Context) -> Markup:
    if isinstance(block, Prose):
        return element("p", *(inline(part) for part in block.parts))
    if isinstance(block, Table):
        return table_block(block, context)
    if isinstance(block, Grid):
        return grid_block(block, context)
    if isinstance(block, Excerpts):
        return excerpts_block(block, context)
    if isinstance(block, Terms):
        return _terms(block)
    return chart_block(block, context)


def _terms(block: Terms) -> Markup:
    pairs = [
        element(
            "div",
            element("dt", inline(name)),
            element("dd", inside(*(inline(part) for part in explanation))),
        )
        for name, explanation in block.items
    ]
    return element("dl", join(pairs), class_="block")

"""README.md: the card as the Hugging Face hub shows it, at the root of the corpus folder."""

from collections.abc import Sequence

from haybale.cards.blocks import Excerpts, Section
from haybale.cards.card import Card
from haybale.cards.markdown_text import escape
from haybale.cards.readme.blocks import block_lines
from haybale.cards.readme.front_matter import front_matter

_FORMS = (
    ("card/card.html", "the card as one page, with charts"),
    ("card/card.json", "every number, and how it is known"),
    ("card/croissant.json", "for machines: Croissant with responsible-AI properties"),
    ("card/eu-summary.md", "draft of the public summary of training content (European Union)"),
    ("card/manifest.jsonl", "every file it was made from, and every file it is"),
)
_HOW = (
    "A number without a mark was counted exactly, each time it occurred; *exact* is an exact count "
    "of what a detector found, which may err. <sup>*sketch*</sup> and <sup>*sample*</sup> mark "
    "estimates with a 95 % interval, <sup>*derived*</sup> arithmetic on other numbers, "
    "<sup>*declared*</sup> somebody's word."
)


def render_readme(card: Card, sections: Sequence[Section]) -> str:
    """The README of a card, the same text for the same `card.json`.

    Args:
        card: Whose front matter.
        sections: Its content, as `haybale.cards.sections.sections` makes it.
    """
    declared = card.declared
    lines = [
        *front_matter(card),
        "",
        f"# {escape(declared['title'] or card.name)}",
        "",
        *(f"- [{path}]({path}): {what}" for path, what in _FORMS),
        "",
        _HOW,
        "",
    ]
    for section in sections:
        lines += _section_lines(section, 2, declared["samples"] == "everywhere")
    return "\n".join(lines)


def _section_lines(section: Section, depth: int, excerpts: bool) -> list[str]:
    """A section and those below it, under a heading of this depth."""
    lines = [f'<a id="{section.anchor}"></a>', "", f"{'#' * depth} {escape(section.title)}", ""]
    for block in section.blocks:
        lines += block_lines(block, excerpts)
    if not excerpts and any(isinstance(block, Excerpts) for block in section.blocks):
        lines += ["Excerpts stand in [card/card.html](card/card.html) alone.", ""]
    for part in section.parts:
        lines += _section_lines(part, min(depth + 1, 6), excerpts)
    return lines

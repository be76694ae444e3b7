"""Text by strangers: folded away, written out as it is, and nothing else."""

import re

from haybale.cards.blocks import Excerpts
from haybale.cards.page.context import Context
from haybale.cards.page.element import Child, element, inside
from haybale.cards.page.escape import Markup, escape
from haybale.cards.page.inline import inline
from haybale.cards.page.limits import MAX_EXCERPT_CHARACTERS
from haybale.cards.page.tables import cut_note

_EMPTY_LINES = re.compile(r"\n{3,}")


def excerpts_block(block: Excerpts, context: Context) -> Markup:
    """A list of samples below what they are samples of."""
    pairs = list(zip(block.notes, block.texts, strict=True))
    shown = pairs[: context.limits.max_excerpts]
    items = [element("li", element("p", note, class_="note"), _quote(text)) for note, text in shown]
    number = element("span", f" · {len(shown)}", class_="quiet")
    parts: list[Child] = [
        element("summary", inside(inline(block.label), number)),
        element("ul", *items, class_="excerpts"),
    ]
    if len(shown) < len(pairs):
        parts.append(cut_note(len(shown), len(pairs), "samples"))
    return element("details", *parts, class_="block samples")


def _quote(text: str) -> Markup:
    """At most 300 characters; many empty lines become one, with their number."""
    cut = text[:MAX_EXCERPT_CHARACTERS]
    pieces: list[Child] = []
    end = 0
    for run in _EMPTY_LINES.finditer(cut):
        pieces += [escape(cut[end : run.start()])]
        lines = f"{run.end() - run.start()} line breaks"
        pieces += ["\n", element("span", lines, class_="code-point"), "\n"]
        end = run.end()
    pieces.append(escape(cut[end:]))
    if len(text) > MAX_EXCERPT_CHARACTERS:
        pieces.append(element("span", "… cut", class_="code-point"))
    return element("blockquote", *pieces, dir="ltr", translate="no")

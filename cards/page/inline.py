"""Parts of a line: text, names, links, and numbers with how they are known."""

import re
from urllib.parse import urlsplit

from haybale.cards.blocks import Code, Inline, Link, Number
from haybale.cards.fact import Fact
from haybale.cards.page.context import anchor_text
from haybale.cards.page.element import element, inside
from haybale.cards.page.escape import Markup, cut, escape, join
from haybale.cards.page.numbers import evidence_text, value_text

_BREAKS = re.compile(r"(?<=[/_.=])(?=[^/_.=]{2})")
"""Where a long name may go on in the next line."""
_OUTSIDE = frozenset({"https", "http", "mailto"})
_MAX_NAME_CHARACTERS = 300
_MAX_TEXT_CHARACTERS = 20_000
_MAX_TARGET_CHARACTERS = 800


def inline(part: Inline, max_characters: int = _MAX_TEXT_CHARACTERS) -> Markup:
    """A part as markup; what is longer than any person writes is cut, and says so."""
    if isinstance(part, str):
        return escape(cut(part, max_characters))
    if isinstance(part, Code):
        text = cut(part.text, _MAX_NAME_CHARACTERS)
        pieces = [escape(piece) for piece in _BREAKS.split(text)]
        return element("code", join(pieces, "<wbr/>"), translate="no")
    if isinstance(part, Link):
        return _link(part)
    return inside(value(part), " ", how_tag(part.fact)) if _known(part.fact) else how_tag(part.fact)


def cell(part: Inline) -> Markup:
    """A part in a table, where text is a name or a number."""
    return inline(part, _MAX_NAME_CHARACTERS)


def plain(part: Inline) -> str:
    """A part as text, for drawings."""
    if isinstance(part, Number):
        return value_text(part.fact.value, part.style)
    return cut(part if isinstance(part, str) else part.text, _MAX_NAME_CHARACTERS)


def value(number: Number) -> Markup:
    """A number and its interval; a rounded one holds the exact one for machines."""
    fact = number.fact
    text: Markup = escape(value_text(fact.value, number.style))
    if number.style == "scaled" and isinstance(fact.value, int | float):
        text = element("data", text, value=str(fact.value))
    evidence = evidence_text(fact, number.style)
    if not evidence:
        return text
    return inside(text, " ", element("small", evidence, class_="evidence"))


def how_tag(fact: Fact) -> Markup:
    """How a number is known, as a link to what its measure counts."""
    return element(
        "a",
        fact.how.replace("_", " "),
        class_=f"how {fact.how.replace('_', '-')}",
        href=f"#{measure_anchor(fact.measure)}",
        title=fact.why_missing or None,
    )


def measure_anchor(measure: str) -> str:
    """The id of a measure's row at the end of the page."""
    return f"measure-{anchor_text(measure)}"


def _known(fact: Fact) -> bool:
    return fact.value is not None


def _link(link: Link) -> Markup:
    """A link within the page, to a file beside it or to the web; any other is only text."""
    text = cut(link.text, _MAX_NAME_CHARACTERS)
    if link.target.startswith("#"):
        return element("a", text, href=link.target)
    try:
        scheme = urlsplit(link.target).scheme
    except ValueError:
        return escape(text)
    if len(link.target) > _MAX_TARGET_CHARACTERS:
        return escape(text)
    if scheme in _OUTSIDE:
        return element("a", text, href=link.target, rel="external noreferrer")
    if scheme or link.target.startswith(("/", "\\")):
        return escape(text)
    return element("a", text, href=link.target)

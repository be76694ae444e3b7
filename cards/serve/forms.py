"""Forms that ask for a page again with other filters: plain GET, no script."""

from collections.abc import Iterable
from urllib.parse import urlencode

from haybale.cards.page.element import Child, element, inside
from haybale.cards.page.escape import Markup
from haybale.cards.serve.messages import Request

PER_PAGE = 50
_MAX_DIGITS = 9
"""Of a page's number."""


def choice(request: Request, name: str, values: Iterable[str], label: str = "") -> Markup:
    """A list of values to choose from, or all."""
    chosen = request.query.get(name, "")
    options = [element("option", "all", value="")]
    for value in sorted(set(values) - {""}):
        selected = "selected" if value == chosen else None
        options.append(element("option", value, value=value, selected=selected))
    return _labelled(label or name, name, element("select", *options, id=name, name=name))


def search_field(request: Request, name: str, label: str) -> Markup:
    """A field for words to look for."""
    value = request.query.get(name, "")
    field = element("input", type="search", id=name, name=name, value=value, maxlength="200")
    return _labelled(label, name, field)


def form(path: str, *fields: Markup) -> Markup:
    """A form that leads to this page with what was chosen."""
    button = element("button", "Show", type="submit")
    return element("form", *fields, button, method="get", action=path)


def page_of(request: Request, num: int) -> tuple[slice, Markup]:
    """The rows to be shown of so many, and links to those before and after."""
    number = request.query.get("page", "1")[:_MAX_DIGITS]
    last = max(1, -(-num // PER_PAGE))
    at = min(max(int(number), 1), last) if number.isascii() and number.isdecimal() else 1
    first = (at - 1) * PER_PAGE
    shown = slice(first, min(num, first + PER_PAGE))
    words = f"{first + 1:,} to {shown.stop:,} of {num:,}" if num else "Nothing fits."
    parts: list[Child] = [words]
    for target, name in ((at - 1, "Before"), (at + 1, "After")):
        if 1 <= target <= last:
            query = urlencode({**request.query, "page": target})
            parts += [" · ", element("a", name, href=f"?{query}")]
    return shown, element("p", *parts)


def _labelled(label: str, name: str, field: Markup) -> Markup:
    return element("div", element("label", inside(label), for_=name), field)

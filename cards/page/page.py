"""card.html: the whole card as one page that needs nothing else and asks for nothing.

Drawings and style are in the page, there is no script, and a Content-Security-Policy forbids all
but the style, by its digest. The same card gives the same bytes.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from haybale.cards.blocks import Section
from haybale.cards.card import Card
from haybale.cards.page.context import Context, anchor_text
from haybale.cards.page.element import element, inside
from haybale.cards.page.escape import Markup
from haybale.cards.page.limits import LADDER, MAX_PAGE_BYTES, Limits
from haybale.cards.page.measures import measures_section
from haybale.cards.page.sections import section_element
from haybale.corpus.errors import HaybaleError


def render_page(card: Card, sections: Sequence[Section]) -> str:
    """The page.

    Args:
        card: The facts behind it.
        sections: In order, from `haybale.cards.sections.sections`.

    Raises:
        HaybaleError: If even the shortest lists give more than 1 MB.
    """
    num_bytes = 0
    for limits in LADDER:
        page = _page(card, sections, limits)
        num_bytes = len(page.encode())
        if num_bytes < MAX_PAGE_BYTES:
            return page
    raise HaybaleError(
        f"card.html: expected below {MAX_PAGE_BYTES:,} bytes, found {num_bytes:,} with the "
        "shortest lists; card.json holds the card, and shorter answers in [card] make the page fit"
    )


def _page(card: Card, sections: Sequence[Section], limits: Limits) -> str:
    context = Context(card, limits)
    for reserved in ("top", "contents", "content"):
        context.anchor(reserved)
    title = card.declared.get("title") or card.name
    anchors = [(anchor_text(section.anchor), section.title) for section in sections]
    main = [
        *(section_element(section, context) for section in sections),
        measures_section(context),
    ]
    body = element(
        "body",
        element("a", "To the content", class_="skip", href="#content"),
        element(
            "header",
            element("p", "Dataset card", class_="eyebrow"),
            element("h1", title),
            id="top",
        ),
        _contents([*anchors, ("measures", "What each number measures")]),
        element("main", *main, id="content"),
        element(
            "footer",
            element(
                "p",
                "Made by Haybale from ",
                element("a", "card.json", href="card.json"),
                ". This page has no script and loads nothing.",
            ),
            element("p", element("a", "Back to the top", href="#top")),
        ),
    )
    document = element("html", _head(f"{title}: dataset card"), body, lang="en")
    return f"<!DOCTYPE html>\n{document}\n"


def _head(title: str) -> Markup:
    style = files(__package__).joinpath("style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", **{"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(style)),
    )


def _contents(entries: Sequence[tuple[str, str]]) -> Markup:
    items = [element("li", element("a", title, href=f"#{anchor}")) for anchor, title in entries]
    return element(
        "nav",
        element("h2", "Contents", id="contents"),
        element("ol", inside(*items)),
        aria_labelledby="contents",
    )

"""The frame of every page: the card's style, where else to go, and what a browser may do."""

import base64
import hashlib
from importlib.resources import files

from haybale.cards.page.element import Child, element
from haybale.cards.page.escape import Markup
from haybale.cards.serve.messages import HTML, Response
from haybale.cards.serve.site import Site

_OWN_STYLE = """
form { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin: 0 0 1.2rem; }
form label { display: block; font: .8rem/1.4 var(--sans); color: var(--quiet); }
input, select, button { font: 1rem/1.4 var(--sans); color: var(--ink); background: var(--paper);
  border: 1px solid var(--quiet); border-radius: 3px; padding: .3rem .5rem; max-width: 100%; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: .86rem/1.5 var(--mono); }
"""
_STYLE = (files("haybale.cards.page") / "style.css").read_text("utf-8") + _OWN_STYLE
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""For pages of this frame; `card.html` brings a narrower one of its own."""


def framed_page(site: Site, title: str, *content: Child, status: int = 200) -> Response:
    """A page with a heading and this content."""
    body = element(
        "body",
        element("a", "To the content", class_="skip", href="#content"),
        element("header", element("p", site.title, class_="eyebrow"), element("h1", title)),
        element("nav", _links(site), aria_label="Pages"),
        element("main", element("section", *content), id="content"),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title}: {site.title}"),
        element("style", Markup(_STYLE)),
    )
    document = element("html", head, body, lang="en")
    return Response(status, HTML, f"<!DOCTYPE html>\n{document}\n".encode())


def not_found(site: Site, why: str) -> Response:
    """A page that says what there is not."""
    return framed_page(site, "Not found", element("p", why), status=404)


def _links(site: Site) -> Markup:
    pages = [
        ("/", "Overview"),
        ("/card.html", "Card"),
        ("/samples", "Samples"),
        ("/facts", "Facts"),
    ]
    if site.manifest is not None:
        pages += [("/removed", "Removed documents"), ("/document", "A document")]
    if site.changes is not None:
        pages.append(("/compare", "What changed"))
    items = [element("li", element("a", name, href=path)) for path, name in pages]
    return element("ol", *items)

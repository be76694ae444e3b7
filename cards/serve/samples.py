"""The card's samples, filtered."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from haybale.cards.page.element import Child, element
from haybale.cards.page.escape import Markup, escape
from haybale.cards.serve.forms import choice, form, page_of, search_field
from haybale.cards.serve.frame import framed_page
from haybale.cards.serve.messages import Request, Response
from haybale.cards.serve.site import Site

_FILTERS = ("state", "stage", "rule", "subset", "language")


def samples(site: Site, request: Request) -> Response:
    """Samples by state, stage, rule, subset, language and words."""
    rows = site.card.samples
    fields = [choice(request, name, (str(row[name]) for row in rows)) for name in _FILTERS]
    asked = {name: request.query[name] for name in _FILTERS if request.query.get(name)}
    words = request.query.get("q", "").casefold()
    chosen = [
        row
        for row in rows
        if all(row[name] == value for name, value in asked.items())
        and words in row["excerpt"].casefold()
    ]
    shown, pages = page_of(request, len(chosen))
    content: list[Child] = [
        form("/samples", *fields, search_field(request, "q", "words in the text")),
        pages,
        sample_list(site, chosen[shown], "excerpt"),
        *_more(site, asked.get("rule", "")),
    ]
    if not rows:
        why = "The card has no samples: none were drawn, or its author wants none shown."
        content.insert(0, element("p", why))
    return framed_page(site, "Samples", *content)


def sample_list(site: Site, rows: Sequence[Mapping[str, Any]], text: str) -> Markup:
    """Documents one below the other, with what is known of each.

    Args:
        site: Whose documents.
        rows: With `doc_id` in hex and a text.
        text: Name of the text.
    """
    return element("ul", *(_sample(site, row, text) for row in rows), class_="excerpts")


def _sample(site: Site, row: Mapping[str, Any], text: str) -> Markup:
    known = [str(row[name]) for name in ("stage", "rule", "subset", "language") if row.get(name)]
    if row.get("value") is not None:
        known.append(f"measured {row['value']}")
    note: list[Child] = [", ".join(known), ", document ", document_link(site, row["doc_id"])]
    if row.get("survivor"):
        note += [", resembles ", document_link(site, row["survivor"])]
    quote_ = element("blockquote", escape(row[text]), dir="ltr", translate="no")
    return element("li", element("p", *note, class_="note"), quote_)


def document_link(site: Site, doc_id: str) -> Markup:
    """An id; where the corpus is at hand, a link to all that is known of the document."""
    name = element("code", doc_id)
    if site.manifest is None:
        return name
    return element("a", name, href=f"/document/{quote(doc_id, safe='')}")


def _more(site: Site, rule: str) -> list[Child]:
    if site.manifest is None or rule not in site.shown_rules:
        return []
    target = f"/removed?rule={quote(rule, safe='')}"
    return [element("p", element("a", "More that this rule removed", href=target))]

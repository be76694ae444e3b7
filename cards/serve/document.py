"""What happened to a document: all that the corpus records of it."""

import json
from typing import Any

from haybale.cards.page.element import Child, element
from haybale.cards.page.escape import cut, escape
from haybale.cards.serve.forms import form, search_field
from haybale.cards.serve.frame import framed_page, not_found
from haybale.cards.serve.messages import Request, Response
from haybale.cards.serve.samples import document_link
from haybale.cards.serve.site import Site
from haybale.corpus.difference import marked
from haybale.corpus.errors import RecipeError
from haybale.corpus.lookup import find_document

PATH = "/document/"
_MAX_CHARACTERS = 20_000
_CONTEXT = 60
_FIRST = ("removal", "difference", "edits", "cuts", "contamination", "places")
"""What happened to it stands before what it is."""


def ask_document(site: Site, request: Request) -> Response:
    """The document of the id that was filled in, or a form that asks for one."""
    if doc_id := request.query.get("id", "").strip():
        return document(site, doc_id)
    ask = form("/document", search_field(request, "id", "id of a document, 32 hex digits"))
    return framed_page(site, "A document", ask)


def document(site: Site, doc_id: str) -> Response:
    """All that is known of a document."""
    if site.manifest is None:
        return not_found(site, "There is no corpus beside this card, so nothing more is known.")
    try:
        found = dict(vars(find_document(site.folder, site.manifest, doc_id)))
    except RecipeError as error:
        return not_found(site, str(error).removeprefix("--document "))
    difference = found.pop("difference")
    found["difference"] = marked(difference, _CONTEXT) if difference else ""
    links: list[Child] = []
    survivor = found["removal"].get("survivor")
    for name, ids in (
        ("Stands for it: ", [survivor.hex()] if survivor else []),
        ("Removed for its sake: ", found.pop("duplicates")),
    ):
        for other in ids:
            links.append(element("p", name, document_link(site, other)))
    parts: list[Child] = []
    for name in (*_FIRST, *(name for name in found if name not in _FIRST)):
        value = found[name]
        if value not in (None, "", {}, []):
            title = name.replace("_", " ")
            parts += [element("h2", title), element("pre", escape(_written(value)))]
    return framed_page(site, f"Document {doc_id}", *links, *parts)


def _written(value: Any) -> str:
    if isinstance(value, str):
        return cut(value, _MAX_CHARACTERS)
    if isinstance(value, dict):
        lines = (f"{key}: {_written(item)}" for key, item in value.items() if item is not None)
        return "\n".join(lines)
    if isinstance(value, bytes):
        return value.hex()
    return cut(json.dumps(value, ensure_ascii=False, indent=2, default=_plain), _MAX_CHARACTERS)


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)

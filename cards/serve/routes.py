"""Which page answers which path."""

from collections.abc import Callable

from haybale.cards.serve.comparison import comparison
from haybale.cards.serve.document import PATH as DOCUMENT_PATH
from haybale.cards.serve.document import ask_document, document
from haybale.cards.serve.facts import facts
from haybale.cards.serve.frame import not_found
from haybale.cards.serve.messages import HTML, JSON, Request, Response
from haybale.cards.serve.overview import overview
from haybale.cards.serve.removed import removed
from haybale.cards.serve.samples import samples
from haybale.cards.serve.site import Site

Route = Callable[[Site, Request], Response]

_ROUTES: dict[str, Route] = {
    "/": overview,
    "/card.html": lambda site, request: Response(200, HTML, site.page),
    "/card.json": lambda site, request: Response(200, JSON, site.facts),
    "/samples": samples,
    "/facts": facts,
    "/removed": removed,
    "/document": ask_document,
    "/compare": comparison,
}


def respond(site: Site, request: Request) -> Response:
    """The answer to a request."""
    if route := _ROUTES.get(request.path):
        return route(site, request)
    if request.path.startswith(DOCUMENT_PATH):
        return document(site, request.path.removeprefix(DOCUMENT_PATH))
    return not_found(site, "There is no such page.")

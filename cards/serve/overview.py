"""The first page: at a glance, and what the card does not know."""

from haybale.cards.page.context import Context
from haybale.cards.page.element import element
from haybale.cards.page.limits import LADDER
from haybale.cards.page.sections import section_element
from haybale.cards.sections import sections
from haybale.cards.serve.frame import framed_page
from haybale.cards.serve.messages import Request, Response
from haybale.cards.serve.site import Site

_SHOWN = ("glance", "unknown")


def overview(site: Site, request: Request) -> Response:
    """The card's first sections; the rest is one link away."""
    context = Context(site.card, LADDER[0])
    chosen = [section for section in sections(site.card) if section.anchor in _SHOWN]
    rest = element("p", element("a", "The whole card", href="/card.html"))
    parts = (section_element(section, context) for section in chosen)
    return framed_page(site, "Dataset card", rest, *parts)

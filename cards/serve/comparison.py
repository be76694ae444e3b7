"""What changed since the earlier version that the server was given."""

from haybale.cards.card import Card
from haybale.cards.page.context import Context
from haybale.cards.page.limits import LADDER
from haybale.cards.page.sections import section_element
from haybale.cards.sections import changes
from haybale.cards.serve.frame import framed_page, not_found
from haybale.cards.serve.messages import Request, Response
from haybale.cards.serve.site import Site


def comparison(site: Site, request: Request) -> Response:
    """Documents, settings, inputs and numbers."""
    if site.changes is None:
        return not_found(site, "Nothing to compare with: start with --compare OLD.")
    card = Card({**site.card.raw, "changes": site.changes})
    section = changes.section(card)
    assert section is not None
    return framed_page(site, "Two versions", section_element(section, Context(card, LADDER[0])))

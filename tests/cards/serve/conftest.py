"""The planted card as a site without a corpus."""

import json

import pytest
from planted_card import SAMPLES, card

from haybale.cards.page.page import render_page
from haybale.cards.sections import sections
from haybale.cards.serve.messages import Request
from haybale.cards.serve.routes import respond
from haybale.cards.serve.site import Site
from haybale.corpus.storage import Folder

HOSTILE = "<script>alert(1)</script>\u202e\0"


def sample(**changes):
    return {**SAMPLES[0], "survivor": None, **changes}


SHOWN = (
    sample(),
    sample(rule="other/rule@1", subset="books", language="fr", doc_id="0c", excerpt="Bonjour"),
    sample(rule="<b>", doc_id='"><script>', excerpt=HOSTILE),
    {**SAMPLES[1]},
)


@pytest.fixture
def site(tmp_path):
    shown = card(samples=SHOWN)
    page = render_page(shown, sections(shown)).encode()
    return Site(Folder(str(tmp_path)), shown, json.dumps(shown.raw).encode(), page, None, None)


@pytest.fixture
def get(site):
    """Status and text of a page."""

    def get_page(path, **query):
        response = respond(site, Request(path, query))
        return response.status, response.body.decode("utf-8")

    return get_page

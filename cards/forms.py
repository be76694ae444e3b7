"""The forms that a card's facts are shown in, and where each stands in the corpus folder."""

import hashlib
from collections.abc import Mapping

from haybale.cards.card import Card
from haybale.cards.croissant.croissant import croissant
from haybale.cards.european_summary.summary import render_european_summary
from haybale.cards.measured import Domains
from haybale.cards.page.page import render_page
from haybale.cards.readme.readme import render_readme
from haybale.cards.sections import sections
from haybale.corpus.digests import canonical_json

README_PATH = "README.md"
"""At the root, where the Hugging Face hub looks for it."""
FACTS_PATH = "card/card.json"
PAGE_PATH = "card/card.html"
CROISSANT_PATH = "card/croissant.json"
EUROPEAN_PATH = "card/eu-summary.md"
FILES_PATH = "card/manifest.jsonl"
ATTRITION_PATH = "card/attrition.parquet"
INPUTS_PATH = "card/inputs.json"

CARD_PATHS = frozenset(
    {
        *(README_PATH, FACTS_PATH, PAGE_PATH, CROISSANT_PATH, EUROPEAN_PATH, FILES_PATH),
        *(ATTRITION_PATH, INPUTS_PATH),
    }
)
"""What `haybale.cards.write` writes; `card/` holds other tables beside."""

Forms = Mapping[str, bytes]
"""Path to content."""


def card_forms(card: Card, domains: Domains | None, files: bytes) -> Forms:
    """Every form that is text.

    Args:
        card: Of the corpus.
        domains: Web domains; null where they were not counted.
        files: Content of `card/manifest.jsonl`.
    """
    parts = sections(card)
    sha256 = hashlib.sha256(files).hexdigest()
    return {
        README_PATH: render_readme(card, parts).encode("utf-8"),
        PAGE_PATH: render_page(card, parts).encode("utf-8"),
        CROISSANT_PATH: canonical_json(croissant(card, sha256)),
        EUROPEAN_PATH: render_european_summary(card, domains).encode("utf-8"),
    }

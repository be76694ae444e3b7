"""What only people can say: the recipe's `[card]`, or a `card.toml`. Gaps are counted."""

import datetime
import math
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from haybale.cards.licenses import check_license
from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import parse_section

Samples = Literal["none", "page", "everywhere"]

NOT_ANSWERS = frozenset({"samples", "training_tokens", "currency", "license_name", "license_link"})
"""Settings of the card, which are no answers to a reader's question."""


@dataclass(frozen=True)
class CardDeclaration:
    """The author's answers and choices; every answer may be missing.

    Attributes:
        title: Of the card; else the recipe's name.
        summary: One paragraph.
        version: Of the corpus, as `MAJOR.MINOR.PATCH`.
        published: The day it was published, as `YYYY-MM-DD`.
        license: Identifier that the Hugging Face hub knows, of the corpus as a whole.
        license_name: Name of a licence that is `other`.
        license_link: Address of its text, or a file of the corpus folder.
        motivation: Why it was made, for whom.
        funding: Who paid.
        intended_use: What it is for.
        out_of_scope: What it must not be used for.
        known_harms: What is known to be wrong with it.
        consent: Whether and how authors consented.
        legal_basis: On what right it was collected and is passed on.
        collection_period: When the text was collected.
        maintenance: Who keeps it, and how often it changes.
        contact: Where to ask, and to have text taken down.
        provider: Name and address, for the European summary.
        citation: How to cite it.
        samples: Where excerpts are shown: nowhere, on the page, or in README.md too.
        training_tokens: Tokens of the training run whose epochs are shown.
        price_per_core_hour: For the cost section of `haybale card build`.
        currency: Of that price.
        grams_co2_per_core_hour: Likewise.
    """

    title: str = ""
    summary: str = ""
    version: str = ""
    published: str = ""
    license: str = ""
    license_name: str = ""
    license_link: str = ""
    motivation: str = ""
    funding: str = ""
    intended_use: str = ""
    out_of_scope: str = ""
    known_harms: str = ""
    consent: str = ""
    legal_basis: str = ""
    collection_period: str = ""
    maintenance: str = ""
    contact: str = ""
    provider: str = ""
    citation: str = ""
    samples: Samples = "page"
    training_tokens: int = 1_400_000_000_000
    price_per_core_hour: float | None = None
    currency: str = "USD"
    grams_co2_per_core_hour: float | None = None

    def __post_init__(self) -> None:
        if self.license:
            check_license(self.license)
        self._check_publication()
        if self.training_tokens < 1:
            raise RecipeError(
                f"training_tokens: expected at least 1, found {self.training_tokens}; name the "
                "tokens of the run whose epochs the card should show"
            )
        for name in ("price_per_core_hour", "grams_co2_per_core_hour"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:  # TOML has nan and inf
                raise RecipeError(f"{name}: expected a number of at least 0, found {value}")

    def _check_publication(self) -> None:
        if self.version and not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", self.version):
            raise RecipeError(
                f"version: expected three numbers such as 1.0.0, found {self.version!r}"
            )
        if self.published and not _is_day(self.published):
            raise RecipeError(
                f"published: expected a day such as 2026-01-31, found {self.published!r}"
            )

    def unanswered(self) -> list[str]:
        """Questions without an answer."""
        return [
            field.name
            for field in fields(self)
            if field.name not in NOT_ANSWERS and getattr(self, field.name) in ("", None)
        ]


def _is_day(text: str) -> bool:
    """Whether it is a day of the calendar, written as `YYYY-MM-DD`."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_declaration(path: Path) -> CardDeclaration:
    """Read a `card.toml`, whose keys are those of the recipe's `[card]`.

    Raises:
        RecipeError: If it is missing, is no TOML, or says what a card cannot have.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise RecipeError(f"{path}: expected TOML: {error}") from None
    if isinstance(raw.get("card"), dict):
        raise RecipeError(
            f"{path}: expected the card's keys at the top, found the table [card]; delete the line "
            "[card], which only a recipe needs"
        )
    return parse_section(CardDeclaration, raw, str(path))

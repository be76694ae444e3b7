"""All facts of the card, to be searched."""

import json
from collections.abc import Mapping
from typing import Any

from haybale.cards.blocks import Cell, Code
from haybale.cards.fact import Fact
from haybale.cards.page.element import Child, element
from haybale.cards.page.tables import framed
from haybale.cards.serve.forms import choice, form, page_of, search_field
from haybale.cards.serve.frame import framed_page
from haybale.cards.serve.messages import Request, Response
from haybale.cards.serve.site import Site

_COLUMNS = ("fact", "value", "unit", "how", "95 % interval", "n", "stage", "source, or why missing")


def facts(site: Site, request: Request) -> Response:
    """Facts whose ids hold the words asked for, and that are known in the way asked for."""
    all_facts = site.card.facts.values()
    words = request.query.get("q", "").casefold().split()
    how = request.query.get("how", "")
    chosen = [
        fact
        for fact in all_facts
        if all(word in fact.id.casefold() for word in words) and how in ("", fact.how)
    ]
    shown, pages = page_of(request, len(chosen))
    measures = {fact.measure for fact in chosen}
    sentence: list[Child] = []
    if len(measures) == 1:
        (measure,) = measures
        sentence = [element("p", element("code", measure), ": ", site.card.measures[measure])]
    fields = (
        search_field(request, "q", "words in the id"),
        choice(request, "how", (fact.how for fact in all_facts), "how it is known"),
    )
    rows = [_row(fact) for fact in chosen[shown]]
    return framed_page(
        site, "Facts", form("/facts", *fields), *sentence, pages, framed("Facts", _COLUMNS, rows)
    )


def _row(fact: Fact) -> tuple[Cell, ...]:
    interval = "" if fact.interval is None else " to ".join(map(_plain, fact.interval))
    return (
        Code(fact.id),
        "" if fact.value is None else _plain(fact.value),
        fact.unit,
        fact.how.replace("_", " "),
        interval,
        "" if fact.n is None else f"{fact.n:,}",
        fact.stage,
        fact.source or fact.why_missing,
    )


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)

"""Web domains: how many, how concentrated, and the largest."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Curve, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.measures.domains import MIN_DOMAIN_DOCUMENTS
from haybale.cards.sections.cells import amount, by_size, cell, share

MAX_ENDINGS = 15
MAX_ROWS = 20
_UNITS = ("documents_read", "documents", "text_bytes", "tokens")
_COLUMNS = ("documents read", "documents", "bytes of text", "tokens")


def section(card: Card) -> Section | None:
    """Concentration, endings and the largest domains; None where no document has a URL."""
    corpus = card.find("domains.corpus")
    if corpus is None or not corpus.value:
        return None
    return Section(
        "domains",
        "Web domains",
        [
            Prose(
                (
                    Number(corpus),
                    " domains, of ",
                    Number(card.facts["domains.read"]),
                    " read; ",
                    Number(card.facts["domains.without_url.documents"]),
                    " documents have no URL.",
                )
            ),
            *_concentration(card),
            *_endings(card),
            *_largest(card),
        ],
    )


def _concentration(card: Card) -> list[Block]:
    curve, tenth = card.find("domains.curve"), card.find("domains.top_tenth_share")
    if curve is None or tenth is None or not isinstance(curve.value, dict):
        return []
    points = [(0, 0), *curve.value["points"]]
    num_domains, text_bytes = points[-1]
    shares = tuple((count / num_domains, size / text_bytes) for count, size in points)
    return [
        Prose(
            (
                "The largest tenth of domains holds ",
                Number(tenth, "percent"),
                " of the text that has a URL.",
            )
        ),
        Curve(
            "How much of the text comes from how many domains, the largest first",
            "domains",
            "bytes of text",
            shares,
        ),
    ]


def _endings(card: Card) -> list[Block]:
    table = card.table("domain.text_bytes", "top_level_domain")
    total = sum(amount(fact) for fact in table.values())
    sizes = [(name, amount(table[name,])) for (name,) in by_size(table)[:MAX_ENDINGS]]
    bars = tuple(Bar(Code(name), size, share(size, total)) for name, size in sizes if size)
    caption = "Bytes of text by top-level domain, with the share of all that have a URL"
    return [Bars(caption, "bytes of text", bars)] if bars else []


def _largest(card: Card) -> list[Block]:
    names = [name for (name,) in by_size(card.table("domain.text_bytes", "domain"))]
    rows = tuple(
        (Code(name), *(cell(card.find(f"domain.{unit}", domain=name)) for unit in _UNITS))
        for name in names[:MAX_ROWS]
    )
    floor = (
        f"Domains with fewer than {MIN_DOMAIN_DOCUMENTS} documents in the corpus are not named "
        "here, since a small site is often one person's. All are in ",
        Code("card/domains.parquet"),
        ".",
    )
    table = Table("The largest domains by bytes of text", ("domain", *_COLUMNS), rows)
    return [table, Prose(floor)] if rows else [Prose(floor)]

"""The most relevant domain names of eu-summary.md, section 2.3."""

import math

from haybale.cards.european_summary.fields import TO_FILL
from haybale.cards.markdown_text import code, table
from haybale.cards.measured import Domains

SHARE = 0.10
"""Of all domains, the largest by what was taken from them: to be listed by any provider."""
SMALL_SHARE = 0.05
SMALL_MAX_DOMAINS = 1_000
"""Small and medium-sized providers list the top 5 %, or 1,000 where that is fewer."""
MAX_LISTED = 1_000
"""Printed here; card/domains.parquet has all."""


def num_to_list(num_domains: int) -> int:
    """How many of so many domains the template asks for."""
    return math.ceil(num_domains * SHARE)


def num_to_list_small(num_domains: int) -> int:
    """The same for a small or medium-sized provider."""
    return min(math.ceil(num_domains * SMALL_SHARE), SMALL_MAX_DOMAINS)


def domain_lines(domains: Domains | None) -> list[str]:
    """The list, and who may shorten it.

    Args:
        domains: Of the corpus; null where they were not counted.
    """
    if domains is None:
        return [f"Web domains were not counted. {TO_FILL}", ""]
    if not domains.num:
        return ["No document of this corpus names the address it came from.", ""]
    wanted, small = num_to_list(domains.num), num_to_list_small(domains.num)
    shown = domains.top[: min(wanted, MAX_LISTED)]
    rows = [[code(each.domain), f"{each.text_bytes:,}"] for each in shown]
    lines = [
        f"Top 10 % by bytes of text: {wanted:,} of {domains.num:,} domains. A small or "
        "medium-sized provider may list the top 5 % or 1,000 domains, whichever is less: the first "
        f"{small:,}. Strike out domains of subsets that were not crawled by the provider. A small "
        "site is often one person's: look before publishing.",
        "",
        *table(["Domain", "Bytes of text"], rows, [False, True]),
        "",
    ]
    if wanted > len(shown):
        lines += [
            f"The first {len(shown):,} are shown; card/domains.parquet has all {domains.num:,}, "
            "the largest first.",
            "",
        ]
    return lines

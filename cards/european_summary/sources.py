"""Section 2 of the template: where the text comes from."""

from haybale.cards.card import Card
from haybale.cards.european_summary.domains import domain_lines
from haybale.cards.european_summary.fields import TO_FILL, fields
from haybale.cards.markdown_text import code, escape, table
from haybale.cards.measured import Domains


def source_lines(card: Card, domains: Domains | None) -> list[str]:
    """What is known of each subset, and the template's questions."""
    asked = "Sort each subset into one of 2.1 to 2.6; no pipeline can tell these apart."
    return [
        "## 2. List of data sources",
        "",
        asked,
        "",
        *_subsets(card),
        "### 2.1. Publicly available datasets",
        "",
        "The template lists a data set by name and link where it is more than 3 % of all publicly "
        "available data of its modality, and describes the others in general.",
        "",
        *fields(
            ("Were publicly available datasets used?", ""),
            ("Modalities covered", ""),
            ("List of large publicly available datasets", ""),
            ("General description of the others", ""),
        ),
        "### 2.2. Private datasets obtained from third parties",
        "",
        *fields(
            ("2.2.1. Commercially licensed by rightsholders or their representatives?", ""),
            ("2.2.2. Obtained from other third parties?", ""),
            ("List of those that are publicly known, and description of the others", ""),
        ),
        "### 2.3. Data crawled and scraped from online sources",
        "",
        *fields(
            ("Were crawlers used by the provider or on its behalf?", ""),
            ("Crawler names or identifiers", ""),
            ("Purposes of the crawlers", ""),
            ("Behaviour of the crawlers (robots.txt, captchas, paywalls)", ""),
            ("Period of data collection", escape(card.declared["collection_period"])),
            ("Type of content and online sources crawled", ""),
            ("Modalities covered", "text"),
            ("Summary of the most relevant domain names", "see below"),
        ),
        *domain_lines(domains),
        "### 2.4. User data",
        "",
        *fields(
            ("Was data from interactions of users with the model used?", ""),
            ("Was data from the provider's other services or products used?", ""),
        ),
        "### 2.5. Synthetic data",
        "",
        *fields(
            ("Was data made by AI by the provider, or on its behalf, used?", ""),
            ("Models that made it", ""),
        ),
        "No detector of machine-written text ran over this corpus.",
        "",
        "### 2.6. Other sources of data",
        "",
        *fields(("Were other sources used? Describe them", "")),
    ]


def _subsets(card: Card) -> list[str]:
    rows = []
    for subset in card.subsets:
        documents, tokens = (
            card.value(f"corpus.{unit}", subset=subset) for unit in ("documents", "tokens")
        )
        files = card.lineage["inputs"].get(subset, [])
        rows.append([code(subset), f"{len(files):,}", f"{documents:,}", f"{tokens:,}", TO_FILL])
    head = ["Subset", "Input files", "Documents", "Tokens", "Section and source"]
    return [*table(head, rows, [False, True, True, True, False]), ""]

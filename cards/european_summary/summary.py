"""eu-summary.md: a draft of the public summary of training content that Union law asks for.

Article 53(1)(d) of Regulation (EU) 2024/1689 obliges providers of general-purpose AI models to
publish a summary of what a model was trained on, after a template of the AI Office. This follows
the sections of the template of 24 July 2025 (C(2025) 5235); a later edition exists (C(2025) 8311
of 5 December 2025). A corpus is not a model: what only the model's provider knows is left open.
"""

from haybale.cards.card import Card
from haybale.cards.european_summary.fields import TO_FILL, fields
from haybale.cards.european_summary.sources import source_lines
from haybale.cards.markdown_text import escape, table
from haybale.cards.measured import Domains
from haybale.cards.readme.front_matter import SPLITS

EDITION = "24 July 2025 (C(2025) 5235)"

TEXT_BANDS = (
    (10**9, "less than 1 billion tokens"),
    (10**13 + 1, "1 billion to 10 trillion tokens"),
)
"""Bands of section 1.3 for text, with the number of tokens beyond each; the last is more."""
_MORE = "more than 10 trillion tokens"
_MAX_LANGUAGES = 20


def render_european_summary(card: Card, domains: Domains | None) -> str:
    """The draft, the same text for the same arguments.

    Args:
        card: Of the corpus.
        domains: Web domains; null where they were not counted.
    """
    lines = [
        f"# Draft: public summary of training content, from the corpus {escape(_title(card))}",
        "",
        f"This is a **draft** after the template of {EDITION} for Article 53(1)(d) of Regulation "
        "(EU) 2024/1689. Compare it with the template in force before use: a later edition, "
        "C(2025) 8311 of 5 December 2025, is known to exist. It covers one corpus; a model's "
        f"summary covers all that the model was trained on. Fields marked {TO_FILL} are known to "
        "people only. Nobody with knowledge of the law has looked at it.",
        "",
        *fields(("Version of the summary", ""), ("Last update", "")),
        *_general(card),
        *source_lines(card, domains),
        *_processing(card),
    ]
    return "\n".join(lines)


def text_band(tokens: int) -> str:
    """The band of a number of tokens of text."""
    return next((name for bound, name in TEXT_BANDS if tokens < bound), _MORE)


def _title(card: Card) -> str:
    return str(card.declared["title"] or card.name)


def _general(card: Card) -> list[str]:
    declared = card.declared
    tokens = sum(card.value("corpus.tokens", split=split) for split in SPLITS)
    bands = [name for _, name in TEXT_BANDS] + [_MORE]
    marked = [f"[{'x' if name == text_band(tokens) else ' '}] {name}" for name in bands]
    rows = [["Text", "; ".join(marked), TO_FILL]]
    rows += [[each, "none in this corpus", "none"] for each in ("Image", "Audio", "Video", "Other")]
    return [
        "## 1. General information",
        "",
        "### 1.1. Provider identification",
        "",
        *fields(
            ("Provider name and contact details", escape(declared["provider"])),
            ("Authorised representative name and contact details", ""),
        ),
        "### 1.2. Model identification",
        "",
        *fields(
            ("Versioned model name(s)", ""),
            ("Model dependencies", ""),
            ("Date of placement of the model on the Union market", ""),
        ),
        "### 1.3. Modalities, overall training data size and other characteristics",
        "",
        *table(["Modality", "Training data size", "Types of content"], rows, [False] * 3),
        "",
        f"This corpus has {tokens:,} tokens, each counted once; a model may see some more often.",
        "",
        *fields(
            (
                "Latest date of data acquisition or collection",
                escape(declared["collection_period"]),
            ),
            ("Is the model trained on new data after this date?", ""),
            ("Linguistic characteristics of the overall training data", "as identified:"),
        ),
        *_languages(card),
        *fields(("Other relevant characteristics of the overall training data", "")),
    ]


def _languages(card: Card) -> list[str]:
    labels = [label for (label,) in card.table("language.tokens", "language")]
    counts = sorted(
        ((card.value("language.tokens", language=label), label) for label in labels),
        key=lambda each: (-each[0], each[1]),
    )
    whole = sum(count for count, _ in counts)
    if not whole:
        return ["Languages were not counted.", ""]
    rows = [
        [escape(label), f"{count:,}", f"{count / whole:.1%}".replace("%", " %")]
        for count, label in counts[:_MAX_LANGUAGES]
    ]
    more = len(counts) - _MAX_LANGUAGES
    rest = [f"{more:,} more languages are in card.json.", ""] if more > 0 else []
    return [*table(["Language", "Tokens", "Share"], rows, [False, True, True]), "", *rest]


def _processing(card: Card) -> list[str]:
    rules = [rule for (rule,) in card.table("attrition.dropped.documents", "rule")]
    dropped = sum(card.value("attrition.dropped.documents", rule=rule) for rule in rules)
    measures = (
        f"{len(rules):,} rules dropped {dropped:,} documents (README.md, what was removed); which "
        f"of them are aimed at illegal content: {TO_FILL}"
        if rules
        else ""
    )
    return [
        "## 3. Data processing aspects",
        "",
        "### 3.1. Respect of reservation of rights from the text and data mining exception",
        "",
        *fields(
            ("Is the provider a signatory to the Code of Practice?", ""),
            ("Measures to respect reservations of rights (Directive (EU) 2019/790, Art. 4(3))", ""),
            ("Legal basis, in the author's words", escape(card.declared["legal_basis"])),
        ),
        "### 3.2. Removal of illegal content",
        "",
        *fields(("Measures taken", measures)),
        "### 3.3. Other information (optional)",
        "",
        *fields(("Contact and takedown", escape(card.declared["contact"]))),
    ]

"""What a card tells of how well the vocabulary fits the corpus."""

from collections.abc import Mapping
from typing import Any

from haybale.cards.fact import Fact, exact
from haybale.cards.layout import number, table

_EXACT = {
    "byte_tokens": "tokens",
    "unknown_tokens": "tokens",
    "pieces_used": "pieces",
    "pieces_used_100_times": "pieces",
}
_SHOWN_LANGUAGES = 20


def tokenizer_facts(report: Mapping[str, Any]) -> list[Fact]:
    """Facts of each subset, and of each language over all of them.

    Args:
        report: As `tokenizer/report.json`; empty where there is none.
    """
    facts = []
    languages: dict[str, list[Mapping[str, int]]] = {}
    for subset, found in report.get("subsets", {}).items():
        for name, unit in _EXACT.items():
            facts.append(exact(f"tokenizer.{subset}.{name}", found[name], unit))
        share = found["byte_fallback_fraction"]
        name = f"tokenizer.{subset}.byte_fallback_fraction"
        facts.append(Fact(name, share, "of tokens", "derived", "tokenize"))
        for language, counts in found["languages"].items():
            languages.setdefault(language, []).append(counts)
    for language, cells in languages.items():
        size, tokens, fallback = (
            sum(cell[name] for cell in cells) for name in ("text_bytes", "tokens", "byte_tokens")
        )
        name, rate = f"language.{language}", round(size / tokens, 4)
        facts.append(exact(f"{name}.byte_tokens", fallback, "tokens"))
        facts.append(
            Fact(f"{name}.bytes_per_token", rate, "bytes per token", "derived", "tokenize")
        )
    return facts


def tokenizer_section(card: Mapping[str, Any]) -> str:
    """Markdown; empty where nothing was measured."""
    values = {fact["id"]: fact["value"] for fact in card["facts"]}
    subsets = [name for name in card["subsets"] if f"tokenizer.{name}.pieces_used" in values]
    if not subsets:
        return ""
    rows = []
    for subset in subsets:
        of = f"tokenizer.{subset}."
        share = _percent(values[f"{of}byte_fallback_fraction"])
        counts = ("unknown_tokens", "pieces_used", "pieces_used_100_times")
        rows.append([f"`{subset}`", share, *(number(values[of + name]) for name in counts)])
    suffix = ".byte_tokens"
    names = [
        name.removeprefix("language.").removesuffix(suffix)
        for name in values
        if name.startswith("language.") and name.endswith(suffix)
    ]
    names.sort(key=lambda name: (-values[f"language.{name}.tokens"], name))
    languages = [
        [
            name,
            f"{values[f'language.{name}.bytes_per_token']:.2f}",
            _percent(values[f"language.{name}{suffix}"] / values[f"language.{name}.tokens"]),
        ]
        for name in names[:_SHOWN_LANGUAGES]
    ]
    head = ["subset", "byte fallback", "unknown tokens", "pieces used", "100 times"]
    return "\n".join(
        [
            "## Tokenizer",
            "",
            "Byte fallback: tokens that stand for one byte of a character without a piece; ends of "
            "lines, which no piece holds, are not among them. "
            f"Pieces used are of {number(values['tokenizer.vocabulary_size'])}.",
            "",
            *table(head, rows),
            "",
            *table(["language", "bytes per token", "byte fallback"], languages),
            "",
        ]
    )


def _percent(share: float) -> str:
    return f"{share:.2%}".replace("%", " %")

"""How well the vocabulary fits the corpus: by subset, and by language over all subsets."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from haybale.cards.fact import Fact, derived, exact, not_measured
from haybale.cards.inputs import CardInputs

STAGE = "tokenize"
NO_REPORT = "the corpus has no tokenizer/report.json"

_BYTE_TOKENS = (
    "Tokens that stand for one byte of a character without a piece; ends of lines, which no piece "
    "holds, are not among them."
)
_COUNTS = {
    "byte_tokens": ("tokens", _BYTE_TOKENS),
    "unknown_tokens": ("tokens", "Tokens that stand for text the vocabulary cannot express."),
    "pieces_used": (
        "pieces",
        "Pieces of the vocabulary that occur at least once; special and byte pieces are some too.",
    ),
    "pieces_used_100_times": ("pieces", "Pieces of the vocabulary that occur at least 100 times."),
}
MEASURES = {
    "tokenizer.kind": "How the vocabulary was made; given: it was not learned from this corpus.",
    "tokenizer.vocabulary_size": "Pieces of the vocabulary: ids are below this number.",
    **{f"tokenizer.{name}": sentence for name, (_, sentence) in _COUNTS.items()},
    "tokenizer.pieces_never_used": "Pieces of the vocabulary that do not occur.",
    "tokenizer.byte_fallback_fraction": "Share of tokens that stand for one byte of a character.",
    "language.byte_tokens": f"{_BYTE_TOKENS} In documents of a language as identified.",
    "language.byte_fallback_fraction": (
        "Share of tokens that stand for one byte of a character, in documents of a language as "
        "identified."
    ),
    "language.bytes_per_token": (
        "UTF-8 bytes of text for each token, the end of each document among the tokens; in "
        "documents of a language as identified."
    ),
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Of the vocabulary, of each subset, of all together, and of each language."""
    size, report = inputs.tokens.vocabulary_size, inputs.tokenizer_report
    found = [
        exact("tokenizer.vocabulary_size", size, "pieces", "tokenizer"),
        Fact("tokenizer.kind", inputs.tokenizer_kind, "", "declared", stage="tokenizer"),
    ]
    if not report:
        return [*found, not_measured("tokenizer.pieces_used", NO_REPORT, "pieces")]
    found += _fit(report["total"], size)
    for subset, counts in report["subsets"].items():
        found += _fit(counts, size, subset=subset)
    return [*found, *_languages(report["subsets"].values())]


def _fit(counts: Mapping[str, Any], size: int, **of: str) -> Iterator[Fact]:
    for name, (unit, _) in _COUNTS.items():
        yield exact(f"tokenizer.{name}", counts[name], unit, STAGE, **of)
    never = size - counts["pieces_used"]
    yield derived("tokenizer.pieces_never_used", never, "pieces", STAGE, **of)
    fraction = counts["byte_fallback_fraction"]
    yield derived("tokenizer.byte_fallback_fraction", fraction, "of tokens", STAGE, **of)


def _languages(subsets: Iterable[Mapping[str, Any]]) -> Iterator[Fact]:
    languages: dict[str, Counter[str]] = {}
    for subset in subsets:
        for language, counts in subset["languages"].items():
            sums = languages.setdefault(language, Counter())
            sums.update({name: counts[name] for name in ("text_bytes", "tokens", "byte_tokens")})
    for language, sums in languages.items():
        of = {"language": language}
        yield exact("language.byte_tokens", sums["byte_tokens"], "tokens", STAGE, **of)
        if sums["tokens"]:
            fraction = round(sums["byte_tokens"] / sums["tokens"], 6)
            yield derived("language.byte_fallback_fraction", fraction, "of tokens", STAGE, **of)
            rate = round(sums["text_bytes"] / sums["tokens"], 4)
            yield derived("language.bytes_per_token", rate, "bytes per token", STAGE, **of)

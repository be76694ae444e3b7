"""What is in the corpus: documents, bytes, tokens and shards of each subset and split."""

from haybale.cards.fact import Fact, derived, exact
from haybale.cards.inputs import CardInputs

STAGE = "tokenize"
UNITS = ("documents", "text_bytes", "tokens", "shards")

MEASURES = {
    "corpus.documents": "Documents of the corpus.",
    "corpus.text_bytes": "UTF-8 bytes of the text that was tokenized, after all edits and cuts.",
    "corpus.tokens": "Ids in the shards, the end of each document among them.",
    "corpus.shards": "Files of token ids.",
    "corpus.subsets": "Subsets with at least one document.",
    "corpus.bytes_per_token": "Bytes of text for each token, the end of each document "
    "among the tokens; both splits together.",
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Totals by split and subset, as the shards have them."""
    found = [
        exact(f"corpus.{unit}", _total(inputs, unit, split, subset), unit, STAGE, **of)
        for unit in UNITS
        for split in (None, *sorted(inputs.totals))
        for subset in (None, *subset_names(inputs))
        for of in [_labels(split, subset)]
    ]
    filled = 0
    for subset in subset_names(inputs):
        num_bytes, num_tokens = (
            _total(inputs, unit, None, subset) for unit in ("text_bytes", "tokens")
        )
        filled += _total(inputs, "documents", None, subset) > 0
        if num_tokens:
            rate = round(num_bytes / num_tokens, 4)
            found.append(
                derived("corpus.bytes_per_token", rate, "bytes per token", STAGE, subset=subset)
            )
    return [*found, exact("corpus.subsets", filled, "subsets", STAGE)]


def subset_names(inputs: CardInputs) -> list[str]:
    """Every subset of any split, sorted."""
    return sorted({subset for subsets in inputs.totals.values() for subset in subsets})


def _total(inputs: CardInputs, unit: str, split: str | None, subset: str | None) -> int:
    return sum(
        counts[unit]
        for split_name, subsets in inputs.totals.items()
        for subset_name, counts in subsets.items()
        if split in (None, split_name) and subset in (None, subset_name)
    )


def _labels(split: str | None, subset: str | None) -> dict[str, str]:
    labels = {"split": split, "subset": subset}
    return {name: value for name, value in labels.items() if value is not None}

"""The YAML head of README.md: what the Hugging Face hub and `datasets` read.

With `dataset_info`, `datasets.load_dataset` refuses a corpus that has other documents than the
card says.
"""

import json

from haybale.cards.card import Card
from haybale.cards.language_codes import hub_languages
from haybale.cards.markdown_text import one_line
from haybale.cards.page.escape import code_points

SIZE_CATEGORIES = (
    ("n<1K", 10**3),
    ("1K<n<10K", 10**4),
    ("10K<n<100K", 10**5),
    ("100K<n<1M", 10**6),
    ("1M<n<10M", 10**7),
    ("10M<n<100M", 10**8),
    ("100M<n<1B", 10**9),
    ("1B<n<10B", 10**10),
    ("10B<n<100B", 10**11),
    ("100B<n<1T", 10**12),
)
"""Categories of the hub with the number of documents that is beyond each; after the last comes
`n>1T`."""
SPLITS = ("train", "validation")

_ROW_BYTES = 16 + 4
"""Of a document beside its tokens: its id, and where it ends."""
_WIDE_VOCABULARY = 1 << 16
"""Ids of larger vocabularies take four bytes, of others two."""


def front_matter(card: Card) -> list[str]:
    """The head's lines, between and with the dashes."""
    declared = card.declared
    lines = [
        "---",
        f"pretty_name: {_quoted(declared['title'] or card.name)}",
        f"license: {_quoted(declared['license'] or 'unknown')}",
    ]
    if declared["license"] == "other":
        for name in ("license_name", "license_link"):
            if declared.get(name):
                lines.append(f"{name}: {_quoted(declared[name])}")
    if languages := card_languages(card):
        lines += ["language:", *(f"- {_quoted(code)}" for code in languages)]
    lines += [
        f"size_categories: [{_quoted(size_category(card))}]",
        'task_categories: ["text-generation"]',
        'tags: ["haybale", "tokenized", "pretraining"]',
    ]
    return [*lines, *_configs(card), *_dataset_info(card), "---"]


def size_category(card: Card) -> str:
    """The hub's category for the number of documents, all splits together."""
    documents = sum(card.value("corpus.documents", split=split) for split in SPLITS)
    return next((name for name, bound in SIZE_CATEGORIES if documents < bound), "n>1T")


def card_languages(card: Card) -> list[str]:
    """Codes of the languages of the corpus, sorted."""
    labels = {
        label
        for (label,), fact in card.table("language.documents", "language").items()
        if fact.value
    }
    return sorted({code for label in labels for code in hub_languages(label)})


def _configs(card: Card) -> list[str]:
    """A configuration for each subset that has shards: which files are its splits."""
    lines = []
    for subset, splits in _shards(card).items():
        lines += [f"- config_name: {_quoted(subset)}", "  data_files:"]
        for split in splits:
            path = f"shards/{split}/{subset}/*.arrow"
            lines += [f"  - split: {split}", f"    path: {_quoted(path)}"]
    return ["configs:", *lines] if lines else []


def _dataset_info(card: Card) -> list[str]:
    """How many documents each split of a configuration has, and their bytes in memory."""
    wide = card.value("tokenizer.vocabulary_size") > _WIDE_VOCABULARY
    lines = []
    for subset, splits in _shards(card).items():
        lines += [f"- config_name: {_quoted(subset)}", "  splits:"]
        for split in splits:
            documents, tokens = (
                card.value(f"corpus.{unit}", split=split, subset=subset)
                for unit in ("documents", "tokens")
            )
            num_bytes = documents * _ROW_BYTES + tokens * (4 if wide else 2)
            lines += [f"  - name: {split}", f"    num_examples: {documents}"]
            lines.append(f"    num_bytes: {num_bytes}")
    return ["dataset_info:", *lines] if lines else []


def _shards(card: Card) -> dict[str, list[str]]:
    """Subsets that have shards, with the splits they have them in."""
    splits = {
        subset: [
            split for split in SPLITS if card.value("corpus.shards", split=split, subset=subset)
        ]
        for subset in card.subsets
    }
    return {subset: names for subset, names in splits.items() if names}


def _quoted(text: str) -> str:
    """A string as YAML and JSON both write it, on one line, nothing hidden in it."""
    return json.dumps(code_points(one_line(text)), ensure_ascii=False)

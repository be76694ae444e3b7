"""README.md, rendered from card.json alone, with the front matter that the hub reads."""

import json
import re
from collections.abc import Mapping
from typing import Any

from haybale.cards.contamination import UNITS
from haybale.cards.layout import bar, escape, fenced, number, table
from haybale.cards.packing import packing_section
from haybale.cards.people_section import people_section
from haybale.cards.tokenizer import tokenizer_section

_SIZES = (
    ("n<1K", 1e3),
    ("1K<n<10K", 1e4),
    ("10K<n<100K", 1e5),
    ("100K<n<1M", 1e6),
    ("1M<n<10M", 1e7),
    ("10M<n<100M", 1e8),
    ("100M<n<1B", 1e9),
    ("1B<n<10B", 1e10),
    ("10B<n<100B", 1e11),
    ("100B<n<1T", 1e12),
)
_QUESTIONS = (
    ("motivation", "Why it was made"),
    ("intended_use", "Intended use"),
    ("out_of_scope", "Out of scope"),
    ("known_harms", "Known harms"),
    ("maintenance", "Maintenance"),
    ("contact", "Contact and takedown"),
)


class Card:
    """The facts of a card by id."""

    def __init__(self, card: Mapping[str, Any]) -> None:
        self.raw = card
        self.facts = {fact["id"]: fact for fact in card["facts"]}

    def value(self, fact_id: str) -> Any:
        """The value of a fact; 0 for a count that no document ever had."""
        return self.facts[fact_id]["value"] if fact_id in self.facts else 0

    def below(self, prefix: str) -> dict[str, Any]:
        """Values of the facts whose id begins so, by the rest of their id."""
        return {
            name.removeprefix(prefix): fact["value"]
            for name, fact in self.facts.items()
            if name.startswith(prefix)
        }


def render(raw: Mapping[str, Any]) -> str:
    """The README of a card, the same bytes for the same card.json."""
    card = Card(raw)
    sections = (
        _front_matter(card),
        _glance(card),
        _unknown(card),
        _declared(card),
        _composition(card),
        _attrition(card),
        _disparity(card),
        people_section(card.raw),
        _languages(card),
        tokenizer_section(card.raw),
        _duplicates(card),
        _contamination(card),
        _mixture(card),
        packing_section(card.raw),
        _samples(card),
        _reproduce(card),
    )
    return "\n".join(section for section in sections if section)


def _front_matter(card: Card) -> str:
    documents = card.value("total.train.documents") + card.value("total.validation.documents")
    size = next((name for name, bound in _SIZES if documents < bound), "n>1T")
    codes = [
        name.removesuffix(".documents")
        for name in card.below("language.")
        if re.fullmatch(r"[a-z]{2,3}\.documents", name)
    ]
    lines = [
        "---",
        f"pretty_name: {json.dumps(card.raw['declared']['title'] or card.raw['name'])}",
        f"license: {card.raw['declared']['license'] or 'unknown'}",
        f"size_categories: [{json.dumps(size)}]",
        "task_categories: [text-generation]",
        "tags: [haybale, tokenized, pretraining]",
    ]
    if codes:
        lines += ["language:", *(f"- {json.dumps(code)}" for code in codes)]
    lines.append("configs:")
    for subset in card.raw["subsets"]:
        lines.append(f"- config_name: {json.dumps(subset)}")
        lines.append("  data_files:")
        for split in ("train", "validation"):
            if card.value(f"composition.{split}.{subset}.shards"):
                pattern = f"shards/{split}/{subset}/*.arrow"
                lines += [f"  - split: {split}", f"    path: {json.dumps(pattern)}"]
    return "\n".join([*lines, "---", ""])


def _glance(card: Card) -> str:
    declared = card.raw["declared"]
    ways: dict[str, int] = {}
    for fact in card.raw["facts"]:
        ways[fact["how"]] = ways.get(fact["how"], 0) + 1
    count = ", ".join(f"{number} {how.replace('_', ' ')}" for how, number in sorted(ways.items()))
    rows = [
        [split, *(number(card.value(f"total.{split}.{unit}")) for unit in _UNITS)]
        for split in ("train", "validation")
    ]
    return "\n".join(
        [
            f"# {escape(declared['title'] or card.raw['name'])}",
            "",
            escape(declared["summary"]) or "*No summary was provided.*",
            "",
            *table(["split", "documents", "bytes of text", "tokens", "shards"], rows),
            "",
            f"This card was measured by the pipeline that built the corpus. It states {count} "
            "facts; card.json says for each how it is known.",
            "",
        ]
    )


_UNITS = ("documents", "text_bytes", "tokens", "shards")


def _unknown(card: Card) -> str:
    missing = [fact for fact in card.raw["facts"] if fact["how"] == "not_measured"]
    lines = [f"- `{fact['id']}`: {escape(fact['why_missing'])}" for fact in missing]
    return "\n".join(["## What this card does not know", "", *lines, ""])


def _declared(card: Card) -> str:
    lines = ["## Motivation and use", ""]
    for name, title in _QUESTIONS:
        answer = card.raw["declared"][name]
        lines.append(f"- **{title}**: {escape(answer) or '*not provided*'}")
    return "\n".join([*lines, ""])


def _composition(card: Card) -> str:
    rows = []
    for subset in card.raw["subsets"]:
        both = [
            sum(card.value(f"composition.{split}.{subset}.{unit}") for split in _SPLITS)
            for unit in ("documents", "text_bytes", "tokens")
        ]
        rate = card.value(f"tokenizer.{subset}.bytes_per_token")
        rows.append([f"`{subset}`", *map(number, both), f"{rate:.2f}" if rate else ""])
    head = ["subset", "documents", "bytes of text", "tokens", "bytes per token"]
    return "\n".join(
        [
            "## Composition",
            "",
            "Training and validation together; counted exactly.",
            "",
            *table(head, rows),
            "",
            f"Vocabulary: {number(card.value('tokenizer.vocabulary_size'))} pieces, "
            f"{card.value('tokenizer.kind')}.",
            "",
        ]
    )


_SPLITS = ("train", "validation")


def _attrition(card: Card) -> str:
    lines = [
        "## What was removed, and by which rule",
        "",
        "Documents, counted exactly. Each document is dropped by the first rule that fails it; "
        "*would drop* counts every rule alone, whatever the others say; *near* those of them, and "
        "of those it keeps, whose number is within a tenth of the bound: so many would change "
        "sides were the bound a little different. *Skipped*: too little is known of the language.",
        "",
    ]
    for subset in card.raw["subsets"]:
        read = card.value(f"ingest.{subset}.read.documents")
        rows = [["read", number(read), "", "", "", ""]]
        for reason, count in card.below(f"unreadable.{subset}.").items():
            name = f"unreadable: {reason.removesuffix('.records')}"
            rows.append([name, f"-{count:,}", "", "", "", ""])
        dropped = _documents(card.below(f"attrition.{subset}.dropped."))
        hits = _documents(card.below(f"attrition.{subset}.hit."))
        near = [
            _documents(card.below(f"attrition.{subset}.{side}_hit."))
            for side in ("barely", "nearly")
        ]
        skipped = _documents(card.below(f"attrition.{subset}.skipped."))
        rules = dropped.keys() | hits.keys() | skipped.keys()
        for rule in sorted(rules, key=lambda rule: (-dropped.get(rule, 0), rule)):
            count = dropped.get(rule, 0)
            shown = number(hits[rule]) if rule in hits else ""
            barely, nearly = (side.get(rule, 0) for side in near)
            close = f"{barely:,} and {nearly:,}" if barely or nearly else ""
            passed_over = number(skipped[rule]) if rule in skipped else ""
            first = f"-{count:,}" if count else "0"
            rows.append([f"`{rule}`", first, shown, close, passed_over, bar(count, read)])
        for method, count in _documents(card.below(f"attrition.{subset}.removed.")).items():
            rows.append([f"`{method}`", f"-{count:,}", "", "", "", bar(count, read)])
        both = sum(card.value(f"composition.{split}.{subset}.documents") for split in _SPLITS)
        rows.append(["**in the corpus**", number(both), "", "", "", bar(both, read)])
        header = ["", "documents", "would drop", "near", "skipped", ""]
        lines += [f"### {subset}", "", *table(header, rows), "", *_edited(card, subset)]
    return "\n".join(lines)


def _edited(card: Card, subset: str) -> list[str]:
    """What line edits and later cuts took out of kept documents."""
    facts = card.below(f"attrition.{subset}.edited.")
    documents = {
        edit: count for edit, count in _documents(facts).items() if not edit.startswith("mask/")
    }
    repeats = {edit: count for edit, count in documents.items() if edit.startswith("repeats/")}
    edits = {edit: count for edit, count in documents.items() if edit not in repeats}
    lines = []
    for what, counts in (
        ("Line edits took out of kept documents, recorded in `edits/`:", edits),
        ("Cut out because it stands in other documents too, recorded in `repeats/`:", repeats),
    ):
        rows = [
            [f"`{edit}`", number(count), number(facts[f"{edit}.text_bytes"])]
            for edit, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ]
        if rows:
            lines += [what, "", *table(["", "documents", "bytes"], rows), ""]
    return lines


def _documents(facts: Mapping[str, int]) -> dict[str, int]:
    suffix = ".documents"
    return {
        name.removesuffix(suffix): value for name, value in facts.items() if name.endswith(suffix)
    }


def _disparity(card: Card) -> str:
    facts = [fact for fact in card.raw["facts"] if fact["id"].startswith("disparity.language.")]
    if not facts:
        return ""
    rows = [
        [
            fact["id"].split(".")[2],
            f"{fact['value']:.2f}",
            f"{fact['interval'][0]:.2f} to {fact['interval'][1]:.2f}",
            number(fact["n"]),
        ]
        for fact in sorted(facts, key=lambda fact: -fact["value"])
    ]
    return "\n".join(
        [
            "## Who was removed",
            "",
            "How much likelier a document of a language was dropped than one of any other: 1 means "
            f"as likely. Intervals are 95 %; {len(rows)} languages were compared, so expect about "
            "one in twenty to stray by chance. Languages as identified, which errs most on short "
            "texts.",
            "",
            *table(["language", "rate ratio", "interval", "documents"], rows),
            "",
        ]
    )


def _languages(card: Card) -> str:
    counts = _documents(card.below("language."))
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        [
            name,
            number(count),
            number(card.value(f"language.{name}.tokens")),
            bar(count, total),
        ]
        for name, count in ordered[:20]
    ]
    more = f"{len(ordered) - 20} more languages are in card.json.\n" if len(ordered) > 20 else ""
    return "\n".join(
        [
            "## Languages",
            "",
            "As fastText identified them from the first 2,000 characters of a document.",
            "",
            *table(["language", "documents", "tokens", ""], rows),
            "",
            more,
        ]
    )


def _duplicates(card: Card) -> str:
    if card.facts["duplicates.documents"]["how"] == "not_measured":
        return ""
    sizes = card.below("duplicates.cluster_size.")
    ordered = sorted(sizes.items(), key=lambda item: int(re.split(r"[-+]", item[0])[0]))
    rows = [[size, number(count)] for size, count in ordered]
    return "\n".join(
        [
            "## Duplicates",
            "",
            f"{number(card.value('duplicates.documents'))} documents "
            f"({number(card.value('duplicates.text_bytes'))} bytes) were removed. Each names a "
            "document of the corpus that it equals or resembles, in `dedup/duplicates.arrow`: of "
            f"{number(card.value('duplicates.candidate_pairs'))} candidate pairs, "
            f"{number(card.value('duplicates.verified_pairs'))} were above the threshold "
            f"{_compared(card)}.",
            "",
            *table(["documents in cluster", "clusters"], rows),
            "",
        ]
    )


def _compared(card: Card) -> str:
    """How similarities are known."""
    error = card.facts.get("duplicates.similarity_standard_error")
    if error is None:
        return "when their texts were compared"
    return (
        f"by an estimate from their signatures, of a standard error of {error['value']:.3f} at the "
        "threshold"
    )


def _contamination(card: Card) -> str:
    counts = card.below("contamination.")
    sets = sorted({name.rpartition(".")[0] for name in counts if name.rpartition(".")[0]})
    if not sets:
        return ""
    rows = [[f"`{name}`", *(number(counts[f"{name}.{unit}"]) for unit in UNITS)] for name in sets]
    return "\n".join(
        [
            "## Contamination",
            "",
            "Evaluation items that stand in training documents, counted before these were dropped "
            "or cut; `decontaminate/items.arrow` has every item.",
            "",
            *table(["set", *(unit.replace("_", " ") for unit in UNITS)], rows),
            "",
        ]
    )


def _mixture(card: Card) -> str:
    subsets = sorted({name.rpartition(".")[0] for name in card.below("mixture.")})
    if not subsets:
        return ""
    rows = [
        [
            f"`{subset}`",
            *(
                f"{card.value(f'mixture.{subset}.{name}'):.1%}".replace("%", " %")
                for name in ("weight", "share")
            ),
            f"{card.value(f'mixture.{subset}.epochs'):.2f}",
        ]
        for subset in subsets
    ]
    once = card.value("training.parameters.one_epoch")
    four = card.value("training.parameters.four_epochs")
    return "\n".join(
        [
            "## Mixture and training",
            "",
            "Epochs over each subset when as many tokens are drawn as the corpus has.",
            "",
            *table(["subset", "weight", "share available", "epochs"], rows),
            "",
            f"At about 20 tokens per parameter (Hoffmann et al. 2022, table 3) the training split "
            f"suits a model of {number(once)} parameters in one epoch, and up to {number(four)} "
            "in four, beyond which repetition costs (Muennighoff et al. 2023).",
            "",
        ]
    )


def _samples(card: Card) -> str:
    lines = ["## Samples of what was dropped", ""]
    if not card.raw["samples"]:
        lines += ["Not published; `haybale inspect` shows them beside the corpus.", ""]
        return "\n".join(lines)
    for sample in card.raw["samples"]:
        lines += [f"`{sample['rule']}`, {sample['subset']}, {sample['doc_id']}:", ""]
        lines += [fenced(sample["excerpt"]), ""]
    return "\n".join(lines)


def _reproduce(card: Card) -> str:
    versions = card.raw["lineage"]["versions"]
    inputs = card.raw["lineage"]["inputs"]
    files = sum(len(each) for each in inputs.values())
    size = sum(file["bytes"] for each in inputs.values() for file in each)
    return "\n".join(
        [
            "## Reproduce and verify",
            "",
            f"Built from {number(files)} files, {number(size)} bytes; corpus.json names each "
            "with its digest, and the recipe. The same recipe over the same files gives the same "
            "bytes.",
            "",
            *(f"- {name} {version}" for name, version in sorted(versions.items())),
            "",
            "```",
            "haybale verify DIR --full",
            "```",
            "",
        ]
    )

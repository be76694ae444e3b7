"""Inline tables of croissant.json: counts per subset, rule and language, and the card's totals."""

from collections.abc import Mapping, Sequence
from typing import Any

from haybale.cards.card import Card

Row = Mapping[str, str | int | float]

_TYPES = {str: "sc:Text", int: "sc:Integer", float: "sc:Float"}


def record_sets(card: Card) -> list[dict[str, Any]]:
    """The tables that have rows."""
    tables = (
        ("subsets", "Documents, bytes of text and tokens of each subset.", _subsets(card)),
        (
            "rules",
            "Documents and bytes of text that each rule dropped first or a later step removed, and "
            "documents that each rule would drop alone, per subset.",
            _rules(card),
        ),
        ("languages", "The corpus by language, as identified.", _languages(card)),
        ("facts", "Numbers of the whole corpus, and how each is known.", _totals(card)),
    )
    return [_record_set(*table) for table in tables if table[2]]


def _subsets(card: Card) -> list[Row]:
    return [
        {
            "subset": subset,
            **{
                unit: card.value(f"corpus.{unit}", subset=subset)
                for unit in ("documents", "text_bytes", "tokens")
            },
        }
        for subset in card.subsets
    ]


def _rules(card: Card) -> list[Row]:
    counted = {
        "dropped_documents": "attrition.dropped.documents",
        "dropped_text_bytes": "attrition.dropped.text_bytes",
        "hit_documents": "attrition.hit.documents",
        "removed_documents": "attrition.removed.documents",
        "removed_text_bytes": "attrition.removed.text_bytes",
    }
    tables = {name: card.table(measure, "subset", "rule") for name, measure in counted.items()}
    keys = sorted({key for table in tables.values() for key in table})
    return [
        {
            "subset": subset,
            "rule": rule,
            **{
                name: card.value(measure, subset=subset, rule=rule)
                for name, measure in counted.items()
            },
        }
        for subset, rule in keys
    ]


def _languages(card: Card) -> list[Row]:
    return [
        {
            "language": language,
            **{
                unit: card.value(f"language.{unit}", language=language)
                for unit in ("documents", "text_bytes", "tokens")
            },
        }
        for (language,) in sorted(card.table("language.documents", "language"))
    ]


def _totals(card: Card) -> list[Row]:
    """Facts that are numbers and of nothing less than the corpus."""
    return [
        {
            "measure": fact.measure,
            "value": float(fact.value),
            "unit": fact.unit,
            "how": fact.how,
            "low": float(fact.interval[0] if fact.interval else fact.value),
            "high": float(fact.interval[1] if fact.interval else fact.value),
        }
        for fact in card.facts.values()
        if not fact.of and isinstance(fact.value, int | float)
    ]


def _record_set(name: str, description: str, rows: Sequence[Row]) -> dict[str, Any]:
    """A table; the columns of counts have their total as a statistic (section on annotations)."""
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "field": [_field(name, column, rows) for column in rows[0]],
        "data": [{f"{name}/{column}": value for column, value in row.items()} for row in rows],
    }


def _field(table: str, column: str, rows: Sequence[Row]) -> dict[str, Any]:
    values = [row[column] for row in rows]
    field = {
        "@type": "cr:Field",
        "@id": f"{table}/{column}",
        "name": column,
        "dataType": _TYPES[type(values[0])],
    }
    counts = [value for value in values if isinstance(value, int)]
    if len(counts) < len(values):
        return field
    statistics = {"sum": sum(counts), "minimum": min(counts), "maximum": max(counts)}
    annotations = [
        {
            "@type": "cr:Field",
            "@id": f"{table}/{column}/{name}",
            "name": name,
            "dataType": "sc:Integer",
            "value": value,
        }
        for name, value in statistics.items()
    ]
    return {**field, "annotation": annotations}

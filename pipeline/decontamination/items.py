"""Evaluation items: read from files, cut into n-grams, gathered in an index."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s, canonical_json, digest
from haybale.corpus.errors import RecipeError
from haybale.corpus.listing import match_files
from haybale.corpus.recipe import nearest
from haybale.pipeline.decontamination.ngrams import READINGS, NgramIndex, ngram_keys, words_of
from haybale.pipeline.decontamination.settings import EvaluationSet
from haybale.pipeline.sources import reader_for
from haybale.pipeline.sources.records import ReadOptions
from haybale.quality.extraction import extract_text

Int64s = npt.NDArray[np.int64]

MAX_ITEM_BYTES = 16 << 20
TOO_SHORT = "too_short"
"""An item with fewer words than asked, or no n-gram with a letter."""


@dataclass(frozen=True)
class Item:
    """An evaluation item.

    Attributes:
        set: Place of its set in the recipe.
        name: The record's own id, else its place in the set.
        text: Its fields, put together.
    """

    set: int
    name: str
    text: str


def read_items(place: int, asked: EvaluationSet, patterns: list[str]) -> list[Item]:
    """The items of a set.

    Args:
        place: Of the set in the recipe.
        asked: The set.
        patterns: Its paths, located.

    Raises:
        RecipeError: If there are none, or a record lacks a field or its text.
    """
    where = f"decontaminate.sets.{asked.name}"
    items: list[Item] = []
    for pattern in patterns:
        files = match_files(pattern)
        if not files:
            raise RecipeError(f"{where}.paths: {pattern} matches no file; mend the path")
        for file in files:
            for number, record in enumerate(_records(file.path, file.name, asked.fields[0], where)):
                at = f"{where}: {file.name}, record {number + 1}"
                name = str(record.get("id", len(items)))
                items.append(Item(place, name, _text(record, asked.fields, at)))
    if not items:
        raise RecipeError(f"{where}: expected evaluation items, found no record in its files")
    return items


def _records(path: str, name: str, text: str, where: str) -> Iterator[dict[str, Any]]:
    """The fields of each record of a file; it has to have the one that is called `text`."""
    options = ReadOptions(
        subset="evaluation",
        name=name,
        fields={"text": text},
        license=None,
        max_record_bytes=MAX_ITEM_BYTES,
        extract=extract_text,
    )
    for records in reader_for(name).read(path, options):
        for lost in records.unreadable:
            raise RecipeError(
                f"{where}: {name} at {lost.position}: expected a record with text, found "
                f"{lost.reason}: {lost.detail}"
            )
        for row in records.documents.to_pylist():
            yield {**json.loads(row["metadata"] or "{}"), text: row["text"]}


def _text(record: dict[str, Any], fields: tuple[str, ...], where: str) -> str:
    pieces = []
    for name in fields:
        if name not in record:
            raise RecipeError(f"{where}: no field {name!r}; {nearest(name, record)}")
        value = record[name]
        pieces.append(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    text = "\n".join(pieces)
    if not text.strip():
        raise RecipeError(f"{where}: expected text in {', '.join(fields)}, found none")
    return text


def items_digest(items: list[Item]) -> str:
    """xxh3-128 of names and texts."""
    return digest(canonical_json([[item.name, item.text] for item in items]))


@dataclass(frozen=True)
class ItemNgrams:
    """The n-grams of all items, read in one way.

    Attributes:
        index: The n-grams, each once.
        starts: int64[n-grams + 1]: `items[starts[i]:starts[i + 1]]` hold n-gram i.
        items: int64[...]: numbers of items.
        lengths: int64[items]: words of an item's n-grams; 0 for one that is not looked for.
        counts: int64[items]: its distinct n-grams.
    """

    index: NgramIndex
    starts: Int64s
    items: Int64s
    lengths: Int64s
    counts: Int64s


def item_ngrams(items: list[Item], sets: tuple[EvaluationSet, ...]) -> tuple[ItemNgrams, ...]:
    """The n-grams of items, in both readings; n-grams without a letter are none."""
    found = []
    for reading in READINGS:
        lengths = np.zeros(len(items), np.int64)
        keys, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for number, item in enumerate(items):
            asked = sets[item.set]
            words = words_of(item.text, reading)
            if len(words.hashes) < asked.min_words:
                continue
            length = min(asked.ngram_words, len(words.hashes))
            data = item.text.encode()
            spans = zip(words.starts.tolist(), words.stops.tolist(), strict=True)
            letters = [any(map(str.isalpha, data[a:b].decode())) for a, b in spans]
            windows = np.convolve(letters, np.ones(length, np.int64), "valid") > 0
            mine = np.unique(ngram_keys(words.hashes, length)[windows])
            lengths[number] = length if len(mine) else 0
            keys.append(mine)
            owners.append(np.full(len(mine), number, np.int64))
        found.append(_gathered(reading, np.concatenate(keys), np.concatenate(owners), lengths))
    return tuple(found)


def _gathered(reading: Any, keys: UInt64s, owners: Int64s, lengths: Int64s) -> ItemNgrams:
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    distinct, first = np.unique(keys, return_index=True)
    known = np.unique(lengths[lengths > 0])
    return ItemNgrams(
        NgramIndex(reading, distinct, known),
        np.r_[first, len(keys)].astype(np.int64),
        owners,
        lengths,
        np.bincount(owners, minlength=len(lengths)).astype(np.int64),
    )


def why_not(item: int, readings: tuple[ItemNgrams, ...]) -> str:
    """Why an item is not looked for; "" where it is."""
    return "" if any(each.lengths[item] for each in readings) else TOO_SHORT

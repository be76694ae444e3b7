"""Whether card/manifest.jsonl names the files that the card and the corpus name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from haybale.cards.card import Card
from haybale.cards.check.finding import EDITED, RESTORE, Finding
from haybale.cards.forms import CARD_PATHS, FILES_PATH
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.manifest import Manifest
from haybale.corpus.storage import Folder, verify_file

MAX_FINDINGS = 20


def read_rows(folder: Folder) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The lines of the list of files, and what is wrong with those that are no such lines."""
    rows, findings = [], []
    for at, line in enumerate(folder.read(FILES_PATH).splitlines(), 1):
        try:
            rows.append(_row(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError):
            expected = f"JSON with kind, path, bytes and digest at line {at}"
            findings.append(
                Finding(FILES_PATH, expected, line[:80].decode(errors="replace"), EDITED)
            )
    return rows, findings


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line's values.

    Raises:
        ValueError: If one is of another type, or a shard's path names no split and subset.
        KeyError: If one is missing.
    """
    types = {"kind": str, "path": str, "bytes": int, "digest": str}
    if row["kind"] == "shard":
        types |= {"documents": int, "tokens": int}
        _, _split, _subset, _ = row["path"].split("/", 3)
    for name, type_ in types.items():
        if not isinstance(row[name], type_):
            raise ValueError(f"{name} {row[name]!r}")
    return {name: row[name] for name in types}


def check_inputs(rows: list[dict[str, Any]], lineage: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the inputs listed are those of card.json."""
    listed = sorted(_key(row) for row in rows if row["kind"] == "input")
    named = sorted(
        (file["name"], file["bytes"], file["digest"])
        for files in lineage["inputs"].values()
        for file in files
    )
    if listed != named:
        odd = next(iter(sorted(set(listed) ^ set(named))), "a file twice")
        yield Finding(
            FILES_PATH,
            f"the {len(named):,} input files of card.json",
            f"{len(listed):,}; the first that differs is {odd}",
            EDITED,
        )


def check_shards(rows: list[dict[str, Any]], card: Card) -> Iterator[Finding]:
    """Whether the shards listed hold as much as the card says of each split and subset."""
    sums: dict[tuple[str, ...], dict[str, int]] = {}
    for row in (row for row in rows if row["kind"] == "shard"):
        _, split, subset, _ = row["path"].split("/", 3)
        sums.setdefault((split, subset), {"documents": 0, "tokens": 0})
        for unit in ("documents", "tokens"):
            sums[split, subset][unit] += row[unit]
    if not sums:
        return  # a corpus without an index of its shards
    for unit in ("documents", "tokens"):
        for key, fact in card.table(f"corpus.{unit}", "split", "subset").items():
            listed = sums.get(key, {}).get(unit, 0)
            if fact.value != listed:
                expected = (
                    f"{unit} of the shards in {'/'.join(key)} to be the {fact.value} of card.json"
                )
                yield Finding(FILES_PATH, expected, f"{listed:,}", EDITED)


def check_corpus(
    rows: list[dict[str, Any]], folder: Folder, manifest: Manifest
) -> Iterator[Finding]:
    """Whether the corpus's files are listed as corpus.json has them, and the card's are intact."""
    listed = {row["path"]: _key(row) for row in rows if row["kind"] != "input"}
    own = [file for file in manifest.files if file.path in CARD_PATHS]
    others = {
        file.path: (file.path, file.num_bytes, file.digest)
        for file in manifest.files
        if file.path not in CARD_PATHS
    }
    odd = sorted(
        path for path in listed.keys() | others.keys() if listed.get(path) != others.get(path)
    )
    for path in odd[:MAX_FINDINGS]:
        yield Finding(
            FILES_PATH,
            f"{others.get(path, f'no line for {path}')} of corpus.json",
            f"{listed.get(path, 'none')}",
            EDITED,
        )
    for path in sorted(CARD_PATHS - {file.path for file in own}):
        yield Finding("corpus.json", f"a record of {path}", "none", RESTORE)
    for file in own:
        try:
            verify_file(folder, file)
        except CorruptShardError as error:
            yield Finding(file.path, "the file that corpus.json names", str(error), RESTORE)


def _key(row: Mapping[str, Any]) -> tuple[str, int, str]:
    return row["path"], row["bytes"], row["digest"]

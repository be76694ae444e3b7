"""Finds things in a finished corpus: a document by id, a token's document, what a rule dropped."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.difference import Piece, difference
from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.recipe import nearest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder, read_parsed


@dataclass
class Found:
    """Everything a corpus records of one document.

    Attributes:
        doc_id: In hex.
        document: Row of `documents/`, its text before line edits; empty if it was dropped.
        edits: What line edits took out of it: rule, place in the text, and the text there.
        measures: Row of `measures/`: the first reason if it was dropped, and every number.
        removal: Row of `dedup/duplicates.arrow`, if it was removed there.
        difference: Of its text and its survivor's, if both are here.
        duplicates: Documents that were removed for its sake.
        places: `(shard, first token, number of tokens)`, offsets within the shard.
    """

    doc_id: str
    document: dict[str, Any] = field(default_factory=dict)
    edits: list[dict[str, Any]] = field(default_factory=list)
    measures: dict[str, Any] = field(default_factory=dict)
    removal: dict[str, Any] = field(default_factory=dict)
    difference: list[Piece] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    places: list[tuple[str, int, int]] = field(default_factory=list)


def find_document(folder: Folder, manifest: Manifest, doc_id: str) -> Found:
    """Look a document up by its id in hex.

    Raises:
        RecipeError: If the id is no id, or was never read.
    """
    try:
        key = bytes.fromhex(doc_id)
    except ValueError:
        key = b""
    if len(key) != 16:
        raise RecipeError(f"--document {doc_id}: expected 32 hex digits")
    found = Found(doc_id)
    for row in _matching(folder, manifest, "measures/", "doc_id", key):
        found.measures = row
    if not found.measures:
        raise RecipeError(f"--document {doc_id}: no document of that id was read for {folder.uri}")
    for record, number, row in _documents(folder, manifest, key):
        found.document = row
        found.edits = list(_edits(folder, record, number, row["text"]))
    for row in _matching(folder, manifest, "dedup/duplicates", "removed", key):
        found.removal = row
        if row["corpus"] is None:
            found.difference = difference(
                _compared_text(folder, manifest, key),
                _compared_text(folder, manifest, row["survivor"]),
            )
    found.duplicates = list(_matching(folder, manifest, "dedup/duplicates", "survivor", key))
    found.places = list(_places(folder, key))
    return found


def _documents(
    folder: Folder, manifest: Manifest, key: bytes
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Path of the file, row in it, and the row."""
    for record in manifest.files:
        if record.path.startswith("documents/"):
            reader, first = pa.ipc.open_file(folder.open(record.path)), 0
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                equal = pc.equal(batch.column("doc_id"), key).to_numpy(zero_copy_only=False)
                for at in np.flatnonzero(equal).tolist():
                    yield record.path, first + at, batch.slice(at, 1).to_pylist()[0]
                first += batch.num_rows


def _compared_text(folder: Folder, manifest: Manifest, key: bytes) -> str:
    """A kept document's text after line edits: what deduplication saw."""
    for record, number, row in _documents(folder, manifest, key):
        data, at, pieces = row["text"].encode(), 0, []
        for edit in _edits(folder, record, number, row["text"]):
            pieces += [data[at : edit["start"]], edit["replacement"].encode()]
            at = edit["stop"]
        return b"".join([*pieces, data[at:]]).decode()
    raise CorruptShardError(f"{folder.uri}: names a document {key.hex()} that it does not hold")


def _edits(folder: Folder, documents: str, row: int, text: str) -> Iterator[dict[str, Any]]:
    """What line edits took out of a row of a documents file."""
    path = "edits/" + documents.removeprefix("documents/")
    if folder.exists(path):
        table = pa.ipc.open_file(folder.open(path)).read_all()
        data = text.encode()
        for edit in table.filter(pc.equal(table.column("row"), row)).to_pylist():
            start, stop = edit["start"], edit["stop"]
            yield {
                "rule": edit["rule"],
                "start": start,
                "stop": stop,
                "text": data[start:stop].decode(),
                "replacement": edit["replacement"],
            }


def _matching(
    folder: Folder, manifest: Manifest, prefix: str, column: str, key: bytes
) -> Iterator[dict[str, Any]]:
    """Rows of the manifest's files below a prefix whose column equals the key."""
    for record in manifest.files:
        if record.path.startswith(prefix):
            reader = pa.ipc.open_file(folder.open(record.path))
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                yield from batch.filter(pc.equal(batch.column(column), key)).to_pylist()


def _places(folder: Folder, key: bytes) -> Iterator[tuple[str, int, int]]:
    before, shard = 0, ""
    for row in read_index(folder).to_pylist():
        before = before if row["shard"] == shard else 0
        shard = row["shard"]
        batch = pa.ipc.open_file(folder.open(shard)).get_batch(row["batch"])
        offsets = batch.column("tokens").offsets.to_numpy()
        for at in np.flatnonzero(pc.equal(batch.column("doc_id"), key).to_numpy(False)):
            yield shard, before + int(offsets[at]), int(offsets[at + 1] - offsets[at])
        before += row["tokens"]


def document_at(folder: Folder, shard: str, token: int) -> tuple[str, int]:
    """The document that a token of a shard belongs to, and the token's place in it.

    Args:
        folder: The corpus.
        shard: Its path below the corpus, as in `shards/train/books/00000.arrow`.
        token: Offset within the shard.

    Returns:
        Document id in hex; offset within the document's tokens.

    Raises:
        RecipeError: If there is no such shard or token.
    """
    rows = read_index(folder).to_pylist()
    shards = {row["shard"] for row in rows}
    if shard not in shards:
        raise RecipeError(f"--token: no shard {shard!r}; {nearest(shard, shards)}")
    before = 0
    for row in (row for row in rows if row["shard"] == shard):
        if before <= token < before + row["tokens"]:
            batch = pa.ipc.open_file(folder.open(shard)).get_batch(row["batch"])
            offsets = batch.column("tokens").offsets.to_numpy()
            at = int(np.searchsorted(offsets, token - before, side="right")) - 1
            return batch.column("doc_id")[at].as_py().hex(), token - before - int(offsets[at])
        before += row["tokens"]
    raise RecipeError(f"--token: {shard} has {before} tokens, there is none at {token}")


def read_ledger(folder: Folder) -> list[dict[str, Any]]:
    """Rows of the corpus's ledger: an account and its amount each, as the card was made from."""
    rows: list[dict[str, Any]] = read_parsed(folder, "card/inputs.json")["ledger"]
    return rows


def dropped_by(
    folder: Folder, manifest: Manifest, rule: str, limit: int
) -> Iterator[dict[str, Any]]:
    """Documents of the sample that a rule dropped, in the order of the draw.

    Raises:
        RecipeError: If the sample holds no document dropped by such a rule.
    """
    tables = [
        pa.ipc.open_file(folder.open(record.path)).read_all()
        for record in manifest.files
        if record.path.startswith("dropped/samples/")
    ]
    table = pa.concat_tables(tables)
    rules = table.column("rule").unique().to_pylist()
    if rule not in rules:
        raise RecipeError(f"--dropped {rule}: dropped nothing here; {nearest(rule, rules)}")
    chosen = table.filter(pc.equal(table.column("rule"), rule)).sort_by("order")
    yield from chosen.slice(0, limit).to_pylist()

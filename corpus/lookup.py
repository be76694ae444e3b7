"""Finds things in a finished corpus: a document by id, a token's document, what a rule dropped."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.difference import Piece, difference
from haybale.corpus.edits import apply_edits, edits_of_rows
from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.recipe import nearest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder, read_parsed

EDITING = ("edits", "repeats", "decontaminate")
"""Folders of edits, in the order in which they were applied."""


@dataclass
class Found:
    """Everything a corpus records of one document.

    Attributes:
        doc_id: In hex.
        document: Row of `documents/`, its text before line edits; empty if it was dropped.
        edits: What line edits took out of it: rule, place in the text, and the text there.
        cuts: What later stages cut out of it, in the text as line edits left it.
        measures: Row of `measures/`: the first reason if it was dropped, and every number.
        removal: Row of `dedup/duplicates.arrow`, if it was removed there, or why and of how many
            words nothing or too little was left.
        difference: Of its text and its survivor's, if both are here.
        duplicates: Documents that were removed for its sake.
        contamination: Evaluation items that it shares n-grams with.
        places: `(shard, first token, number of tokens)`, offsets within the shard.
    """

    doc_id: str
    document: dict[str, Any] = field(default_factory=dict)
    edits: list[dict[str, Any]] = field(default_factory=list)
    cuts: list[dict[str, Any]] = field(default_factory=list)
    measures: dict[str, Any] = field(default_factory=dict)
    removal: dict[str, Any] = field(default_factory=dict)
    difference: list[Piece] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    contamination: list[dict[str, Any]] = field(default_factory=list)
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
        part = record.removeprefix("documents/")
        text = row["text"]
        for stage in EDITING:
            edits, text = _edits(folder, f"{stage}/{part}", number, text)
            (found.edits if stage == "edits" else found.cuts).extend(edits)
    for row in _matching(folder, manifest, "dedup/duplicates", "removed", key):
        found.removal = row
        if row["corpus"] is None:
            found.difference = difference(
                _compared_text(folder, manifest, key),
                _compared_text(folder, manifest, row["survivor"]),
            )
    for stage in EDITING[1:]:
        for row in _matching(folder, manifest, f"{stage}/", "removed", key):
            found.removal = row
    found.contamination = list(_matching(folder, manifest, "decontaminate/", "doc_id", key))
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
        path = "edits/" + record.removeprefix("documents/")
        return _edits(folder, path, number, row["text"])[1]
    raise CorruptShardError(f"{folder.uri}: names a document {key.hex()} that it does not hold")


def _edits(folder: Folder, path: str, row: int, text: str) -> tuple[list[dict[str, Any]], str]:
    """What a file of edits takes out of a row of text, and the text that it leaves."""
    if not folder.exists(path):
        return [], text
    table = pa.ipc.open_file(folder.open(path)).read_all()
    edits = edits_of_rows(table, np.array([row]))
    data, taken = text.encode(), []
    for edit in edits.to_pylist():
        start, stop = edit["start"], edit["stop"]
        taken.append(
            {
                "rule": edit["rule"],
                "start": start,
                "stop": stop,
                "text": data[start:stop].decode(),
                "replacement": edit["replacement"],
            }
        )
    (left,) = apply_edits(pa.array([text], pa.large_string()), edits).to_pylist()
    return taken, left


def _matching(
    folder: Folder, manifest: Manifest, prefix: str, column: str, key: bytes
) -> Iterator[dict[str, Any]]:
    """Rows whose column equals the key, of the manifest's files below a prefix that have it."""
    for record in manifest.files:
        if record.path.startswith(prefix):
            reader = pa.ipc.open_file(folder.open(record.path))
            has_column = column in reader.schema.names
            for number in range(reader.num_record_batches if has_column else 0):
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


def evaluation_items(folder: Folder, manifest: Manifest) -> list[dict[str, Any]]:
    """The evaluation items that the corpus was searched for, and what was found of each.

    Raises:
        RecipeError: If it was searched for none.
    """
    path = "decontaminate/items.arrow"
    if not any(record.path == path for record in manifest.files):
        raise RecipeError(
            f"--contamination: {folder.uri} was built without [decontaminate], so it was compared "
            "with no evaluation set"
        )
    rows: list[dict[str, Any]] = pa.ipc.open_file(folder.open(path)).read_all().to_pylist()
    return rows


def contaminations(folder: Folder, manifest: Manifest, limit: int) -> list[dict[str, Any]]:
    """The documents that hold most of an evaluation item, with the longest run of its words."""
    suffix = ".overlaps.arrow"
    rows = []
    for record in manifest.files:
        if record.path.startswith("decontaminate/") and record.path.endswith(suffix):
            part = record.path.removeprefix("decontaminate/").removesuffix(suffix)
            table = pa.ipc.open_file(folder.open(record.path)).read_all()
            rows += [{**row, "part": part} for row in table.to_pylist()]
    rows.sort(key=lambda row: (-row["overlap"], -row["run_words"], row["doc_id"], row["number"]))
    shown = ("doc_id", "set", "item", "overlap", "shared", "total", "run_words", "contaminated")
    return [
        {**{name: row[name] for name in shown}, "text": _run(folder, row)} for row in rows[:limit]
    ]


def _run(folder: Folder, row: dict[str, Any]) -> str:
    """The longest run of an item's words in a document, as decontamination found it."""
    reader = pa.ipc.open_file(folder.open(f"documents/{row['part']}.arrow"))
    left = row["row"]
    for number in range(reader.num_record_batches):
        batch = reader.get_batch(number)
        if left < batch.num_rows:
            text = batch.column("text")[left].as_py()
            for stage in EDITING[: EDITING.index("decontaminate")]:
                _, text = _edits(folder, f"{stage}/{row['part']}.arrow", row["row"], text)
            return str(text.encode()[row["start"] : row["stop"]].decode())
        left -= batch.num_rows
    raise CorruptShardError(f"documents/{row['part']}.arrow: has no row {row['row']}")

"""All that a finished corpus records of one document."""

from dataclasses import dataclass, field
from typing import Any

from haybale.corpus.arrow_files import row_of_document
from haybale.corpus.contamination import FOLDER as CONTAMINATION
from haybale.corpus.contamination import OVERLAPS
from haybale.corpus.difference import Piece, difference
from haybale.corpus.document_index import DocumentIndex, DocumentPlace
from haybale.corpus.document_scan import DocumentScan
from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.lookup_tables import has_index
from haybale.corpus.manifest import Manifest
from haybale.corpus.sorted_table import SortedTable
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import find_taken, taken_rows_path
from haybale.corpus.text_history import CUTTING, EDITING, LINE_EDITS, text_before, undergo

MAX_DUPLICATES = 100
"""Documents shown that were removed for the sake of one."""

_MAX_LOOKED_AT = 10_000
"""Of them, where some may have been removed for the sake of an earlier corpus's document."""

_REMOVING = (
    "selection/{}.arrow",
    *(f"{stage}/{{}}.removed.arrow" for stage in CUTTING),
    "dropped/crashed/{}.arrow",
    taken_rows_path("{}"),
)
"""Files of kept documents that were removed for another reason than a duplicate."""

Row = dict[str, Any]


@dataclass
class Found:
    """Everything a corpus records of one document.

    Attributes:
        doc_id: In hex.
        subset: Where it belongs.
        part: Name of its part, and so of the files that hold it.
        file: The input file it was read from; None where no index tells.
        record: Which of that file's readable records it is, from 0; None where no index tells.
        cluster: Name of its cluster of duplicates, in hex; None if it has none.
        document: Row of `documents/`, its text before line edits; empty if it was dropped.
        edits: What line edits took out of it: rule, place in the text, and the text there.
        cuts: What later stages cut out of it, in the text as line edits left it.
        measures: Row of `measures/`: the first reason if it was dropped, and every number.
        removal: Row of `dedup/removals/`, if it was removed there, or why it was removed later.
        difference: Of its text and its survivor's, if both are here.
        duplicates: Ids in hex of documents that were removed for its sake, MAX_DUPLICATES at most.
        contamination: Evaluation items that it shares n-grams with.
        takedown: Row of `takedown/documents.arrow`, if it was taken down; others are blank then.
        places: `(shard, first token, number of tokens)`, offsets within the shard.
        by_index: Whether an index told where to look; else files were read through.
    """

    doc_id: str
    subset: str
    part: str
    file: str | None
    record: int | None
    by_index: bool
    cluster: str | None = None
    document: Row = field(default_factory=dict)
    edits: list[Row] = field(default_factory=list)
    cuts: list[Row] = field(default_factory=list)
    measures: Row = field(default_factory=dict)
    removal: Row = field(default_factory=dict)
    difference: list[Piece] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    contamination: list[Row] = field(default_factory=list)
    takedown: Row = field(default_factory=dict)
    places: list[tuple[str, int, int]] = field(default_factory=list)


def document_finder(folder: Folder, manifest: Manifest) -> DocumentIndex | DocumentScan:
    """What finds documents in this corpus: its index, or a scan where it has none."""
    return (DocumentIndex if has_index(manifest) else DocumentScan)(folder, manifest)


def find_document(folder: Folder, manifest: Manifest, doc_id: str) -> Found:
    """Look a document up by its id in hex.

    Raises:
        RecipeError: If the id is no id, or was never read.
        CorruptShardError: If files contradict one another.
    """
    try:
        key = bytes.fromhex(doc_id)
    except ValueError:
        key = b""
    if len(key) != 16:
        raise RecipeError(f"--document {doc_id}: expected 32 hex digits")
    finder = document_finder(folder, manifest)
    place = finder.find(key)
    if place is None:
        raise RecipeError(f"--document {doc_id}: no document of that id was read for {folder.uri}")
    subset = place.part.rpartition("/")[0]
    found = Found(doc_id, subset, place.part, place.file, place.record, finder.by_index)
    path = f"measures/{place.part}.arrow"
    found.measures = row_of_document(folder, path, place.measures_batch, key)
    found.takedown = find_taken(folder, manifest, key) or {}
    if place.documents_row < 0:
        return found
    found.document = _document(folder, place)
    text = found.document["text"]
    for stage in EDITING:
        edits, text = undergo(folder, stage, place.part, place.documents_row, text)
        (found.edits if stage == LINE_EDITS else found.cuts).extend(edits)
    found.contamination = _rows(folder, f"{CONTAMINATION}/{place.part}{OVERLAPS}", place)
    if place.shard is not None:
        found.places = [(place.shard, place.start, place.tokens)]
    _add_duplicates(folder, manifest, finder, found, place)
    return found


def _add_duplicates(
    folder: Folder,
    manifest: Manifest,
    finder: DocumentIndex | DocumentScan,
    found: Found,
    place: DocumentPlace,
) -> None:
    """Why it was removed, or who was removed for it."""
    for row in _rows(folder, f"dedup/removals/{place.part}.arrow", place):
        found.removal, found.cluster = row, row["cluster"].hex()
        if row["corpus"] is None:
            survivor = finder.find(row["survivor"])
            if survivor is None or survivor.documents_row < 0:
                raise CorruptShardError(
                    f"{folder.uri}: names a document {row['survivor'].hex()} that it does not hold"
                )
            if not found.takedown and find_taken(folder, manifest, row["survivor"]) is None:
                texts = (_compared_text(folder, each) for each in (place, survivor))
                found.difference = difference(*texts)
    for name in _REMOVING:
        for row in _rows(folder, name.format(place.part), place):
            found.removal = row
    found.duplicates = [each.hex() for each in _duplicates(folder, manifest, finder, place)]
    for row in _rows(folder, f"dedup/clusters/{place.part}.arrow", place):
        if row["cluster"] is not None:  # who is only in a family is in no cluster
            found.cluster = row["cluster"].hex()
    if found.duplicates and found.cluster is None:  # who stands for twins alone is listed nowhere
        found.cluster = found.doc_id


def _duplicates(
    folder: Folder,
    manifest: Manifest,
    finder: DocumentIndex | DocumentScan,
    place: DocumentPlace,
) -> list[bytes]:
    """Who was removed for its sake, not for that of an earlier corpus's document of the same id."""
    if not manifest.lineage.get("earlier"):
        return finder.duplicates_of(place.doc_id, MAX_DUPLICATES)
    found: list[bytes] = []
    for doc_id in finder.duplicates_of(place.doc_id, _MAX_LOOKED_AT):
        removed = finder.find(doc_id)
        rows = _rows(folder, f"dedup/removals/{removed.part}.arrow", removed) if removed else []
        if any(row["corpus"] is None for row in rows):
            found.append(doc_id)
            if len(found) == MAX_DUPLICATES:
                break
    return found


def _document(folder: Folder, place: DocumentPlace) -> Row:
    path = f"documents/{place.part}.arrow"
    return row_of_document(folder, path, place.documents_batch, place.doc_id)


def _rows(folder: Folder, path: str, place: DocumentPlace) -> list[Row]:
    """The document's rows of a file of its part that is sorted by `row`, if there is one."""
    if not folder.exists(path):
        return []
    return list(SortedTable(folder, path, "row").rows(place.documents_row))


def _compared_text(folder: Folder, place: DocumentPlace) -> str:
    """A kept document's text after line edits: what deduplication saw."""
    text = _document(folder, place)["text"]
    return text_before(folder, CUTTING[0], place.part, place.documents_row, text)

"""Takedowns: documents that were taken out of a finished corpus because somebody asked for it.

Of each there is left its id, how it came to be taken down and what it was until then: no token, no
text, no number that was measured of it. The lineage in `corpus.json` has an entry for each
takedown; `takedown/documents.arrow` has the ids, `takedown/rows/` the rows of `documents/` that are
in no shard any more for that reason.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.manifest import Manifest
from haybale.corpus.sorted_table import SortedTable
from haybale.corpus.storage import Folder, find_parsed

TAKEDOWN_FOLDER = "run/takedown"
PLAN_PATH = f"{TAKEDOWN_FOLDER}/plan.json"
SWITCH_PATH = f"{TAKEDOWN_FOLDER}/switch.json"
"""Of a takedown that is not finished: where it works, what it was asked, and, once everything is
written, what there is to exchange and to delete. The last is the last to go."""
FINISH = "finish it by the same `haybale remove DIR --ids FILE` again"
LINEAGE_KEY = "takedowns"
"""Of the manifest's lineage: a list, see `takedowns_of`; absent where nothing was taken down."""
TAKEN_PATH = "takedown/documents.arrow"
STAGE = "takedown"
"""In the ledger and among the stages that remove documents: the last."""

ASKED = "takedown/asked@1"
NEAR_DUPLICATE = "takedown/near_duplicate@1"
"""Rules: the document's id was in the list; it is in the cluster of one that was."""

IN_CORPUS, REMOVED, DROPPED = "corpus", "removed", "dropped"
"""What a document was: in the shards; only in `documents/`, as a stage after ingest had removed it;
dropped by ingest."""

TAKEN = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("takedown", pa.int32(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("was", pa.string(), nullable=False),
    ],
    metadata={"format": "haybale/takedown@1"},
)
"""A document that was taken down, sorted by id. `takedown`: which, from 1, in the lineage's order.
`rule`: ASKED or NEAR_DUPLICATE. `was`: IN_CORPUS, REMOVED or DROPPED."""

TAKEN_ROWS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("removed", pa.binary(16), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
    ]
)
"""A document of a part that was IN_CORPUS, sorted by its row of `documents/`."""


def taken_rows_path(part: str) -> str:
    """Where the rows of a part are; no file where none of it was taken down."""
    return f"takedown/rows/{part}.arrow"


def takedowns_of(manifest: Manifest) -> list[dict[str, Any]]:
    """The takedowns of a corpus, the first one first.

    Returns:
        Of each: `date`, `reason`, `ids` (xxh3-128 of the sorted ids that were asked for) and their
        number `asked`; `documents`, `text_bytes` and `tokens` that left the shards, of these
        `near_duplicates`, and `splits`, those that they left; `texts_only`, documents that were in
        no shard and lost what was still held of them; `before`, the digest of the manifest until
        then.
    """
    found: list[dict[str, Any]] = manifest.lineage.get(LINEAGE_KEY, [])
    return found


def takedowns_since(manifest: Manifest, before: str) -> list[dict[str, Any]] | None:
    """What was taken down since the corpus had this digest; None if it never had."""
    found = takedowns_of(manifest)
    for place, takedown in enumerate(found):
        if takedown["before"] == before:
            return found[place:]
    return None


def taken_ids(folder: Folder, manifest: Manifest) -> pa.Array:
    """Ids of all documents that were taken down, binary(16), sorted."""
    if manifest.find(TAKEN_PATH) is None:
        return pa.array([], pa.binary(16))
    with open_arrow(folder, TAKEN_PATH, ["doc_id"]) as reader:
        return reader.read_all().column("doc_id").combine_chunks()


def name_takedown(takedown: Mapping[str, Any]) -> str:
    """What to call one: an entry of the lineage, or the plan of one."""
    count = takedown.get("documents")
    size = "" if count is None else f", {count:,} document{'s' * (count != 1)} from shards"
    reason = takedown["reason"] or "none given"
    return f"a takedown of {takedown['date']}{size} (reason: {reason})"


def unfinished_takedown(folder: Folder) -> str | None:
    """What to say of a takedown that was written whole and not finished; None without one.

    The corpus is that of before or that of after. Of that of after files that nobody reads any more
    may still hold what was taken down.
    """
    switch = find_parsed(folder, SWITCH_PATH)
    if switch is None:
        return None
    entry = switch["told"]["takedown"]
    named = name_takedown({"date": entry["date"], "reason": entry["reason"]})
    return (
        f"{named} was stopped before its end, or is at work; what it takes down may still be in "
        "files below this folder"
    )


def find_taken(folder: Folder, manifest: Manifest, doc_id: bytes) -> dict[str, Any] | None:
    """The row of a document in TAKEN; None if it was not taken down."""
    if manifest.find(TAKEN_PATH) is None:
        return None
    return next(SortedTable(folder, TAKEN_PATH, "doc_id").rows(doc_id), None)

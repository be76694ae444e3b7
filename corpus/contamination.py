"""What a finished corpus says of evaluation items: which stand in it, and where most of them."""

from typing import Any

from haybale.corpus.arrow_files import arrow_batches, open_arrow
from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.storage import Folder
from haybale.corpus.text_history import text_before

FOLDER = "decontaminate"
OVERLAPS = ".overlaps.arrow"
"""What files end with that hold a part's documents that share n-grams with an item."""

_ITEMS_PATH = f"{FOLDER}/items.arrow"


def evaluation_items(folder: Folder, manifest: Manifest) -> list[dict[str, Any]]:
    """The evaluation items that the corpus was searched for, and what was found of each.

    Raises:
        RecipeError: If it was searched for none.
    """
    if not any(record.path == _ITEMS_PATH for record in manifest.files):
        raise RecipeError(
            f"--contamination: {folder.uri} was built without [decontaminate], so it was compared "
            "with no evaluation set"
        )
    rows: list[dict[str, Any]] = open_arrow(folder, _ITEMS_PATH).read_all().to_pylist()
    return rows


def contaminations(folder: Folder, manifest: Manifest, limit: int) -> list[dict[str, Any]]:
    """The documents that hold most of an evaluation item, with the longest run of its words."""
    rows = []
    for record in manifest.files:
        if record.path.startswith(f"{FOLDER}/") and record.path.endswith(OVERLAPS):
            part = record.path.removeprefix(f"{FOLDER}/").removesuffix(OVERLAPS)
            table = open_arrow(folder, record.path).read_all()
            rows += [{**row, "part": part} for row in table.to_pylist()]
    rows.sort(key=lambda row: (-row["overlap"], -row["run_words"], row["doc_id"], row["number"]))
    shown = ("doc_id", "set", "item", "overlap", "shared", "total", "run_words", "contaminated")
    return [
        {**{name: row[name] for name in shown}, "text": _run(folder, row)} for row in rows[:limit]
    ]


def _run(folder: Folder, row: dict[str, Any]) -> str:
    """The longest run of an item's words in a document, as decontamination found it."""
    left = row["row"]
    for batch in arrow_batches(folder, f"documents/{row['part']}.arrow", ["text"]):
        if left < batch.num_rows:
            text = batch.column("text")[left].as_py()
            text = text_before(folder, FOLDER, row["part"], row["row"], text)
            return str(text.encode()[row["start"] : row["stop"]].decode())
        left -= batch.num_rows
    raise CorruptShardError(f"documents/{row['part']}.arrow: has no row {row['row']}")

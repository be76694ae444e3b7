"""What a finished corpus says of its decisions: its ledger, and samples of what rules removed."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.arrow_files import arrow_batches, row_of_document
from haybale.corpus.draws import draw_order, smallest
from haybale.corpus.errors import RecipeError
from haybale.corpus.lookup import document_finder
from haybale.corpus.manifest import Manifest
from haybale.corpus.recipe import nearest
from haybale.corpus.removals import REMOVED_LATER, removed_later
from haybale.corpus.storage import Folder, read_parsed
from haybale.corpus.text_history import CUTTING, text_before

_DRAWN = REMOVED_LATER.append(pa.field("order", pa.uint64(), nullable=False))


def read_ledger(folder: Folder) -> list[dict[str, Any]]:
    """Rows of the corpus's ledger: an account and its amount each, as the card was made from."""
    rows: list[dict[str, Any]] = read_parsed(folder, "card/inputs.json")["ledger"]
    return rows


def dropped_by(
    folder: Folder, manifest: Manifest, rule: str, limit: int
) -> Iterator[dict[str, Any]]:
    """Documents that a rule of ingest or of a later stage removed, in the order of the draw.

    Of ingest's rules there is a sample; what later stages removed is all there.

    Yields:
        `doc_id`, `subset`, `rule`, `value`, `language`, `url`, `order` and `text`, as the stage
        found it; `survivor` too, where one stands for the document.

    Raises:
        RecipeError: If no document is there that was removed by such a rule.
    """
    dropped, rules = _dropped(folder, manifest, rule, limit)
    if rule in rules:
        yield from dropped.to_pylist()
        return
    drawn, later = _drawn_later(folder, manifest, rule, limit)
    if drawn.num_rows == 0:
        raise RecipeError(f"--dropped {rule}: dropped nothing here; {nearest(rule, rules | later)}")
    for row in drawn.to_pylist():
        yield _with_text(folder, manifest, row)


def _dropped(
    folder: Folder, manifest: Manifest, rule: str, limit: int
) -> tuple[pa.Table, set[str]]:
    """The first documents of the draw that a rule of ingest dropped, and all of ingest's rules."""
    found, rules = pa.table({}), set()
    for record in manifest.files:
        if not record.path.startswith("dropped/samples/"):
            continue
        for batch in arrow_batches(folder, record.path):
            rules |= set(batch.column("rule").unique().to_pylist())
            mine = pa.Table.from_batches([batch.filter(pc.equal(batch.column("rule"), rule))])
            found = smallest(
                pa.concat_tables([found, mine] if found.num_rows else [mine]), limit, []
            )
    return found, rules


def _drawn_later(
    folder: Folder, manifest: Manifest, rule: str, limit: int
) -> tuple[pa.Table, set[str]]:
    """The first documents of the draw that a rule removed after ingest, and all rules there."""
    drawn, rules = _DRAWN.empty_table(), set()
    prefix, suffix = "documents/", ".arrow"
    seed = manifest.recipe.get("seed", 0)
    for record in manifest.files:
        if record.path.startswith(prefix):
            part = record.path.removeprefix(prefix).removesuffix(suffix)
            removed = removed_later(folder, part)
            rules |= set(removed.column("rule").unique().to_pylist())
            mine = removed.filter(pc.equal(removed.column("rule"), rule)).combine_chunks()
            doc_ids = mine.column("doc_id").combine_chunks()
            mine = mine.append_column(_DRAWN.field("order"), pa.array(draw_order(seed, doc_ids)))
            drawn = smallest(pa.concat_tables([drawn, mine]), limit, [])
    return drawn, rules


def _with_text(folder: Folder, manifest: Manifest, removed: dict[str, Any]) -> dict[str, Any]:
    """A removed document as `dropped/samples/` has those of ingest, its survivor beside it."""
    doc_id, stage = removed["doc_id"], removed["stage"]
    place = document_finder(folder, manifest).find(doc_id)
    assert place is not None
    path = f"documents/{place.part}.arrow"
    row = row_of_document(folder, path, place.documents_batch, doc_id)
    before = stage if stage in CUTTING else CUTTING[0]
    text = text_before(folder, before, place.part, removed["row"], row["text"])
    survivor = {} if removed["survivor"] is None else {"survivor": removed["survivor"]}
    return {
        "doc_id": doc_id,
        "subset": row["subset"],
        "rule": removed["rule"],
        "value": removed["value"],
        "language": row["language"],
        "url": row["url"],
        "order": removed["order"],
        **survivor,
        "text": text,
    }

"""Commits a card: its facts, every form they are shown in, and what all of it is made from."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from haybale.cards.attrition_table import attrition_table
from haybale.cards.card import Card
from haybale.cards.facts import build_facts
from haybale.cards.file_manifest import file_manifest, shard_counts
from haybale.cards.forms import (
    ATTRITION_PATH,
    CARD_PATHS,
    FACTS_PATH,
    FILES_PATH,
    INPUTS_PATH,
    card_forms,
)
from haybale.cards.inputs import CardInputs
from haybale.corpus.digests import canonical_json
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder


def write_card(
    folder: Folder,
    inputs: CardInputs,
    files: Sequence[FileRecord],
    corpus: Folder | None = None,
    changes: Mapping[str, Any] | None = None,
) -> list[FileRecord]:
    """Write README.md and `card/` below a folder.

    Args:
        folder: Where to.
        inputs: What the card is made from.
        files: Of the corpus; a card's own among them are passed over.
        corpus: Folder of these files; the same one if null.
        changes: Since an earlier card, for a section of its own.

    Returns:
        What was written, for `corpus.json`.

    Raises:
        HaybaleError: If what was counted does not add up.
    """
    raw: dict[str, Any] = build_facts(inputs)
    if changes is not None:
        raw["changes"] = changes
    others = [file for file in files if file.path not in CARD_PATHS]
    listed = file_manifest(inputs.lineage, others, shard_counts(corpus or folder, others))
    contents = {
        FACTS_PATH: canonical_json(raw),
        FILES_PATH: listed,
        ATTRITION_PATH: _parquet(attrition_table(inputs.ledger)),
        INPUTS_PATH: canonical_json(inputs.as_json()),
        **card_forms(Card(raw), inputs.measured.domains, listed),
    }
    return [folder.commit_bytes(path, content) for path, content in sorted(contents.items())]


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())

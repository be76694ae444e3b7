"""A kept document's text, stage by stage: what each took out of it, and what it left.

`documents/` holds the text as it was before; every stage's edits are of the text as the stage found
it, so they are applied one after the other.
"""

from typing import Any

import pyarrow as pa

from haybale.corpus.edits import EDITS, apply_edits
from haybale.corpus.sorted_table import SortedTable
from haybale.corpus.storage import Folder

LINE_EDITS = "edits"
"""Stage 1: what deduplication sees is the text after these."""
CUTTING = ("repeats", "decontaminate")
"""Stages that cut survivors, in order."""
EDITING = (LINE_EDITS, *CUTTING)
"""Folders of edits, in the order in which they were applied."""


def undergo(
    folder: Folder, stage: str, part: str, row: int, text: str
) -> tuple[list[dict[str, Any]], str]:
    """What a stage takes out of a document, and the text that it leaves.

    Args:
        folder: The corpus.
        stage: One of EDITING.
        part: Name of the document's part.
        row: The document's row of `documents/<part>.arrow`.
        text: As the stage found it.

    Returns:
        Edits as dictionaries: rule, start and stop in bytes, the text there, its replacement.
    """
    path = f"{stage}/{part}.arrow"
    if not folder.exists(path):
        return [], text
    edits = list(SortedTable(folder, path, "row").rows(row))
    data = text.encode()
    shown = [
        {
            "rule": edit["rule"],
            "start": edit["start"],
            "stop": edit["stop"],
            "text": data[edit["start"] : edit["stop"]].decode(),
            "replacement": edit["replacement"],
        }
        for edit in edits
    ]
    table = pa.Table.from_pylist([{**edit, "row": 0} for edit in edits], schema=EDITS)
    (left,) = apply_edits(pa.array([text], pa.large_string()), table).to_pylist()
    return shown, left


def text_before(folder: Folder, stage: str | None, part: str, row: int, text: str) -> str:
    """A document's text as a stage found it; absent: as it was tokenized."""
    stages = EDITING if stage is None else EDITING[: EDITING.index(stage)]
    for each in stages:
        _, text = undergo(folder, each, part, row, text)
    return text

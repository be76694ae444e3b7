"""Who is left after a classifier's best fraction was chosen: what the rest of stage 2 looks at."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.storage import Folder
from haybale.pipeline.rows.tables import read_table

SELECTED_OUT = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("rank", pa.int64(), nullable=False),
    ]
)
"""A document of a part that was not good enough. `rank`: twice the documents of its subset that
score lower, plus those that score the same."""


def selection_path(part: str) -> str:
    """Where it stands which rows of a part were not good enough."""
    return f"selection/{part}.arrow"


def selected_rows(folder: Folder, part: str, num_rows: int) -> npt.NDArray[np.bool_]:
    """bool[rows]: which kept documents of a part are good enough; all where nothing was chosen."""
    selected = np.ones(num_rows, np.bool_)
    if folder.exists(selection_path(part)):
        selected[read_table(folder, selection_path(part), ["row"]).column("row").to_numpy()] = False
    return selected

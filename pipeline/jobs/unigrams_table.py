"""`card/unigrams.parquet`: how often the corpus uses each id of the vocabulary, exactly."""

import numpy as np
import pyarrow as pa

from haybale.corpus.pending import FileRecord
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.tokens import pieces_path
from haybale.pipeline.rows.parquet_stream import open_parquet
from haybale.pipeline.rows.tables import read_rows
from haybale.tokenization.tokenizer import Tokenizer

UNIGRAMS_PATH = "card/unigrams.parquet"


def write_unigrams(context: BuildContext, tokenizer: Tokenizer) -> FileRecord:
    """Commit the table, a row for each id.

    Columns: `id`; `piece`, as the model spells it; `count` in the corpus, both splits together;
    `count_in_<subset>` for each subset.
    """
    folder = context.folder
    ids = range(tokenizer.vocabulary_size)
    uses = {part.subset: np.zeros(len(ids), np.int64) for part in context.parts}
    for part in context.parts:
        uses[part.subset] += read_rows(folder, pieces_path(part.name)).view(np.int64)
    table = pa.table(
        {
            "id": pa.array(ids, pa.int32()),
            "piece": pa.array([tokenizer.piece(number) for number in ids], pa.string()),
            "count": pa.array(sum(uses.values(), np.zeros(len(ids), np.int64))),
            **{f"count_in_{subset}": pa.array(counts) for subset, counts in uses.items()},
        }
    )
    with open_parquet(folder, UNIGRAMS_PATH, table.schema) as file:
        file.write(table)
    return file.record()

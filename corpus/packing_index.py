"""`packing/index.arrow`: how many sequences every shard has in every packing.

So a loader knows how many samples there are without opening a file for each shard. Corpora of
earlier releases have none.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.errors import SchemaError
from haybale.corpus.manifest import Manifest, verify_listed
from haybale.corpus.packing import FOLDER, PackingKind
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder

PACKING_INDEX_PATH = f"{FOLDER}/index.arrow"

_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("sequence_length", pa.int64(), nullable=False),
        pa.field("shard", pa.string(), nullable=False),
        pa.field("num_sequences", pa.int64(), nullable=False),
        pa.field("num_tokens", pa.int64(), nullable=False),
    ],
    metadata={"format": "haybale/packing-index@1"},
)


@dataclass(frozen=True)
class PackedShard:
    """A packing of a shard, in numbers.

    Attributes:
        kind: How sequences were made.
        sequence_length: T.
        shard: Path below the corpus.
        num_sequences: How many there are.
        num_tokens: Tokens that have a position in them.
    """

    kind: PackingKind
    sequence_length: int
    shard: str
    num_sequences: int
    num_tokens: int


def write_packing_index(folder: Folder, shards: Iterable[PackedShard]) -> FileRecord:
    """Write the index of all packings, in the order given."""
    columns = zip(*map(astuple, shards), strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    with folder.commit(PACKING_INDEX_PATH) as pending:
        options = pa.ipc.IpcWriteOptions(compression=None)
        with pa.ipc.new_file(pa.PythonFile(pending), _SCHEMA, options=options) as writer:
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))
    return pending.record()


def read_packing_index(
    folder: Folder, manifest: Manifest, kind: PackingKind, sequence_length: int
) -> dict[str, PackedShard] | None:
    """The shards of one packing by path; None where the corpus has no such index.

    Raises:
        CorruptShardError: If it cannot be read.
        SchemaError: If it is of a version this release does not know.
    """
    if manifest.find(PACKING_INDEX_PATH) is None:
        return None
    verify_listed(folder, manifest, PACKING_INDEX_PATH)
    table = open_arrow(folder, PACKING_INDEX_PATH).read_all()
    if not table.schema.equals(_SCHEMA, check_metadata=True):
        raise SchemaError(
            f"{folder.path(PACKING_INDEX_PATH)}: expected the columns {_SCHEMA.names} of format "
            "haybale/packing-index@1; it was written by a newer haybale"
        )
    chosen = table.filter(
        pc.and_(
            pc.equal(table.column("kind"), kind),
            pc.equal(table.column("sequence_length"), sequence_length),
        )
    )
    names = [field.name for field in fields(PackedShard)]
    rows = zip(*(chosen.column(name).to_pylist() for name in names), strict=True)
    return {shard.shard: shard for shard in (PackedShard(*row) for row in rows)}

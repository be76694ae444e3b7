"""Lists of ids beside a card: which documents were kept, which were removed, what was cut.

Whoever holds the same sources can build the corpus again from them, without its text being
published: an id is a digest of where a document stands in its source, not of what it says. Parquet,
sorted as the corpus is, so that the documents of one input file stand together.
"""

import pyarrow as pa

FORMAT = "haybale/ids@1"
KEPT_PATH = "card/ids/kept.parquet"
REMOVED_PATH = "card/ids/removed.parquet"
CUTS_PATH = "card/ids/cuts.parquet"

CUTS_DIGEST = "cuts"
"""Key of the metadata of `kept.parquet`: xxh3-128 of the list of cuts that belongs to it; empty
where nothing was cut."""

KEPT = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("family", pa.binary(16)),
        pa.field("file", pa.string(), nullable=False),
        pa.field("record", pa.int64(), nullable=False),
    ],
    metadata={"format": FORMAT},
)
"""A document of the corpus, in the order of the shards. `family`: decides its split together with
its near relatives; null where it has none and its own id decides. `file`: as the manifest's lineage
names it. `record`: which of that file's readable records it is, from 0."""

REMOVED = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("survivor", pa.binary(16)),
        pa.field("file", pa.string(), nullable=False),
        pa.field("record", pa.int64(), nullable=False),
    ],
    metadata={"format": FORMAT},
)
"""A document that was read and is not in the corpus, in the order in which they were read. `stage`,
`rule`: what removed it. `survivor`: who stands for it, here or in an earlier corpus; null where it
is no duplicate."""

CUTS = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("stop", pa.int64(), nullable=False),
        pa.field("replacement", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
    ],
    metadata={"format": FORMAT},
)
"""A cut out of a document of the corpus: bytes `start` to `stop` of its UTF-8 text as the stage
found it, and what was put there. Sorted as documents were read, then by stage and place."""

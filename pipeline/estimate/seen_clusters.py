"""Clusters of duplicates in the sample's corpus: in which pieces their documents lie."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from haybale.corpus.storage import Folder
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import read_table


@dataclass(frozen=True)
class SeenCluster:
    """A cluster, as the sample shows it.

    Attributes:
        members: Documents by piece, whoever survives here included.
        removed: Of these, the removed.
        survives_outside: Who survives lies in an earlier corpus, so that all members are removed,
            each whether or not others are drawn.
    """

    members: Counter[int] = field(default_factory=Counter)
    removed: Counter[int] = field(default_factory=Counter)
    survives_outside: bool = False


def read_clusters(
    folder: Folder, parts: Sequence[Part]
) -> tuple[list[SeenCluster], dict[str, int]]:
    """All clusters of a corpus, and the bytes of text that are removed from each subset.

    Of one with a survivor here and another in an earlier corpus each takes those removed for it.

    Args:
        folder: The sample's corpus.
        parts: Its plan, a part a piece.
    """
    here: dict[bytes, SeenCluster] = defaultdict(SeenCluster)
    outside: dict[bytes, SeenCluster] = defaultdict(lambda: SeenCluster(survives_outside=True))
    survivors: dict[bytes, bytes] = {}
    num_bytes: Counter[str] = Counter()
    for part in parts:
        path = f"dedup/removals/{part.name}.arrow"
        table = read_table(folder, path, ["row", "survivor", "cluster", "corpus"])
        sizes = read_table(folder, signatures_path(part.name), ["text_bytes"]).column(0).to_numpy()
        for row in table.to_pylist():
            num_bytes[part.subset] += int(sizes[row["row"]])
            cluster = (here if row["corpus"] is None else outside)[row["cluster"]]
            cluster.members[part.number] += 1
            cluster.removed[part.number] += 1
            if row["corpus"] is None:
                survivors[row["survivor"]] = row["cluster"]
    for part in parts:
        ids = read_table(folder, signatures_path(part.name), ["doc_id"]).column(0).to_pylist()
        for doc_id in ids:
            if doc_id in survivors:
                here[survivors[doc_id]].members[part.number] += 1
    return [*here.values(), *outside.values()], dict(num_bytes)

"""A corpus's shards in the formats of other trainers.

`<split>/<subset>` of the export holds what the subset's shards hold, in the same order, then
`export.json` says what the peer's format has no room for. Every record batch is checked against
its digest on the way. Memory does not grow with the corpus, but for the index: about 200 bytes for
a million tokens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from haybale.corpus.digests import canonical_json
from haybale.corpus.manifest import Manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.corpus.tokenizer_file import tokenizer_path
from haybale.loaders.export.datatrove import export_datatrove
from haybale.loaders.export.megatron import export_megatron
from haybale.loaders.export.olmo import export_olmo
from haybale.loaders.export.selection import Selection

EXPORTERS = {"megatron": export_megatron, "olmo": export_olmo, "datatrove": export_datatrove}
MANIFEST_PATH = "export.json"
FORMAT = "haybale/export@1"


@dataclass(frozen=True)
class Exported:
    """What was written of one subset of one split.

    Attributes:
        split: As in the corpus.
        subset: As in the corpus.
        documents: Their number.
        tokens: Their number.
        files: Names below the export, sizes and digests.
    """

    split: str
    subset: str
    documents: int
    tokens: int
    files: tuple[FileRecord, ...]

    @property
    def num_bytes(self) -> int:
        """Size of its files."""
        return sum(record.num_bytes for record in self.files)

    def as_json(self) -> dict[str, Any]:
        """For `export.json` and for `--json`."""
        return {**vars(self), "files": [record.as_json() for record in self.files]}


def export_corpus(
    peer: str,
    corpus: Folder,
    manifest: Manifest,
    selections: list[Selection],
    output: Folder,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Exported]:
    """Write shards in a peer's format, beside them the tokenizer, and `export.json` last.

    Args:
        peer: A key of `EXPORTERS`.
        corpus: A finished corpus.
        manifest: Its manifest.
        selections: Of its shards, from `select`.
        output: An empty folder.
        progress: Told how many tokens were written since it was last told.

    Raises:
        CorruptShardError: If a shard is not what the index and the manifest say of it.
        RecipeError: If the peer's format has no room for the vocabulary.
    """
    exported = [
        Exported(
            split=selection.split,
            subset=selection.subset,
            documents=selection.num_documents,
            tokens=selection.num_tokens,
            files=tuple(EXPORTERS[peer](selection, output, progress)),
        )
        for selection in selections
    ]
    path = tokenizer_path(corpus)
    if any(record.path == path for record in manifest.files):
        output.commit_bytes(path, corpus.read(path))
    content = {
        "format": FORMAT,
        "peer": peer,
        "corpus": {"name": manifest.name, "digest": manifest.digest},
        "tokens": vars(manifest.tokens),
        "weights": manifest.weights,
        "exported": [one.as_json() for one in exported],
    }
    output.commit_bytes(MANIFEST_PATH, canonical_json(content))
    return exported

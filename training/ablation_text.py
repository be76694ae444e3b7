"""Text that neither of two corpora is trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, id_bytes
from haybale.corpus.errors import RecipeError
from haybale.corpus.lookup import document_finder
from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import batch_buffers, read_index
from haybale.corpus.storage import Folder
from haybale.corpus.surviving import surviving_documents
from haybale.training.evaluate import SPLIT

MAX_TOKENS = 1 << 19
"""About two megabytes of English, in tokens of the corpus that the text is from."""

Ids = npt.NDArray[np.bytes_]


@dataclass(frozen=True)
class HeldOut:
    """Documents to measure on.

    Attributes:
        doc_ids: Fixed 16 bytes [documents], rising.
        texts: large_string [documents], as their corpus was tokenized.
        num_trained: How many others were left out because one of the corpora trains on them.
    """

    doc_ids: pa.Array
    texts: pa.Array
    num_trained: int


def held_out_text(sources: Sequence[Path], trained: Sequence[Path]) -> HeldOut:
    """Documents of validation splits, less those that stand in a training split.

    Up to `MAX_TOKENS` of each source, those of least id: ids are digests, so that is a sample.
    Documents are known by their ids alone. A copy under another id, or a page that quotes one, is
    what decontamination is for.

    Args:
        sources: Finished corpora whose validation splits to take.
        trained: Finished corpora whose training splits to keep clear of.

    Raises:
        RecipeError: If a source does not have its texts, or nothing is left.
    """
    in_training = np.concatenate([_ids_of(Folder(str(path)), "train") for path in trained])
    found: dict[bytes, str] = {}
    num_trained = 0
    for path in dict.fromkeys(sources):
        folder = Folder(str(path))
        doc_ids, lengths = _validation_documents(folder)
        clean = ~np.isin(doc_ids, in_training)
        num_trained += int((~clean).sum())
        sampled = doc_ids[clean][: _prefix(lengths[clean])]
        found = {**_texts(folder, sampled), **found}
    if not found:
        named = ", ".join(map(str, sources))
        raise RecipeError(
            f"{named}: expected validation documents that neither corpus trains on, found none"
            + (f" ({num_trained} are in a training split)" if num_trained else "")
            + "; build a corpus of other files and name it with --held-out"
        )
    ordered = sorted(found)
    texts = pa.array([found[doc_id] for doc_id in ordered], pa.large_string())
    return HeldOut(pa.array(ordered, pa.binary(16)), texts, num_trained)


def _validation_documents(folder: Folder) -> tuple[Ids, npt.NDArray[np.int64]]:
    """Ids and numbers of tokens, by id."""
    doc_ids, lengths = [np.empty(0, "S16")], [np.empty(0, np.int64)]
    for shard in _shards(folder, SPLIT):
        for batch in arrow_batches(folder, shard):
            doc_ids.append(id_bytes(batch.column("doc_id")))
            offsets = np.frombuffer(batch_buffers(batch)[1], np.int32, batch.num_rows + 1)
            lengths.append(np.diff(offsets).astype(np.int64))
    ids, tokens = np.concatenate(doc_ids), np.concatenate(lengths)
    order = np.argsort(ids)
    return ids[order], tokens[order]


def _prefix(lengths: npt.NDArray[np.int64]) -> int:
    """How many documents it takes to reach the most tokens."""
    return int(np.searchsorted(np.cumsum(lengths), MAX_TOKENS)) + 1


def _ids_of(folder: Folder, split: str) -> Ids:
    found = [np.empty(0, "S16")]
    for shard in _shards(folder, split):
        found += [id_bytes(b.column("doc_id")) for b in arrow_batches(folder, shard, ["doc_id"])]
    return np.concatenate(found)


def _shards(folder: Folder, split: str) -> Iterable[str]:
    rows = read_index(folder).select(["shard", "split"]).to_pylist()
    return dict.fromkeys(row["shard"] for row in rows if row["split"] == split)


def _texts(folder: Folder, doc_ids: Ids) -> dict[bytes, str]:
    """Texts by id, from the parts that the documents are in."""
    manifest = read_manifest(folder)
    if not any(record.path.startswith("measures/") for record in manifest.files):
        raise RecipeError(
            f"{folder.uri}: was imported as tokens, and has no texts to give to other tokenizers; "
            "name a corpus that haybale build made with --held-out"
        )
    finder = document_finder(folder, manifest)
    wanted = [doc_id.ljust(16, b"\0") for doc_id in doc_ids.tolist()]  # NumPy drops zeros
    places = [finder.find(doc_id) for doc_id in wanted]
    texts: dict[bytes, str] = {}
    for part in sorted({place.part for place in places if place}):
        for survivors in surviving_documents(folder, part):
            for at in np.flatnonzero(np.isin(survivors.doc_ids, doc_ids)).tolist():
                doc_id = survivors.doc_ids[at : at + 1].tobytes()
                texts[doc_id] = survivors.texts[at].as_py()
    return texts

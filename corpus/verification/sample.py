"""A few documents of the shards, found again in `documents/` and compared."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import open_arrow, row_of_document
from haybale.corpus.digests import derive_seed, id_words, ids_from_words, keyed_digests
from haybale.corpus.document_index import DocumentIndex, DocumentPlace
from haybale.corpus.document_scan import meet
from haybale.corpus.errors import CorruptShardError, HaybaleError
from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.lookup_tables import has_index
from haybale.corpus.surviving import removed_rows
from haybale.corpus.text_history import text_before
from haybale.corpus.verification.report import Checking
from haybale.corpus.verification.text_coder import TextCoder, compare_texts

SAMPLE_SIZE = 64
"""Documents that a quick verification compares with their texts."""

_DRAWN = np.dtype(
    [("order", "u8"), ("id", "u8", 2)]
    + [(name, "i8") for name in ("shard", "batch", "row", "start", "tokens")]
)


@dataclass
class Sample:
    """The documents with the smallest keyed digests: the same ones each time, whatever the order.

    Attributes:
        shards: Shards that it draws from.
    """

    shards: list[IndexedShard] = field(default_factory=list)
    _drawn: npt.NDArray[np.void] = field(default_factory=lambda: np.empty(0, _DRAWN))

    def take(
        self,
        shard: IndexedShard,
        batch: pa.RecordBatch,
        offsets: npt.NDArray[np.int64],
        before: int,
    ) -> None:
        """Draw from a record batch of a shard; batches of a shard come one after the other."""
        if not self.shards or self.shards[-1] is not shard:
            self.shards.append(shard)
            self._number = 0
        ids = batch.column("doc_id")
        order = keyed_digests(derive_seed(0, "verify"), ids)
        at = np.argsort(order, kind="stable")[:SAMPLE_SIZE]
        rows = np.empty(len(at), _DRAWN)
        rows["order"], rows["id"], rows["row"] = order[at], id_words(ids)[at], at
        rows["shard"], rows["batch"] = len(self.shards) - 1, self._number
        rows["start"], rows["tokens"] = before + offsets[at], np.diff(offsets)[at]
        both = np.concatenate([self._drawn, rows])
        self._drawn = both[np.argsort(both["order"], kind="stable")[:SAMPLE_SIZE]]
        self._number += 1

    def check(self, checking: Checking, coder: TextCoder | None) -> None:
        """Compare what was drawn with `documents/`, and with what the index of documents says."""
        ids = ids_from_words(self._drawn["id"]).to_pylist()
        places = _places(checking, ids)
        texts, found = [], []
        for doc_id, row in zip(ids, self._drawn.tolist(), strict=True):
            shard, start, tokens = self.shards[row[2]], row[5], row[6]
            try:
                text = _text(checking, doc_id, places.get(doc_id), (shard.path, start, tokens))
            except (HaybaleError, pa.ArrowException, OSError) as error:
                checking.problems.append(str(error))
                continue
            batch = open_arrow(checking.folder, shard.path).get_batch(row[3])
            texts.append(text)
            found.append((doc_id, shard.path, batch.column("tokens")[row[4]].values.to_numpy()))
        if coder is None or not found:
            return
        checking.decoded_documents = len(found)
        decoded = (coder.decode(ids.tolist()) for _, _, ids in found)
        same = (one == text for one, text in zip(decoded, texts, strict=True))
        checking.exact_documents = sum(same)
        if not checking.full:
            compare_texts(checking, coder, pa.array(texts, pa.large_string()), found)


def _places(checking: Checking, ids: list[bytes]) -> dict[bytes, DocumentPlace]:
    """Where documents are: by the index, or else by one scan for all of them."""
    folder, manifest = checking.folder, checking.manifest
    if has_index(manifest):
        index = DocumentIndex(folder, manifest)
        found = {doc_id: index.find(doc_id) for doc_id in ids}
        return {doc_id: place for doc_id, place in found.items() if place is not None}
    paths = [file.path for file in manifest.files if file.path.startswith("documents/")]
    places = {}
    for doc_id, path, batch, row in meet(folder, paths, ids):
        places[doc_id] = DocumentPlace(
            doc_id=doc_id,
            part=path.removeprefix("documents/").removesuffix(".arrow"),
            file=None,
            record=None,
            measures_batch=-1,
            documents_batch=batch,
            documents_row=row,
            shard=None,
            start=-1,
            tokens=-1,
        )
    return places


def _text(
    checking: Checking,
    doc_id: bytes,
    place: DocumentPlace | None,
    tokens: tuple[str, int, int],
) -> str:
    """The text that a document of a shard was tokenized from.

    Raises:
        CorruptShardError: If there is none, or the index says that its tokens are elsewhere.
    """
    folder = checking.folder
    where = f"{folder.path(tokens[0])}: document {doc_id.hex()}, tokens from {tokens[1]},"
    if place is None or place.documents_row < 0:
        raise CorruptShardError(f"{where} is not in documents/")
    if (removed_rows(folder, place.part) == place.documents_row).any():
        raise CorruptShardError(f"{where} was removed from {place.part}, and is in the shard")
    if place.measures_batch >= 0 and (place.shard, place.start, place.tokens) != tokens:
        raise CorruptShardError(
            f"{where} is not where lookup/ says: {place.shard}, tokens from {place.start}"
        )
    path = f"documents/{place.part}.arrow"
    text = row_of_document(folder, path, place.documents_batch, doc_id)["text"]
    return text_before(folder, None, place.part, place.documents_row, text)

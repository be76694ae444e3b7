"""Where a document comes in the sequence: the inverse of everything that puts samples in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haybale.corpus.document_index import DocumentIndex
from haybale.corpus.document_scan import DocumentScan
from haybale.corpus.errors import RecipeError
from haybale.corpus.lookup_tables import has_index
from haybale.loaders.mixture.stages import StagedMixture
from haybale.loaders.opening import OpenCorpus
from haybale.loaders.order.source_order import SourceOrder
from haybale.loaders.samples.stretches import Layout

_ID_BYTES = 16


@dataclass(frozen=True)
class Sighting:
    """A sample that has a document, or part of it, among its inputs.

    Attributes:
        position: Of the sample in the sequence.
        source: The document's subset.
        epoch: How often the subset was passed through before.
        sample: Number of the sample in its subset.
    """

    position: int
    source: str
    epoch: int
    sample: int


class Sightings:
    """Finds documents in a sequence.

    Args:
        corpus: Whose documents they are.
        layouts: Of each subset of the split.
        orders: Likewise; None for a subset that is never drawn from.
        mixture: Of the subsets that are.
        drawn: Their numbers in the mixture.
    """

    def __init__(
        self,
        corpus: OpenCorpus,
        layouts: Sequence[Layout],
        orders: Sequence[SourceOrder | None],
        mixture: StagedMixture,
        drawn: Mapping[int, int],
    ) -> None:
        self._corpus, self._layouts, self._orders = corpus, layouts, orders
        self._mixture, self._drawn = mixture, drawn

    def find(self, doc_id: str, num_positions: int) -> list[Sighting]:
        """The samples with a document, by position.

        Args:
            doc_id: In hex.
            num_positions: How far to look.

        Raises:
            RecipeError: If the id is no id, or of no document of this split.
        """
        shard, start, num_tokens = self._place(doc_id)
        row = int(self._corpus.index.first_rows[shard])
        ranges = self._corpus.ranges.values()
        source = next(n for n, (first, last) in enumerate(ranges) if first <= row < last)
        order = self._orders[source]
        if order is None:
            return []
        number = self._drawn[source]
        samples = self._layouts[source].samples_with(shard, start, num_tokens).tolist()
        num_drawn = self._mixture.counts(num_positions)[number]
        found = []
        for epoch in range(-(-num_drawn // order.num_samples)):
            for sample in samples:
                position = self._mixture.position(number, order.ordinal(sample, epoch))
                if position is not None and position < num_positions:
                    name = list(self._corpus.ranges)[source]
                    found.append(Sighting(position, name, epoch, sample))
        return sorted(found, key=lambda sighting: sighting.position)

    def _place(self, doc_id: str) -> tuple[int, int, int]:
        """Shard number, first token in it and number of tokens of a document."""
        try:
            key = bytes.fromhex(doc_id)
        except ValueError:
            key = b""
        if len(key) != _ID_BYTES:
            raise RecipeError(f"document {doc_id!r}: expected an id of 32 hex digits")
        shard, start, num_tokens = self._look_up(key)
        if shard is None:
            raise RecipeError(f"document {doc_id}: no shard of {self._corpus.where} has it")
        number = self._corpus.index.shards.index(shard)
        row = self._corpus.index.first_rows[number]
        if not any(first <= row < last for first, last in self._corpus.ranges.values()):
            raise RecipeError(f"document {doc_id}: is in {shard}, of another split")
        return number, start, num_tokens

    def _look_up(self, key: bytes) -> tuple[str | None, int, int]:
        folder, manifest = self._corpus.folder, self._corpus.manifest
        if has_index(manifest):
            place = DocumentIndex(folder, manifest).find(key)
            return (place.shard, place.start, place.tokens) if place else (None, -1, -1)
        if self._corpus.remote:
            raise RecipeError(
                f"{self._corpus.where}: has no index of documents, and its shards would have to be "
                "read through; look the document up in a local copy"
            )
        return DocumentScan(folder, manifest).tokens_of(key)

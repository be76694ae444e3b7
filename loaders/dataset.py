"""A corpus as an endless, shuffled, weighted sequence of samples: a pure function of the position.

A position is split by the mixture into a source and an ordinal; the source's order sends the
ordinal to one of its samples; the source's layout says which tokens make it. There is nothing to
store, to replay or to get out of step.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.corpus.takedowns import takedowns_since
from haybale.loaders.mixture.epoch_caps import MaxEpochs
from haybale.loaders.mixture.plan import SourceSize
from haybale.loaders.mixture.stages import Stage
from haybale.loaders.opening import (
    check_full_shuffle,
    is_remote,
    open_corpus,
    resolve_verify,
)
from haybale.loaders.order_settings import resolve_order
from haybale.loaders.remote.settings import Cache
from haybale.loaders.samples.buffers import Buffers
from haybale.loaders.samples.plan import SamplePlan
from haybale.loaders.samples.reader import WIDE_FIELDS, Gathered, SampleReader
from haybale.loaders.samples.spans import DocumentSpan, document_spans
from haybale.loaders.samples.stretches import Layout, Stretches
from haybale.loaders.shards.store import CorruptBatchError, Int64s
from haybale.loaders.sightings import Sighting, Sightings
from haybale.loaders.sources import Layouts, PackingName
from haybale.loaders.substitutes import Substitutes
from haybale.loaders.weights import Weights, resolve_mixture
from haybale.loaders.whole_numbers import whole

if TYPE_CHECKING:
    from haybale.loaders.preview.preview import Preview

Item = dict[str, npt.NDArray[Any]]
Read = TypeVar("Read")

_MIN_LOOKAHEAD = 1024
_MAX_HELD_SAMPLES = 1 << 20
_CACHE_SHARES = 16  # of the cache, one may be held: a sample mostly needs one record batch, or two


class TokenDataset:
    """A map-style dataset of fixed-length samples; also `torch.utils.data.DataLoader` takes it.

    Sample j of a subset is tokens [j T, j T + T] of its documents, one after the other: T inputs
    and their next tokens. Samples cross the borders of documents, record batches and shards. With
    `packing` a sample is a sequence of a packing index instead: documents, then padding.

    Items are dictionaries of arrays, of the same shapes for every sample:

    - `input_ids` int64 [T]
    - `labels` int64 [T]: the next token; -100 where the next token begins another document, and at
      padding
    - `position_ids` int32 [T]: from 0 at the start of the sample and of each document
    - `cu_seqlens` int32 [T + 1]: where the sample's documents begin, then T to the end. A document
      has one token at least, so T + 1 always suffice, and batches stack. Padding counts as one.

    Args:
        path: A finished corpus: a folder, or an `s3://`, `gs://`, `http://` or `https://` URI.
        sequence_length: T.
        seed: Of the shuffle.
        shuffle: "full" permutes all samples of each subset, anew in every epoch. "block" permutes
            blocks of about `block_tokens`, and samples within windows of `window_blocks`; for
            remote shards. "auto" is "full" on local disks and "block" elsewhere. None keeps the
            corpus's order. Subsets interleave evenly by weight in any case.
        split: "train" or "validation".
        weights: Shares of samples (so of tokens) by subset. "corpus": the manifest's, over the
            subsets that the split has. A mapping: one entry for each of them, 0 leaves it out.
            None: every sample exactly once per epoch; subsets shorter than a sample have none.
        stages: In place of weights: weights that change at stated numbers of tokens. More stages
            may be appended while a run goes on: what was drawn before stays as it was.
        max_epochs: How often at most the stages may pass through each subset (or through those
            named); what a capped subset cannot give is shared among the others.
        packing: "concatenate", or the sequences of a packing index that the build stored for T.
            "document_start" is computed at opening where none is stored.
        labels_across_documents: Whether a document's last token has the first token of the next as
            its label, as trainers without document masks have it.
        block_tokens: See `shuffle`; 2^25 by default.
        window_blocks: See `shuffle`; 8 by default.
        verify: Whether record batches are compared with their digests when first read. None: where
            they are read as a whole, so everywhere but in a full shuffle of local shards (there,
            see `haybale verify`). Remote ones always are.
        on_corrupt: "raise", or "substitute": samples that a damaged record batch would be in are
            replaced by others of the same subset, always the same, and the damage is recorded.
        cache: Where remote shards are kept; for remote paths.

    Raises:
        RecipeError: If a setting cannot be right, or a weighted subset has too few tokens for one
            sample.
        ManifestMismatchError: If the path is no finished corpus.
        CorruptShardError: If a shard is missing or not as long as it was written.
    """

    def __init__(
        self,
        path: str | Path,
        sequence_length: int = 2048,
        seed: int = 0,
        shuffle: Literal["auto", "full", "block"] | None = "auto",
        split: str = "train",
        weights: Weights = "corpus",
        *,
        stages: Sequence[Stage] | None = None,
        max_epochs: MaxEpochs | None = None,
        packing: PackingName = "concatenate",
        labels_across_documents: bool = False,
        block_tokens: int | None = None,
        window_blocks: int | None = None,
        verify: bool | None = None,
        on_corrupt: Literal["raise", "substitute"] = "raise",
        cache: Cache | None = None,
    ) -> None:
        self._arguments = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        sequence_length = whole("sequence_length", sequence_length, 1)
        remote = is_remote(path)
        order = resolve_order(shuffle, seed, block_tokens, window_blocks, remote=remote)
        verify = resolve_verify(verify, order.shuffle, on_corrupt, remote=remote)
        if stages is not None and not isinstance(stages, Sequence):
            raise RecipeError(f"stages: expected a list of stages, found {stages!r}")
        if cache is not None and not isinstance(cache, Cache):
            raise RecipeError(f"cache: expected Cache(folder={cache!r}), found {cache!r}")
        if remote and cache is None:
            cache = Cache()
        corpus = open_corpus(path, split, cache, verify=verify)
        self._cache_bytes = cache.max_bytes if cache else 0
        if order.shuffle == "full" and remote:
            check_full_shuffle(corpus, self._cache_bytes)
        self._corpus, self._on_corrupt = corpus, on_corrupt
        self.path, self.split = corpus.where, split
        self.sequence_length = sequence_length
        self.seed, self.shuffle = order.seed, order.shuffle
        self.packing, self.labels_across_documents = packing, labels_across_documents
        self.corpus_digest, self.token_format = corpus.manifest.digest, corpus.manifest.tokens
        layouts = Layouts(
            corpus.folder, corpus.manifest, corpus.index, packing, sequence_length, remote=remote
        )
        self.sources = tuple(corpus.ranges)
        self._layouts = [layouts.layout(*rows) for rows in corpus.ranges.values()]
        self._mixture, self._declared = resolve_mixture(
            weights,
            stages,
            max_epochs,
            {name: _size(layout) for name, layout in self._by_name()},
            corpus.manifest.weights,
            sequence_length,
            split,
        )
        self._order_settings = order
        self._drawn = np.array([self.sources.index(name) for name in self._mixture.sources])
        self._orders = {
            source: self._order_settings.order(self.sources[source], self._layouts[source])
            for source in self._drawn.tolist()
        }
        self.reader = SampleReader(
            self._layouts,
            corpus.index,
            corpus.store,
            self.token_format,
            sequence_length,
            packed=packing != "concatenate",
            across=labels_across_documents,
        )
        num_samples = [layout.num_samples for layout in self._layouts]
        self._substitutes = Substitutes(
            self.seed, self.sources, num_samples, self.reader, corpus.index
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens the corpus itself: maps and threads are not sent."""
        return _reopen, (self._arguments, self.corpus_digest)

    def __repr__(self) -> str:
        """The same for the same sequence: Grain compares it when it restores an iterator."""
        facts = {**self.order_facts(), "drawn": self.history(len(self))}
        return f"TokenDataset({', '.join(f'{name}={fact!r}' for name, fact in facts.items())})"

    def __len__(self) -> int:
        """Samples of all stages where these have an end; else of one pass over all tokens."""
        if self.num_positions is not None:
            return self.num_positions
        return sum(self._layouts[source].num_samples for source in self._orders)

    @property
    def num_positions(self) -> int | None:
        """Samples of the sequence; None: without end."""
        return self._mixture.num_positions

    def __getitem__(self, index: int) -> Item:
        """The sample at a position of the first pass.

        Raises:
            IndexError: If the index is not in [0, len).
        """
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Item]:
        """The samples at these positions; PyTorch's DataLoader calls it with a whole batch."""
        positions = [operator.index(index) for index in indices]
        for position in positions:
            if not 0 <= position < len(self):
                raise IndexError(f"sample {position}: the dataset has {len(self)}")
        return self._items(positions)

    def sample(self, position: int) -> Item:
        """The sample at any position of the sequence, also beyond `len` where it has no end."""
        return self._items([operator.index(position)])[0]

    def _items(self, positions: Sequence[int]) -> list[Item]:
        buffers = Buffers()
        gathered = self.gather(self.plan(positions), buffers)
        arrays = self.reader.widen(gathered, 1, self.sequence_length, WIDE_FIELDS, buffers)
        return [
            {name: array[number].ravel() for name, array in arrays.items()}
            for number in range(len(positions))
        ]

    def locate(self, positions: npt.ArrayLike) -> tuple[Int64s, Int64s]:
        """Which sample stands at each position of the sequence.

        Args:
            positions: int64[positions], not negative.

        Returns:
            Number of the source in `sources`, and number of the sample in it: int64[positions].

        Raises:
            IndexError: If a position is beyond the sequence's end.
        """
        drawn, ordinals = self._mixture.locate(positions)
        sources = self._drawn[drawn]
        samples = np.empty_like(ordinals)
        for source, order in self._orders.items():
            of_source = sources == source
            if of_source.any():
                samples[of_source] = order.samples(ordinals[of_source])
        return sources, samples

    def plan(self, positions: npt.ArrayLike) -> SamplePlan:
        """Which samples stand at some positions, and what they are made of; see `locate`."""
        given = np.asarray(positions, np.int64)
        sources, samples = self.locate(given)
        return SamplePlan(given, sources, samples, self.reader.stretches(sources, samples))

    def gather(self, plan: SamplePlan, buffers: Buffers) -> Gathered:
        """Planned samples in their narrow type, for `reader.widen`.

        Raises:
            CorruptShardError: If a record batch is damaged, unless it can be substituted.
        """

        def read(stretches: Stretches) -> Gathered:
            return self.reader.gather(stretches, len(plan), buffers)

        return self._undamaged(plan, read)

    def _undamaged(self, plan: SamplePlan, read: Callable[[Stretches], Read]) -> Read:
        """What is read of samples, or of their substitutes where they are damaged."""
        while True:
            try:
                return read(self._substitutes.stretches(plan))
            except CorruptBatchError as error:
                if self._on_corrupt == "raise":
                    raise
                self._substitutes.add(error.row)

    @property
    def damaged(self) -> list[str]:
        """Record batches found damaged, whose samples have substitutes, as shard and number."""
        return self._substitutes.names()

    def remember_damage(self, names: Iterable[str]) -> None:
        """Go on with what another run found damaged, if damage is substituted.

        Raises:
            CheckpointMismatchError: If the corpus has no such record batch.
        """
        if self._on_corrupt == "substitute":
            self._substitutes.add_named(names)

    @property
    def lookahead_samples(self) -> int:
        """How many samples ahead record batches should be expected; 0 where it is no use."""
        if not self._corpus.remote:
            return 0
        settings = self._order_settings
        window = settings.block_tokens * settings.window_blocks // self.sequence_length
        return max(_MIN_LOOKAHEAD, window)

    @property
    def max_held_samples(self) -> int:
        """How many samples may be gathered at a time: each may need record batches of its own."""
        if not self._corpus.remote:
            return _MAX_HELD_SAMPLES
        rows = self._corpus.index.num_tokens
        batch_bytes = int(rows.max()) * self.token_format.dtype.itemsize
        return max(1, self._cache_bytes // (_CACHE_SHARES * batch_bytes))

    def expect(self, plans: Iterable[SamplePlan]) -> None:
        """Say which samples will be read, in this order, in place of what was said before."""
        rows = np.concatenate([np.empty(0, np.int64), *(plan.stretches.row for plan in plans)])
        firsts = np.unique(rows, return_index=True)[1]
        self._corpus.store.expect(rows[np.sort(firsts)])

    def counters(self) -> dict[str, int | float]:
        """What reading took since the dataset was opened in this process.

        Returns:
            Of remote shards `bytes_read`, `requests`, `retries`, `cache_hits`, `cache_bytes`,
            `evictions` and `wait_seconds`; of local ones `batches_held` and `shards_mapped`.
        """
        return self._corpus.store.counters()

    def documents(self, position: int) -> list[DocumentSpan]:
        """The documents whose tokens are the inputs of the sample at a position, in order."""

        def read(stretches: Stretches) -> list[DocumentSpan]:
            return document_spans(self.reader, self._corpus.index, stretches, self.sequence_length)

        return self._undamaged(self.plan([position]), read)

    def where(self, doc_id: str, num_positions: int | None = None) -> list[Sighting]:
        """Where in the sequence a document is an input, wholly or in part.

        Not where it only stands in for a damaged sample.

        Args:
            doc_id: In hex.
            num_positions: How far to look; by default `len(self)`.

        Raises:
            RecipeError: If the id is no id, or of no document of this split.
        """
        orders = [self._orders.get(source) for source in range(len(self.sources))]
        drawn = dict(zip(self._drawn.tolist(), range(len(self._drawn)), strict=True))
        finder = Sightings(self._corpus, self._layouts, orders, self._mixture, drawn)
        found = finder.find(doc_id, len(self) if num_positions is None else num_positions)
        return [
            seen
            for seen in found
            if not self._substitutes.replaces(self.sources.index(seen.source), seen.sample)
        ]

    def epochs(self, num_samples: int) -> dict[str, float]:
        """How often the first samples of the sequence pass through each subset they draw from."""
        sizes = {name: layout.num_samples for name, layout in self._by_name()}
        return {name: count / sizes[name] for name, count in self.draws(num_samples).items()}

    def draws(self, num_samples: int) -> dict[str, int]:
        """How many of the first samples of the sequence are of each subset they draw from."""
        return dict(zip(self._mixture.sources, self._mixture.counts(num_samples), strict=True))

    def preview(self, tokens: int | None = None) -> "Preview":
        """What a run will see of each subset in each stage: tokens, epochs, padding, truncation.

        Args:
            tokens: Inputs of the run; by default those of `len(self)` samples.

        Raises:
            RecipeError: If the stages end before so many tokens.
        """
        from haybale.loaders.preview.preview import build_preview

        length = self.sequence_length
        return build_preview(
            mixture=self._mixture,
            declared=self._declared,
            layouts=dict(self._by_name()),
            corpus=self._corpus,
            sequence_length=length,
            num_samples=len(self) if tokens is None else whole("tokens", tokens, 1) // length,
        )

    def _by_name(self) -> Iterator[tuple[str, Layout]]:
        return zip(self.sources, self._layouts, strict=True)

    def order_facts(self) -> dict[str, Any]:
        """What the order of samples depends on, but for the mixture: small and fit for JSON."""
        facts: dict[str, Any] = {
            "corpus": self.corpus_digest,
            "split": self.split,
            "sequence_length": self.sequence_length,
            "packing": self.packing,
            "seed": self.seed,
            "shuffle": self.shuffle,
        }
        if self.shuffle == "block":
            settings = self._order_settings
            facts["blocks"] = [settings.block_tokens, settings.window_blocks]
        return facts

    def same_order_as(self, corpus: Any) -> str:
        """The digest of an earlier state of this corpus where that had the same order, else ours.

        Takedowns that left this split alone changed none of its samples.

        Raises:
            CheckpointMismatchError: If documents of this split were taken down since: every sample
                behind the first of them has other tokens, and shuffles are over fewer samples.
        """
        takedowns = takedowns_since(self._corpus.manifest, corpus)
        if takedowns is None:
            return self.corpus_digest
        mine = [takedown for takedown in takedowns if self.split in takedown["splits"]]
        if not mine:
            return str(corpus)
        documents, tokens = (sum(each[name] for each in mine) for name in ("documents", "tokens"))
        raise CheckpointMismatchError(
            f"the saved position is of {self.path} before {documents:,} documents with {tokens:,} "
            f"tokens were taken down from it, the last on {mine[-1]['date']}, {self.split} among "
            "the splits: samples are cut and shuffled by counts of tokens, so no position of then "
            "is one of now. Keep the model's checkpoint and leave the loader's out: a new loader "
            "begins a new order of what is left, at its start or after seek(step=...), and some "
            "of it will be seen again"
        )

    def history(self, num_positions: int) -> str:
        """Digest of all in the mixture that decides what the first positions draw."""
        return digest(canonical_json(self._mixture.history(num_positions)))[:16]


def _reopen(arguments: Mapping[str, Any], corpus_digest: str) -> TokenDataset:
    dataset = TokenDataset(**arguments)
    if dataset.corpus_digest != corpus_digest:
        raise RecipeError(f"{dataset.path}: became another corpus while it was read")
    return dataset


def _size(layout: Layout) -> SourceSize:
    return SourceSize(layout.num_tokens, layout.num_samples)

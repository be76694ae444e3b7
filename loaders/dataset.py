"""A corpus as an endless, shuffled, weighted sequence of samples: a pure function of the position.

A position is split by `Mixture` into a source and an ordinal, the ordinal into an epoch and a
place, and the place is sent through the epoch's `Permutation` to a sample: tokens
[j T, j T + T] of the source's stream. There is nothing to store, to replay or to get out of step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.recipe import nearest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders.mixture import Mixture, whole_weights
from haybale.loaders.order import Permutation, order_key
from haybale.loaders.samples import Item, Windows, build_windows
from haybale.loaders.stream import DocumentSpan, Int64s, TokenStream, split_streams


@dataclass(frozen=True)
class SourceSummary:
    """What one pass over a dataset takes from one subset.

    Attributes:
        source: The subset.
        tokens: Tokens it has in the split.
        samples: Samples they make.
        dropped_tokens: Tokens at its end, too few for a sample.
        weight: Its share of the samples drawn, 0 to 1.
        epochs_per_pass: How often `len(dataset)` samples pass through it.
    """

    source: str
    tokens: int
    samples: int
    dropped_tokens: int
    weight: float
    epochs_per_pass: float


class TokenDataset:
    """A map-style dataset of fixed-length samples; also `torch.utils.data.DataLoader` takes it.

    Sample j of a subset is tokens [j T, j T + T] of its documents, one after the other: T inputs
    and their next tokens. Samples cross the borders of documents, record batches and shards. One
    pass is as many samples as all tokens make; the sequence then goes on with later epochs.

    Items are dictionaries of arrays, of the same shapes for every sample:

    - `input_ids` int64 [T]
    - `labels` int64 [T]: the next token; -100 where the next token begins another document
    - `position_ids` int32 [T]: from 0 at the start of the sample and of each document
    - `cu_seqlens` int32 [T + 1]: where the sample's documents begin, then T to the end. A document
      has one token at least, so T + 1 always suffice, and batches stack.

    Args:
        path: Folder of a finished corpus.
        sequence_length: T.
        seed: Of the shuffle.
        shuffle: "full" permutes all samples of each subset, anew in every epoch; None keeps the
            corpus's order. Subsets interleave evenly by weight either way.
        split: "train" or "validation".
        weights: Shares of samples (so of tokens) by subset. "corpus": the manifest's, over the
            subsets that the split has. A mapping: one entry for each of them, 0 leaves it out.
            None: every sample exactly once per epoch; subsets shorter than a sample have none.

    Raises:
        RecipeError: If a setting cannot be right, or a weighted subset has too few tokens for one
            sample.
        ManifestMismatchError: If the folder is no finished corpus.
        CorruptShardError: If a shard is missing or not as long as it was written.
    """

    def __init__(
        self,
        path: str | Path,
        sequence_length: int = 2048,
        seed: int = 0,
        shuffle: Literal["full"] | None = "full",
        split: str = "train",
        weights: Mapping[str, float] | Literal["corpus"] | None = "corpus",
    ) -> None:
        if sequence_length < 1:
            raise RecipeError(f"sequence_length: expected at least 1, found {sequence_length}")
        if shuffle not in ("full", None):
            raise RecipeError(f"shuffle: expected 'full' or None, found {shuffle!r}")
        folder = _local_folder(path)
        manifest = read_manifest(folder)
        self.sequence_length, self.seed = sequence_length, seed
        self.shuffle, self.split = shuffle, split
        self.corpus_digest, self.token_format = manifest.digest, manifest.tokens
        index = read_index(folder)
        streams = split_streams(folder, index, split, manifest.tokens.dtype)
        if not streams:
            splits = index.column("split").unique().to_pylist()
            raise RecipeError(f"split: {folder.uri} has no {split!r}; {nearest(split, splits)}")
        if weights == "corpus":
            weights = {name: manifest.weights.get(name, 0.0) for name in streams}
        self._weights = _resolve_weights(weights, streams, sequence_length, split)
        self.sources = tuple(self._weights)
        self._streams = [streams[source] for source in self.sources]
        self._num_samples = [_num_samples(stream, sequence_length) for stream in self._streams]
        self._mixture = Mixture(list(self._weights.values()))

    def __len__(self) -> int:
        """Samples of one pass: as many as all tokens make."""
        return sum(self._num_samples)

    def __getitem__(self, index: int) -> Item:
        """The sample at a position of the first pass.

        Raises:
            IndexError: If the index is not in [0, len).
        """
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Item]:
        """The samples at these positions; PyTorch's DataLoader calls it with a whole batch."""
        for index in indices:
            if not 0 <= index < len(self):
                raise IndexError(f"sample {index}: the dataset has {len(self)}")
        return [self.sample(index) for index in indices]

    def sample(self, position: int) -> Item:
        """The sample at any position of the endless sequence, also beyond `len`."""
        return self.read(*self.locate([position])).item()

    def locate(self, positions: npt.ArrayLike) -> tuple[Int64s, Int64s]:
        """Which sample stands at each position of the endless sequence.

        Args:
            positions: int64[positions], not negative.

        Returns:
            Number of the source in `sources`, and number of the sample in it: int64[positions].
        """
        sources, ordinals = self._mixture.locate(positions)
        samples = np.empty_like(ordinals)
        for source in np.unique(sources).tolist():
            of_source = sources == source
            samples[of_source] = self._in_order(source, ordinals[of_source])
        return sources, samples

    def _in_order(self, source: int, ordinals: Int64s) -> Int64s:
        num_samples = self._num_samples[source]
        epochs, places = np.divmod(ordinals, num_samples)
        if self.shuffle is None:
            return places
        samples = np.empty_like(places)
        for epoch in np.unique(epochs).tolist():
            key = order_key(self.seed, self.sources[source], epoch)
            of_epoch = epochs == epoch
            samples[of_epoch] = Permutation(num_samples, key).forward(places[of_epoch])
        return samples

    def read(self, sources: Int64s, samples: Int64s) -> Windows:
        """The samples that `locate` named, as one batch."""
        width = self.sequence_length + 1
        tokens = np.empty((len(samples), width), self.token_format.dtype)
        starts = []
        named = zip(sources.tolist(), samples.tolist(), strict=True)
        for row, (source, sample) in enumerate(named):
            stream, start = self._streams[source], sample * self.sequence_length
            starts += [row * width + found for found in stream.read(start, tokens[row])]
        return build_windows(tokens, starts)

    def documents(self, position: int) -> list[DocumentSpan]:
        """The documents whose tokens are the inputs of the sample at a position, in order."""
        sources, samples = self.locate([position])
        start = int(samples[0]) * self.sequence_length
        return self._streams[int(sources[0])].documents(start, self.sequence_length)

    def summary(self) -> list[SourceSummary]:
        """What one pass takes from each subset."""
        total = self._mixture.total
        rows = zip(
            self.sources, self._streams, self._num_samples, self._mixture.weights, strict=True
        )
        return [
            SourceSummary(
                source=source,
                tokens=stream.num_tokens,
                samples=samples,
                dropped_tokens=stream.num_tokens - samples * self.sequence_length - 1,
                weight=weight / total,
                epochs_per_pass=len(self) * weight / total / samples,
            )
            for source, stream, samples, weight in rows
        ]

    def order_facts(self) -> dict[str, Any]:
        """All that the order of samples depends on, small and fit for JSON: for checkpoints."""
        return {
            "corpus": self.corpus_digest,
            "split": self.split,
            "sequence_length": self.sequence_length,
            "seed": self.seed,
            "shuffle": self.shuffle,
            "weights": digest(canonical_json([list(pair) for pair in self._weights.items()])),
        }


def _local_folder(path: str | Path) -> Folder:
    if "://" in str(path):
        raise RecipeError(
            f"{path}: training reads shards from a local disk; copy corpus.json and shards/ to one"
        )
    return Folder(str(Path(path).absolute()))


def _num_samples(stream: TokenStream, sequence_length: int) -> int:
    """The stream's last token can be a label, but no input."""
    return max(0, stream.num_tokens - 1) // sequence_length


def _resolve_weights(
    weights: Mapping[str, float] | None,
    streams: Mapping[str, TokenStream],
    sequence_length: int,
    split: str,
) -> dict[str, int]:
    """Whole weights above zero by source, in the order of the index."""
    samples = {name: _num_samples(stream, sequence_length) for name, stream in streams.items()}
    if weights is None:
        natural = {name: count for name, count in samples.items() if count}
        if not natural:
            longest = max(stream.num_tokens for stream in streams.values())
            raise RecipeError(
                f"sequence_length: a sample is {sequence_length} + 1 tokens, and no subset of "
                f"{split!r} has more than {longest}; choose a shorter one"
            )
        return natural
    for name in weights:
        if name not in streams:
            raise RecipeError(f"weights: no subset {name!r} in {split!r}; {nearest(name, streams)}")
    if missing := [name for name in streams if name not in weights]:
        raise RecipeError(f"weights: give {', '.join(missing)} one too; 0 leaves a subset out")
    whole = whole_weights({name: weights[name] for name in streams})
    chosen = {name: weight for name, weight in whole.items() if weight}
    for name in chosen:
        if not samples[name]:
            raise RecipeError(
                f"sequence_length: a sample is {sequence_length} + 1 tokens, and {name} has "
                f"{streams[name].num_tokens} in {split!r}; choose a shorter one, or weights that "
                "leave it out (None takes what there is)"
            )
    return chosen

"""Which pieces of the input are sampled: a frame of equal pieces by subset, drawn by a seed.

A part of the plan is cut into pieces by ranges of its input bytes, as they lie in its files, so
that even a subset of one file gives several. A record belongs to the piece that it begins in. What
cannot be cut (see `haybale.pipeline.estimate.cutting`) is one piece.
"""

import itertools
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from haybale.corpus.digests import derive_seed
from haybale.corpus.listing import InputFile
from haybale.pipeline.estimate.cutting import can_be_cut, reachable_bytes
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.recipe.loaded import LoadedRecipe

MIN_PIECES = 4
"""Of each subset, if it has as many: fewer say little about how they differ."""
PIECES_PER_SUBSET = 8
"""Into about so many pieces the sample would be cut if all subsets were alike."""
MIN_PIECE_BYTES = 64 << 10
MAX_PIECE_BYTES = 4 << 20


@dataclass(frozen=True)
class Piece:
    """A range of a part's input.

    Attributes:
        part: Of the plan.
        start: First byte, counted over the part's files one after another.
        stop: The byte after its last.
    """

    part: Part
    start: int
    stop: int

    @property
    def num_bytes(self) -> int:
        """Input bytes, compressed where the files are."""
        return self.stop - self.start

    def files(self) -> Iterator[tuple[InputFile, int, int]]:
        """Files that it lies in, with first byte in each, and the byte after the last."""
        begin = -self.part.piece[0] if self.part.piece else 0
        for file in self.part.files:
            start, stop = max(self.start - begin, 0), min(self.stop - begin, file.num_bytes)
            if start < stop:
                yield file, start, stop
            begin += file.num_bytes


@dataclass(frozen=True)
class Stratum:
    """A subset's input and what was drawn from it.

    Attributes:
        subset: Its name.
        num_bytes: Of all its input.
        pieces: Those drawn, in order.
        unreachable_bytes: Of files that can be read only from their beginning, the rest behind
            `haybale.pipeline.estimate.cutting.MAX_SKIPPED_BYTES`: no piece is drawn from there.
    """

    subset: str
    num_bytes: int
    pieces: tuple[Piece, ...]
    unreachable_bytes: int

    @property
    def sampled_bytes(self) -> int:
        """Input bytes of all its pieces."""
        return sum(piece.num_bytes for piece in self.pieces)

    @property
    def sampled_fraction(self) -> float:
        """Share of its input that was drawn."""
        return self.sampled_bytes / self.num_bytes if self.num_bytes else 1.0


def draw(
    loaded: LoadedRecipe, parts: Sequence[Part], sample_bytes: int, seed: int
) -> tuple[Stratum, ...]:
    """Draw a stratified sample.

    Args:
        loaded: The recipe.
        parts: The whole plan.
        sample_bytes: Of input, over all subsets. Each gets MIN_PIECES at least, so many subsets
            may take more.
        seed: Another one draws other pieces.

    Returns:
        A stratum for each subset, in the recipe's order.
    """
    names = [subset.name for subset in loaded.recipe.subsets]
    even = sample_bytes // (len(names) * PIECES_PER_SUBSET)
    piece_bytes = max(MIN_PIECE_BYTES, min(even, MAX_PIECE_BYTES))
    frames = {name: _Frame(loaded, name, parts, piece_bytes) for name in names}
    shares = _shares({name: frame.num_bytes for name, frame in frames.items()}, sample_bytes)
    return tuple(
        frame.draw(shares[name], derive_seed(seed, "estimate", name))
        for name, frame in frames.items()
    )


def _shares(sizes: dict[str, int], sample_bytes: int) -> dict[str, int]:
    """Bytes of the sample for each subset: in proportion, once small ones have been given all."""
    whole = sum(sizes.values())
    return {name: -(-size * sample_bytes // whole) if whole else 0 for name, size in sizes.items()}


def _whole_files(part: Part, format_: str | None) -> Part | None:
    """The part; where its files cannot be cut here, with whole files, in place of the first piece.

    Other pieces of such a file are left out, since it is one piece.
    """
    if part.piece is None or can_be_cut(part, format_):
        return part
    return None if part.goes_on else replace(part, piece=None)


class _Frame:
    """All pieces of a subset, counted but not listed: there may be millions."""

    def __init__(
        self, loaded: LoadedRecipe, subset: str, parts: Sequence[Part], piece_bytes: int
    ) -> None:
        self.subset = subset
        format_ = loaded.recipe.subset(subset).format
        mine = (_whole_files(part, format_) for part in parts if part.subset == subset)
        self.parts = [part for part in mine if part is not None]
        self.num_bytes = sum(part.num_bytes for part in self.parts)
        self._reach = [reachable_bytes(part, format_) for part in self.parts]
        self._counts = [
            0 if reach == 0 else -(-reach // piece_bytes) if can_be_cut(part, format_) else 1
            for part, reach in zip(self.parts, self._reach, strict=True)
        ]
        self._ends = list(itertools.accumulate(self._counts))

    def draw(self, share: int, seed: int) -> Stratum:
        """Pieces drawn without replacement; all of them where the share asks for as much.

        Many are smaller than asked for, since each part is cut by itself; so their number follows
        from what they hold on average.
        """
        count = self._ends[-1] if self._ends else 0
        wanted = -(-share * count // max(1, sum(self._reach)))
        wanted = min(count, max(MIN_PIECES, wanted))
        numbers = sorted(random.Random(seed).sample(range(count), wanted))
        pieces = tuple(self._pieces(numbers))
        unreachable = self.num_bytes - sum(self._reach)
        return Stratum(self.subset, self.num_bytes, pieces, unreachable)

    def _pieces(self, numbers: Sequence[int]) -> Iterator[Piece]:
        for number in numbers:
            place = bisect_right(self._ends, number)
            count, reach = self._counts[place], self._reach[place]
            index = number - (self._ends[place] - count)
            yield Piece(self.parts[place], index * reach // count, (index + 1) * reach // count)

"""What a recipe may say of its shards."""

from dataclasses import dataclass

from haybale.corpus.errors import RecipeError
from haybale.corpus.packing import PACKING_KINDS, PackingKind, check_sequence_lengths


@dataclass(frozen=True)
class ShardSettings:
    """How tokens are cut into shards.

    Attributes:
        target_tokens: A shard is closed once it holds this many.
        validation_fraction: Share of documents (whole families) kept for validation.
        best_fit: Sequence lengths to pack documents into without cutting those that fit.
        document_start: Sequence lengths for which every sequence begins with a document.
        chunk_tokens: Length of the chunks that are listed for models that retrieve (RETRO: 64);
            absent: none are.
    """

    target_tokens: int = 100_000_000
    validation_fraction: float = 0.005
    best_fit: tuple[int, ...] = ()
    document_start: tuple[int, ...] = ()
    chunk_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.target_tokens < 1:
            raise RecipeError(f"target_tokens: expected at least 1, found {self.target_tokens}")
        if not 0 <= self.validation_fraction < 1:
            raise RecipeError(
                f"validation_fraction: expected a number in [0, 1), found "
                f"{self.validation_fraction}"
            )
        for kind in PACKING_KINDS:
            if wrong := check_sequence_lengths(getattr(self, kind)):
                raise RecipeError(f"{kind}: {wrong}")
        if self.chunk_tokens is not None and self.chunk_tokens < 1:
            raise RecipeError(f"chunk_tokens: expected at least 1, found {self.chunk_tokens}")

    @property
    def packings(self) -> tuple[tuple[PackingKind, int], ...]:
        """Kind and sequence length of every packing asked for."""
        return tuple((kind, length) for kind in PACKING_KINDS for length in getattr(self, kind))

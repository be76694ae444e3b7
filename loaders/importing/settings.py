"""What token files do not say of themselves."""

from dataclasses import dataclass

from haybale.corpus.errors import RecipeError


@dataclass(frozen=True)
class ImportSettings:
    """How ids are to be understood, and shards to be cut.

    Attributes:
        vocabulary_size: Ids are below it.
        eos_id: The id that ends every document.
        bos_id: Begin of sequence; -1 where there is none.
        unk_id: The unknown piece; -1 where there is none.
        append_eos: End documents with EOS that do not; otherwise they are an error.
        target_tokens: A shard is closed with the document that reaches it.
        name: Of the corpus.
    """

    vocabulary_size: int
    eos_id: int
    bos_id: int = -1
    unk_id: int = -1
    append_eos: bool = False
    target_tokens: int = 100_000_000
    name: str = "imported"

    def __post_init__(self) -> None:
        if not 1 <= self.vocabulary_size <= 1 << 32:
            raise RecipeError(
                f"--vocabulary-size: expected 1 to {1 << 32}, found {self.vocabulary_size}"
            )
        for flag, number, least in (
            ("--eos-id", self.eos_id, 0),
            ("--bos-id", self.bos_id, -1),
            ("--unk-id", self.unk_id, -1),
        ):
            if not least <= number < self.vocabulary_size:
                raise RecipeError(
                    f"{flag}: expected {least} to {self.vocabulary_size - 1}, found {number}"
                )
        if self.target_tokens < 1:
            raise RecipeError(f"--target-tokens: expected at least 1, found {self.target_tokens}")

"""What a recipe may say of its vocabulary."""

from dataclasses import dataclass

from haybale.corpus.errors import RecipeError
from haybale.tokenization.train import TokenizerTraining


@dataclass(frozen=True)
class TokenizerSettings:
    """Exactly one of: learn a vocabulary, or take a model.

    Attributes:
        train: What to learn.
        model: Path of a SentencePiece model, relative to the recipe's file.
    """

    train: TokenizerTraining | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        if (self.train is None) == (self.model is None):
            raise RecipeError("expected exactly one of `train` and `model`")

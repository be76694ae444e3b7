"""What a recipe may say of decontamination."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from haybale.corpus.errors import RecipeError

Policy = Literal["report", "drop", "cut"]


@dataclass(frozen=True)
class EvaluationSet:
    """A set of evaluation items, one `[[decontaminate.sets]]`.

    Attributes:
        name: Letters, digits, `-` and `_`.
        paths: Files and globs of records, in any format that a subset may have.
        fields: Fields of a record that make an item, put together in this order.
        ngram_words: Words of an n-gram. An item of fewer is one n-gram, matched whole.
        min_words: Items of fewer words are not looked for: so few words are found anywhere.
        mode: What overlap is: `containment`, the share of the item's n-grams that stand in the
            document; or `jaccard`, that of both together which they share (Rae et al. 2021, arXiv
            2112.11446, A.1.2), which sees no short item in a long document.
        threshold: Contaminated is a document with at least this containment (default 0.5), or more
            than this Jaccard similarity (default 0.8, the paper's).
        policy: What becomes of a contaminated document: nothing but a report; it is dropped; or the
            matching words are cut.
    """

    name: str
    paths: tuple[str, ...]
    fields: tuple[str, ...] = ("text",)
    ngram_words: int = 13
    min_words: int = 8
    mode: Literal["containment", "jaccard"] = "containment"
    threshold: float | None = None
    policy: Policy = "drop"

    def __post_init__(self) -> None:
        if not self.name or not all(char.isalnum() or char in "-_" for char in self.name):
            raise RecipeError(f"name {self.name!r}: expected letters, digits, - and _")
        if not self.paths:
            raise RecipeError("paths: expected at least one file or glob, found none")
        if not self.fields:
            raise RecipeError("fields: expected at least one, found none")
        if not 1 <= self.ngram_words <= 100:
            raise RecipeError(f"ngram_words: expected 1 to 100, found {self.ngram_words}")
        if not 1 <= self.min_words <= self.ngram_words:
            raise RecipeError(
                f"min_words: expected 1 to ngram_words, {self.ngram_words}, found {self.min_words}"
            )
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise RecipeError(f"threshold: expected a number in (0, 1], found {self.threshold}")
        if self.threshold == 1 and self.mode == "jaccard":
            raise RecipeError("threshold: no Jaccard similarity is more than 1")

    @property
    def exact_threshold(self) -> Fraction:
        """The threshold as it was written, for comparisons by integer cross-products."""
        default = 0.5 if self.mode == "containment" else 0.8
        return Fraction(str(default if self.threshold is None else self.threshold))


@dataclass(frozen=True)
class DecontaminationSettings:
    """The recipe's `[decontaminate]`.

    Attributes:
        sets: What the corpus is compared with.
        max_common_documents: An n-gram that stands in more documents than this ...
        max_common_fraction: ... and in more than this share of them is common: it says nothing of
            an item, and does not count.
    """

    sets: tuple[EvaluationSet, ...]
    max_common_documents: int = 100
    max_common_fraction: float = 0.0001

    def __post_init__(self) -> None:
        names = [each.name for each in self.sets]
        if not names:
            raise RecipeError("sets: expected at least one [[decontaminate.sets]], found none")
        for name in names:
            if names.count(name) > 1:
                raise RecipeError(f"sets: the name {name!r} is given to more than one set")
        lengths = {each.ngram_words for each in self.sets if each.mode == "jaccard"}
        if len(lengths) > 1:
            raise RecipeError(
                "sets: expected one ngram_words for all sets in mode jaccard, found "
                + " and ".join(map(str, sorted(lengths)))
            )
        if self.max_common_documents < 1:
            raise RecipeError(
                f"max_common_documents: expected at least 1, found {self.max_common_documents}"
            )
        if not 0 <= self.max_common_fraction <= 1:
            raise RecipeError(
                f"max_common_fraction: expected a number in [0, 1], found "
                f"{self.max_common_fraction}"
            )

    def max_documents(self, num_documents: int) -> int:
        """In how many documents of so many an n-gram may stand, and still counts."""
        share = Fraction(str(self.max_common_fraction)) * num_documents
        return max(self.max_common_documents, int(share))

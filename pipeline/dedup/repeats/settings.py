"""What a recipe may say of repeated text."""

from dataclasses import dataclass
from typing import Literal

from haybale.corpus.errors import RecipeError

Keep = Literal["first", "none"]
Match = Literal["c4", "ccnet"]
LINE, PARAGRAPH, SPAN = 1, 2, 3
"""Kinds of repeats; a word that several would cut is cut by the first of them."""
RULES = ("", "repeats/line@1", "repeats/paragraph@1", "repeats/span@1")
"""What the ledger and edits call each kind."""


@dataclass(frozen=True)
class BlockSettings:
    """Repeated lines, or repeated paragraphs: what stands in several documents is boilerplate.

    Attributes:
        min_words: Shorter ones are left alone: `}`, `Menu`, a heading.
        min_documents: Left alone where fewer documents have it.
        keep: `first`: the document of the smallest id keeps it, as often as it stands there;
            `none`: no document does.
    """

    min_words: int = 10
    min_documents: int = 2
    keep: Keep = "first"

    def __post_init__(self) -> None:
        if self.min_words < 1:
            raise RecipeError(f"min_words: expected at least 1, found {self.min_words}")
        if self.min_documents < 2:
            raise RecipeError(f"min_documents: expected at least 2, found {self.min_documents}")


@dataclass(frozen=True)
class SpanSettings:
    """Repeated runs of words (Lee et al. 2021, arXiv 2107.06499, section 4.1: 50 tokens).

    Attributes:
        min_words: Runs of this many words or more that occur more than once, in one document or
            in several. Words are compared byte by byte; white space between them is not.
        keep: `first`: the first occurrence stays; `none`: none does, as in the paper's code.
    """

    min_words: int = 50
    keep: Keep = "first"

    def __post_init__(self) -> None:
        if not 2 <= self.min_words <= 10_000:
            raise RecipeError(f"min_words: expected 2 to 10000, found {self.min_words}")


@dataclass(frozen=True)
class RepeatsSettings:
    """The recipe's `[repeats]`; each table in it turns one kind on.

    Attributes:
        lines: Repeated lines: what stands between two newlines.
        paragraphs: Repeated paragraphs: lines without a blank one between them.
        spans: Repeated runs of words.
        match: When two lines or paragraphs are the same. `c4`: equal but for white space and case
            (Raffel et al. 2020, arXiv 1910.10683; its code strips and lower-cases lines). `ccnet`:
            also with every digit as 0, and without punctuation and accents (Wenzek et al. 2019,
            arXiv 1911.00359, section 3.2); lines that differ in numbers alone are then the same.
        min_remaining_words: A document that lost something and has fewer words left is removed.
            datatrove's `min_doc_words` is 50. Above 1, what such a document was the first to hold
            is lost.
    """

    lines: BlockSettings | None = None
    paragraphs: BlockSettings | None = None
    spans: SpanSettings | None = None
    match: Match = "c4"
    min_remaining_words: int = 1

    def __post_init__(self) -> None:
        if self.lines is None and self.paragraphs is None and self.spans is None:
            raise RecipeError(
                "expected at least one of the tables lines, paragraphs and spans, found none; "
                "such as [repeats.spans]"
            )
        if self.match != "c4" and self.lines is None and self.paragraphs is None:
            raise RecipeError(
                f"match = {self.match!r} has no effect without lines or paragraphs; leave it out"
            )
        if self.min_remaining_words < 1:
            raise RecipeError(
                f"min_remaining_words: expected at least 1, found {self.min_remaining_words}"
            )

    def of(self, kind: int) -> BlockSettings | SpanSettings | None:
        """The table of a kind, if it is turned on."""
        return (None, self.lines, self.paragraphs, self.spans)[kind]

    @property
    def lengths(self) -> tuple[int, int, int]:
        """Least words of a line, a paragraph and a span; 0: not looked for."""
        line, paragraph, span = (
            0 if table is None else table.min_words
            for table in (self.lines, self.paragraphs, self.spans)
        )
        return line, paragraph, span

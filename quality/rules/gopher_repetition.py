"""Gopher's thirteen repetition rules (Rae et al. 2021, arXiv 2112.11446, table A1).

One reading for all: a unit is a duplicate if it occurs more than once in the text; every copy
counts, the first too, as "fraction of characters contained within all duplicate n-grams" says; and
"characters that occur in overlapping n-grams" count once. Characters are code points that are not
white space. Some implementations count copies after the first only, and find about half as much.
"""

from collections.abc import Callable

from haybale.quality.rules.rule import Measure, rule
from haybale.quality.text import TextBatch

SOURCE = "Rae et al. 2021, arXiv 2112.11446, table A1, repetition removal"


@rule("gopher/duplicate_line_fraction@1", unit="of lines", source=SOURCE, maximum="0.30")
def duplicate_line_fraction(batch: TextBatch) -> Measure:
    """Share of lines that occur more than once."""
    return Measure(batch.repeated_lines[0], batch.num_lines)


@rule("gopher/duplicate_paragraph_fraction@1", unit="of paragraphs", source=SOURCE, maximum="0.30")
def duplicate_paragraph_fraction(batch: TextBatch) -> Measure:
    """Share of paragraphs that occur more than once."""
    return Measure(batch.repeated_paragraphs[0], batch.num_paragraphs)


@rule(
    "gopher/duplicate_line_character_fraction@1",
    unit="of characters",
    source=SOURCE,
    maximum="0.20",
)
def duplicate_line_character_fraction(batch: TextBatch) -> Measure:
    """Share of characters in lines that occur more than once."""
    return Measure(batch.repeated_lines[1], batch.num_characters)


@rule(
    "gopher/duplicate_paragraph_character_fraction@1",
    unit="of characters",
    source=SOURCE,
    maximum="0.20",
)
def duplicate_paragraph_character_fraction(batch: TextBatch) -> Measure:
    """Share of characters in paragraphs that occur more than once."""
    return Measure(batch.repeated_paragraphs[1], batch.num_characters)


def _ngram_rule(size: int, maximum: str, what: str, doc: str) -> None:
    """Register the rule for one n."""
    rule(
        f"gopher/{what}_{size}_gram_character_fraction@1",
        unit="of characters",
        source=SOURCE,
        maximum=maximum,
    )(_measure(size, doc))


def _measure(size: int, doc: str) -> Callable[[TextBatch], Measure]:
    measure = NgramMeasure(size)
    measure.__doc__ = doc
    return measure


class NgramMeasure:
    """Share of characters in repeated n-grams of one size; a class, so that it pickles."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, batch: TextBatch) -> Measure:
        """Measure a batch."""
        return Measure(batch.ngrams[self.size], batch.num_characters)


for _size, _maximum in ((2, "0.20"), (3, "0.18"), (4, "0.16")):
    _ngram_rule(
        _size,
        _maximum,
        "top",
        f"""Share of characters in the most frequent {_size}-gram, if it occurs at least twice.

        Of equally frequent ones the one with most characters, of these the first. A character
        counts once where occurrences overlap.""",
    )

for _size, _maximum in (
    (5, "0.15"),
    (6, "0.14"),
    (7, "0.13"),
    (8, "0.12"),
    (9, "0.11"),
    (10, "0.10"),
):
    _ngram_rule(
        _size,
        _maximum,
        "duplicate",
        f"""Share of characters in {_size}-grams that occur more than once, each counted once.""",
    )

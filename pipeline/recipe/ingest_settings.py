"""What a recipe may say of reading its input."""

from dataclasses import dataclass
from typing import Literal

from haybale.corpus.errors import RecipeError
from haybale.quality.extraction import DEFAULT_EXTRACTOR, load_extractor

MIN_PART_BYTES = 1024
"""A part leaves a dozen files behind: smaller ones would drown their text."""


@dataclass(frozen=True)
class IngestSettings:
    """How input is read.

    Attributes:
        part_bytes: Files are grouped into parts of about this size; a part is the unit of work and
            of resume. A larger file is cut into pieces where its format allows, or is one part.
        max_unreadable_fraction: The build ends in error above this share of unreadable records.
        max_record_bytes: Longer records are unreadable.
        identify_language: Whether to identify languages with fastText.
        language_model: Path of the fastText model; absent: found on this computer.
        extractor: How main content is found in web pages; one of those in
            `haybale.quality.extraction`.
        keep_dropped: A bounded sample of what each rule dropped, or all of it.
        count_people: Whether to count personal data, pronouns and identity terms for the card.
        word_list: JSON file of languages to lists of words, which are counted and drop nothing.
    """

    part_bytes: int = 8 << 20
    max_unreadable_fraction: float = 0.01
    max_record_bytes: int = 256 << 20
    identify_language: bool = True
    language_model: str | None = None
    extractor: str = DEFAULT_EXTRACTOR
    keep_dropped: Literal["sample", "all"] = "sample"
    count_people: bool = True
    word_list: str | None = None

    def __post_init__(self) -> None:
        if self.part_bytes < MIN_PART_BYTES:
            raise RecipeError(
                f"part_bytes: expected at least {MIN_PART_BYTES}, found {self.part_bytes}"
            )
        if self.max_record_bytes < 1:
            raise RecipeError(
                f"max_record_bytes: expected at least 1, found {self.max_record_bytes}"
            )
        if not 0 <= self.max_unreadable_fraction <= 1:
            raise RecipeError(
                "max_unreadable_fraction: expected a number in [0, 1], found "
                f"{self.max_unreadable_fraction}"
            )
        if self.language_model is not None and not self.identify_language:
            raise RecipeError("language_model has no effect with identify_language = false")
        load_extractor(self.extractor)

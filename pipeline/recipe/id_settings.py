"""What a recipe may say of a corpus that is built again from lists of ids."""

from dataclasses import dataclass


@dataclass(frozen=True)
class IdSettings:
    """The recipe's `[ids]`: which documents stay, in place of rules that look at the whole corpus.

    Attributes:
        kept: List of the documents that stay, as `card/ids/kept.parquet`; relative to the recipe's
            file.
        cuts: List of what was cut out of them, as `card/ids/cuts.parquet`; where anything was.
    """

    kept: str
    cuts: str | None = None

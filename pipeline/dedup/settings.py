"""What a recipe may say of deduplication."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.bands import choose_bands
from haybale.pipeline.dedup.keys import chosen_keys, key_of
from haybale.pipeline.dedup.policy import Criterion, hub_words
from haybale.pipeline.dedup.presets import MAX_STORED_HASHES, PRESETS, MinHashScheme, Preset
from haybale.pipeline.dedup.shingles import Shingles

MAX_HASHES = 20_000

_BANDING = ("num_bands", "band_rows")
_CHOSEN = ("num_hashes", "target_recall")
_NEAR = ("preset", "shingles", "shingle_length", "threshold", *_CHOSEN, *_BANDING)
_ALL_NEAR = (*_NEAR, "split_margin", "verify")


@dataclass(frozen=True)
class DedupSettings:
    """The recipe's `[dedup]`. What is not given comes from the preset.

    Attributes:
        preset: Names the settings of near-duplicates, see `haybale dedup`.
        exact: What exact duplicates have in common: `url` (host, path and query), `text` (every
            byte), `normalised` (words, without case, punctuation and white space), or a key of
            another package by its name. Looked for in this order, before near-duplicates.
        near: Whether near-duplicates are removed.
        scope: Duplicates are looked for in the whole corpus, within each subset, or within each
            snapshot.
        snapshot: Regular expression; what it matches in a file's name is the file's snapshot.
        shingles: Shingles are runs of words or of characters.
        shingle_length: How many.
        threshold: A pair above this Jaccard similarity of shingles is a duplicate.
        num_hashes: MinHash values per document.
        target_recall: Bands are chosen so that a pair at exactly the threshold becomes a candidate
            with at least this probability.
        num_bands: Bands; with `band_rows`, instead of `target_recall`.
        band_rows: Values per band.
        split_margin: Pairs that are compared and alike by more than the threshold less this are
            kin: both stay, in training or in validation together.
        verify: A candidate's similarity is computed from the texts, or estimated from signatures.
        keep: Which of two duplicates survives, by the first criterion that tells them apart:
            `priority`, `longest`, `score`, `oldest`; then by the smallest digest of its text, which
            is as good as at random; of equal texts by the smallest id.
        priority: Subsets, the first preferred; those not named come last.
        score: Name of the classifier whose score `keep` means.
        against: Folders of finished corpora; a document that equals or resembles one of theirs is
            removed, whatever `keep` says. Their texts are not read: near-duplicates of theirs are
            estimated from signatures.
    """

    preset: Preset = "gopher"
    exact: tuple[str, ...] = ("text",)
    near: bool = True
    scope: Literal["global", "subset", "snapshot"] = "global"
    snapshot: str | None = None
    shingles: Literal["words", "characters"] | None = None
    shingle_length: int | None = None
    threshold: float | None = None
    num_hashes: int | None = None
    target_recall: float | None = None
    num_bands: int | None = None
    band_rows: int | None = None
    split_margin: float = 0.1
    verify: Literal["exact", "estimate"] = "exact"
    keep: tuple[Criterion, ...] = ()
    priority: tuple[str, ...] = ()
    score: str | None = None
    against: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.exact:
            key_of(name)
        if not self.near:
            self._check_no_effect()
        elif self.scheme is not None:
            self._check_margin(self.scheme)
            if not self.scheme.stores_values:
                self._check_long_signatures(self.scheme)
        if not self.near and not self.exact:
            raise RecipeError("expected exact duplicates, near-duplicates or both to look for")
        for name in ("exact", "keep", "priority"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise RecipeError(f"{name}: expected each once, found {', '.join(values)}")
        if (self.scope == "snapshot") != (self.snapshot is not None):
            raise RecipeError('scope = "snapshot" and snapshot belong together: give both or none')
        if self.snapshot is not None:
            try:
                re.compile(self.snapshot)
            except re.error as error:
                raise RecipeError(f"snapshot: expected a regular expression: {error}") from None
        for criterion in ("priority", "score"):
            if (criterion in self.keep) != bool(getattr(self, criterion)):
                raise RecipeError(
                    f"keep with {criterion!r} and the setting {criterion} belong together: give "
                    "both or none"
                )

    @cached_property
    def scheme(self) -> MinHashScheme | None:
        """How near-duplicates are found; None: they are not looked for.

        Raises:
            RecipeError: If what is given cannot be, or not together.
        """
        if not self.near:
            return None
        values = {**PRESETS[self.preset]}
        given = {name for name in _NEAR[1:] if getattr(self, name) is not None}
        values |= {name: getattr(self, name) for name in given}
        if given & set(_BANDING):
            if given & set(_CHOSEN):
                raise RecipeError(
                    "num_bands and band_rows tell num_hashes and recall: leave num_hashes and "
                    "target_recall out"
                )
            values = {name: value for name, value in values.items() if name not in _CHOSEN}
        elif given & {"threshold", *_CHOSEN}:
            # The preset's own bands were made for its own threshold and hashes.
            values.setdefault("num_hashes", values.get("num_bands", 0) * values.get("band_rows", 0))
            values.setdefault("target_recall", 0.99)
            values = {name: value for name, value in values.items() if name not in _BANDING}
        return _scheme(values)

    @property
    def kin_threshold(self) -> Fraction:
        """A pair above this similarity shares its split: the threshold, less the margin."""
        assert self.scheme is not None
        return self.scheme.exact_threshold - Fraction(str(self.split_margin))

    @property
    def hub_words(self) -> int:
        """Words of the order in which documents of a bucket are preferred."""
        # Of equal texts only one is left to find candidates for where one of these keys was looked
        # for; and all documents of earlier corpora have the same rank.
        equal_texts = not {"text", "normalised"} & set(self.exact)
        return hub_words(self.keep, equal_ranks=equal_texts or bool(self.against))

    @property
    def exact_keys(self) -> tuple[str, ...]:
        """What exact duplicates have in common, in the order in which they are looked for."""
        return chosen_keys(self.exact)

    def place(self, subset: str) -> int:
        """Place of a subset in `priority`."""
        named = subset in self.priority
        return self.priority.index(subset) if named else len(self.priority)

    def _check_no_effect(self) -> None:
        defaults = DedupSettings()
        for name in _ALL_NEAR:
            if getattr(self, name) != getattr(defaults, name):
                raise RecipeError(f"{name} has no effect with near = false")

    def _check_margin(self, scheme: MinHashScheme) -> None:
        if not 0 <= self.split_margin < scheme.threshold:
            raise RecipeError(
                f"split_margin: expected at least 0 and less than the threshold "
                f"{scheme.threshold}, found {self.split_margin}"
            )

    def _check_long_signatures(self, scheme: MinHashScheme) -> None:
        if self.against:
            raise RecipeError(
                f"against: signatures of {scheme.num_hashes:,} hashes are stored as digests of "
                f"bands (whole up to {MAX_STORED_HASHES}), from which no similarity to an earlier "
                "corpus can be estimated; choose a preset with fewer hashes, or near = false"
            )
        if self.verify == "estimate":
            raise RecipeError(
                f'verify: expected "exact", found "estimate": signatures of {scheme.num_hashes:,} '
                f"hashes are stored as digests of bands (whole up to {MAX_STORED_HASHES}), from "
                "which no similarity can be estimated"
            )


def _scheme(values: dict[str, Any]) -> MinHashScheme:
    length, threshold = values["shingle_length"], values["threshold"]
    if not 1 <= length <= 1000:
        raise RecipeError(f"shingle_length: expected 1 to 1000, found {length}")
    if not 0 < threshold < 1:
        raise RecipeError(f"threshold: expected a number in (0, 1), found {threshold}")
    if "num_hashes" in values:
        num_hashes, recall = values["num_hashes"], values["target_recall"]
        if not 1 <= num_hashes <= MAX_HASHES:
            raise RecipeError(f"num_hashes: expected 1 to {MAX_HASHES}, found {num_hashes}")
        if not 0 < recall < 1:
            raise RecipeError(f"target_recall: expected a number in (0, 1), found {recall}")
        num_bands, rows = choose_bands(threshold, num_hashes, recall)
    else:
        if not all(name in values for name in _BANDING):
            raise RecipeError("num_bands and band_rows belong together: give both or none")
        num_bands, rows = (values[name] for name in _BANDING)
        num_hashes = num_bands * rows
        if num_bands < 1 or rows < 1 or num_hashes > MAX_HASHES:
            raise RecipeError(
                f"num_bands, band_rows: expected at least 1 each and at most {MAX_HASHES} hashes, "
                f"found {num_bands} x {rows}"
            )
    shingles = Shingles(values["shingles"], length)
    return MinHashScheme(shingles, threshold, num_hashes, num_bands, rows)

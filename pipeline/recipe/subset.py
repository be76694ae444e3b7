"""A recipe's subsets: where text comes from, and what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from haybale.corpus.errors import RecipeError
from haybale.pipeline.sources.records import FIELDS
from haybale.quality.classifier.settings import ClassifierSettings
from haybale.quality.profiles import PROFILE_SUFFIX, load_profile

PersonalDataKind = Literal["email", "phone", "ip", "card"]
ORIGIN_LISTS = ("allow_domains", "deny_domains", "opt_out")
"""Settings of a subset that name a file of domains, in the order of OriginRules."""


@dataclass(frozen=True)
class Subset:
    """Where one subset's text comes from and what is asked of it.

    Attributes:
        name: Names folders and shards; letters, digits, `-` and `_`.
        paths: Files and globs, relative to the recipe's file.
        weight: Share of training tokens; relative, normalised over all subsets. Absent everywhere:
            each subset weighs what it has.
        quality: A profile of quality rules by name, or a TOML file that is one; absent: none
            (Gopher filters only MassiveWeb).
        languages: Keep only documents identified as one of these (ISO 639, such as "en").
        min_language_score: Keep only documents identified with at least this confidence.
        format: Reader, where the file names do not tell.
        fields: Renames the fields `text`, `id`, `url`, `timestamp`, `lang`.
        license: Licence of documents that name none.
        classifiers: fastText models that score documents, by a name of your own.
        mask: Kinds of personal data to replace by tokens, of `email`, `phone`, `ip` and `card`.
        licenses: Keep only documents under one of these, such as "cc-by-4.0".
        allow_domains: File of domains; keep only documents from these.
        deny_domains: File of domains; drop documents from these.
        opt_out: File of domains and URLs whose owners said no; drop these documents.
    """

    name: str
    paths: tuple[str, ...]
    weight: float | None = None
    quality: str | None = None
    languages: tuple[str, ...] | None = None
    min_language_score: float | None = None
    format: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    license: str | None = None
    classifiers: Mapping[str, ClassifierSettings] = field(default_factory=dict)
    mask: tuple[PersonalDataKind, ...] = ()
    licenses: tuple[str, ...] | None = None
    allow_domains: str | None = None
    deny_domains: str | None = None
    opt_out: str | None = None

    def __post_init__(self) -> None:
        if not self.name or not all(char.isalnum() or char in "-_" for char in self.name):
            raise RecipeError(f"name {self.name!r}: expected letters, digits, - and _")
        if not self.paths:
            raise RecipeError("paths: expected at least one file or glob, found none")
        if self.weight is not None and not 0 < self.weight < float("inf"):
            raise RecipeError(f"weight: expected a positive number, found {self.weight}")
        if self.min_language_score is not None and not 0 < self.min_language_score <= 1:
            raise RecipeError(
                f"min_language_score: expected a number in (0, 1], found {self.min_language_score}"
            )
        if self.licenses is not None and not self.licenses:
            raise RecipeError("licenses: expected at least one, found none; or leave it out")
        for name in self.fields:
            if name not in FIELDS:
                raise RecipeError(f"fields: unknown field {name!r}; known are {', '.join(FIELDS)}")
        if self.quality is not None and not self.quality.endswith(PROFILE_SUFFIX):
            load_profile(self.quality)

        for name in self.classifiers:
            if not name or not all(char.isalnum() or char == "_" for char in name):
                raise RecipeError(f"classifiers.{name}: expected letters, digits and _ in the name")
        best = [name for name, one in self.classifiers.items() if one.keep_fraction is not None]
        if len(best) > 1:
            raise RecipeError(
                f"classifiers: keep_fraction is given to {' and '.join(best)}; give it to one, of "
                "whose models the ranks are put together"
            )

    @property
    def best_fraction(self) -> str | None:
        """Name of the classifier of which the best fraction is kept."""
        for name, settings in self.classifiers.items():
            if settings.keep_fraction is not None:
                return name
        return None

    @property
    def needs_language(self) -> bool:
        """Whether a rule of this subset asks for the language."""
        return self.languages is not None or self.min_language_score is not None

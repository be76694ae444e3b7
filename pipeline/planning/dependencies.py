"""What a build depends on beside its recipe and its input: models, rules and lists, by content.

Packages of others whose rules, readers or keys it uses are told by their versions. All this stands
in the manifest and in every fingerprint: the driver finds what it is, every worker must find the
same, and a changed one never silently reuses parts.
"""

from collections.abc import Collection, Sequence

from haybale.corpus.errors import RecipeError
from haybale.corpus.extensions import packages_of
from haybale.corpus.recipe import nearest
from haybale.pipeline.planning.listed import list_digests
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.planning.used_modules import used_modules
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.recipe.subset import ORIGIN_LISTS
from haybale.quality.language import LanguageIdentifier
from haybale.quality.languages import languages

LANGUAGE = "language"
FOUND_MODEL = "the language model that the driver found"
"""Stands for its path where a recipe names none."""

PACKAGES = "packages"
"""The kind that is told by versions."""

Dependencies = dict[str, dict[str, str]]
"""Kind to name to xxh3-128 digest; of PACKAGES, which is there if there are any, to version."""


def language_identifier(loaded: LoadedRecipe) -> LanguageIdentifier | None:
    """The recipe's language identifier; None where languages are not identified.

    Raises:
        RecipeError: If there is no model.
    """
    settings = loaded.recipe.ingest
    if not settings.identify_language:
        return None
    path = settings.language_model
    if path is None and FOUND_MODEL in loaded.files:
        path = FOUND_MODEL
    return LanguageIdentifier(path and loaded.local_file(path, "ingest.language_model"))


def dependencies(loaded: LoadedRecipe, parts: Sequence[Part]) -> Dependencies:
    """Digests by kind and name: `models`, `profiles` of rules, `lists` of words, domains and ids.

    Args:
        loaded: The recipe.
        parts: Of the plan; readers of their files are depended on.

    Raises:
        RecipeError: If one cannot be found or read; before any work is done.
    """
    identifier = language_identifier(loaded)
    if identifier is not None:
        _check_languages(loaded, identifier)
    models = {} if identifier is None else {LANGUAGE: identifier.digest}
    for subset in loaded.recipe.subsets:
        for _, classifiers in loaded.classifiers(subset).values():
            models |= {model.name: model.digest for model in classifiers}
    profiles = {
        subset.quality: profile.digest
        for subset in loaded.recipe.subsets
        if subset.quality is not None and (profile := loaded.profile(subset)) is not None
    }
    lists = list_digests(loaded)
    if (words := loaded.word_list()) is not None:
        lists["word_list"] = words.digest
    for subset in loaded.recipe.subsets:
        rules = loaded.origin_rules(subset)
        for setting, entries in zip(ORIGIN_LISTS, rules.lists, strict=True):
            if entries is not None:
                lists[f"{subset.name}.{setting}"] = entries.digest
    packages = packages_of(used_modules(loaded, parts))
    return {
        **({PACKAGES: packages} if packages else {}),
        "models": dict(sorted(models.items())),
        "profiles": dict(sorted(profiles.items())),
        "lists": dict(sorted(lists.items())),
    }


def _check_languages(loaded: LoadedRecipe, identifier: LanguageIdentifier) -> None:
    """Check that the model knows every language that a subset keeps."""
    known = identifier.languages
    for subset in loaded.recipe.subsets:
        for code in subset.languages or ():
            if code not in known:
                raise RecipeError(
                    f"subsets.{subset.name}.languages: {code!r} is no language of the model "
                    f"{identifier.path}; {_meant(code, known)}"
                )


def _meant(given: str, known: Collection[str]) -> str:
    """What to give instead: the code of a language that was named, the nearest code, or any."""
    for code, language in languages().items():
        if code in known and language.name.casefold() == given.casefold():
            return f"did you mean {code!r}?"
    advice = nearest(given, known)
    if advice.startswith("did you mean"):
        return advice
    usual = "en" if "en" in known else min(known)
    return f"expected one of its {len(known)} codes of ISO 639, such as {usual!r}"


def check_same(found: Dependencies, expected: Dependencies) -> None:
    """Check that a worker depends on what the driver found.

    Raises:
        RecipeError: Naming the first that differs, both sides.
    """
    for kind in sorted(expected.keys() | found.keys()):
        here, there = found.get(kind, {}), expected.get(kind, {})
        for name in sorted(here.keys() | there.keys()):
            if here.get(name) != there.get(name):
                what = "version" if kind == PACKAGES else "digest"
                raise RecipeError(
                    f"{kind} {name} has {what} {here.get(name)} here, the build was started with "
                    f"{there.get(name)}; give all workers the same"
                )

"""Codes of languages: what the Hugging Face hub takes, from what identifiers of languages say."""

import difflib

import langcodes
from langcodes.data_dicts import LANGUAGE_ALPHA3

from haybale.corpus.errors import RecipeError

_WIKIPEDIAS = {"als": ("gsw",), "eml": ("egl", "rgn"), "sh": ("hbs",)}
"""fastText's models are trained on Wikipedias and name languages as these do: `als` is Alemannic
there and Tosk Albanian in ISO 639-3; `eml` was retired from it in 2009 for two codes; `sh` was
retired from ISO 639-1, and is Serbo-Croatian, not Serbian."""

_SHORTEST = {long: short for short, long in LANGUAGE_ALPHA3.items()}
"""Codes of ISO 639-3 that have a code of two letters."""

_NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})


def hub_languages(label: str) -> tuple[str, ...]:
    """ISO 639-1 or 639-3 codes of a language identifier's label; none if it names no language.

    `zh`, `eng_Latn` and `als` give `zh`, `en` and `gsw`.
    """
    if label in _WIKIPEDIAS:
        return _WIKIPEDIAS[label]
    if not langcodes.tag_is_valid(label):
        return ()
    code = langcodes.Language.get(label, normalize=False).language
    return () if code is None or code in _NO_LANGUAGE else (_SHORTEST.get(code, code),)


def check_language_code(code: str) -> None:
    """Refuse what is no code of a language.

    Raises:
        RecipeError: If ISO 639 and the registry of language subtags (RFC 5646) have no such code.
    """
    if hub_languages(code):
        return
    name = _nearest(code)
    raise RecipeError(
        f"language: expected a code of ISO 639 such as 'en' or 'gsw', found {code!r}"
        + (f"; did you mean {name!r}?" if name else "")
    )


def _nearest(code: str) -> str:
    """The nearest code of two letters."""
    names = [name for name in LANGUAGE_ALPHA3 if len(name) == 2]
    close = difflib.get_close_matches(code.lower(), sorted(names), n=1, cutoff=0.5)
    return close[0] if close else ""

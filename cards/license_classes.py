"""What a licence allows, coarsely, from what a source says of it: SPDX, Creative Commons, words.

A class sorts statements; it is no legal advice, and nobody checked that a statement is true.
"""

import re

PUBLIC_DOMAIN = "public domain"
PERMISSIVE = "permissive"
ATTRIBUTION = "attribution"
SHARE_ALIKE = "share-alike"
NO_DERIVATIVES = "no-derivatives"
NON_COMMERCIAL = "non-commercial"
PROPRIETARY = "proprietary"
UNKNOWN = "unknown"
OTHER = "other"

CLASSES = {
    PUBLIC_DOMAIN: "no rights reserved: CC0, public domain mark, Unlicense",
    PERMISSIVE: "free use if the notice stays: MIT, BSD, Apache",
    ATTRIBUTION: "free use if the author is named: CC BY, ODC-By, open government licences",
    SHARE_ALIKE: "what is made of it must be passed on alike: CC BY-SA, ODbL, GPL, LGPL, MPL",
    NO_DERIVATIVES: "may be passed on, not changed: CC BY-ND",
    NON_COMMERCIAL: "not for commercial use, whatever else it asks: CC BY-NC, BY-NC-SA, BY-NC-ND",
    PROPRIETARY: "all rights reserved, or a use-restricting licence of a company",
    UNKNOWN: "the source says nothing, or that it does not know",
    OTHER: "the source says something else, such as that the text is not its own to license",
}
"""Classes from the freest to the strictest, then the two that are no licence."""

_STRICTNESS = {name: place for place, name in enumerate(CLASSES)}

_FAMILIES = {
    PUBLIC_DOMAIN: "blessing cc-pddc cc0 nist-pd pddl pd public-domain unlicense wtfpl",
    PERMISSIVE: (
        "0bsd 2-clause-bsd 3-clause-bsd afl apache blueoak boost bsd bsl-1 cdla-permissive "
        "cecill-b curl ecl expat hpnd isc mit modified-bsd ms-pl ncsa new-bsd openssl postgresql "
        "psf python simplified-bsd unicode w3c x11 zlib zpl"
    ),
    ATTRIBUTION: "dl-de-by etalab iodl-2 nlod odc-by ogl open-government",
    SHARE_ALIKE: (
        "affero agpl artistic bsd-protection cc-sa cddl cdla-sharing cecill copyleft-next cpal "
        "eclipse epl eupl fdl general-public gfdl gnu gpl lesser-general-public lgpl lppl mozilla "
        "mpl ms-rl odbl ofl osl sleepycat"
    ),
    NON_COMMERCIAL: "cc-nc ncgl polyform-nc prosperity research-only",
    PROPRIETARY: (
        "bigcode-openrail bigscience busl bsl-1.1 commercial copyrighted creativeml deepfloyd "
        "elastic gemma llama openrail polyform proprietary rail sspl terms-of-use"
    ),
    UNKNOWN: "n/a na noassertion none not-specified null unknown unspecified",
    OTHER: "other",
}
"""How normalised statements begin, by class; the longest that fits decides."""

_PREFIXES = {prefix: name for name, words in _FAMILIES.items() for prefix in words.split()}

_DEED = re.compile(r"creativecommons\.org/(?:licenses|publicdomain|licences)/(?P<kind>[a-z0-9+-]+)")
_CREATIVE_COMMONS = re.compile(
    r"(?:^|-)(?:cc|creative-commons)-(?P<kind>(?:by|zero|0)(?:-[a-z]+)*)"
)
_LONG_NAMES = (
    ("attribution", "by"),
    ("non-commercial", "nc"),
    ("noncommercial", "nc"),
    ("no-derivatives", "nd"),
    ("noderivatives", "nd"),
    ("noderivs", "nd"),
    ("no-derivs", "nd"),
    ("share-alike", "sa"),
    ("sharealike", "sa"),
)
_RESERVED = "all-rights-reserved"
_OF_OTHERS = re.compile(r"-(?:remains?-with|belongs?-to|retained-by|copyright-of)-")
"""A note that the text is somebody else's than who gives the licence."""


def license_class(statement: str) -> str:
    """The class of what a source says of a document's licence.

    SPDX expressions count as the freest part of an `OR`, the strictest of an `AND`; a `WITH`
    exception is ignored. A part that is not in the table makes the whole `other`, and so do both
    with brackets.

    Args:
        statement: An SPDX identifier or expression, an identifier of the Hugging Face hub, the
            address of a Creative Commons deed, or a common name. Empty: nothing is said.

    Returns:
        One of `CLASSES`.
    """
    words = statement.strip().strip("()").strip()
    deed = _DEED.search(words.casefold())
    if deed:
        return _creative_commons(deed["kind"])
    if {"(", ")"} & set(words) and " OR " in words and " AND " in words:
        return OTHER
    choices = (choice.split(" AND ") for choice in words.split(" OR "))
    joined = [_decide([_one(part) for part in parts], strictest=True) for parts in choices]
    return _decide(joined, strictest=False)


def _decide(classes: list[str], *, strictest: bool) -> str:
    if len(classes) > 1 and (OTHER in classes or UNKNOWN in classes):
        return OTHER
    return sorted(classes, key=_STRICTNESS.__getitem__)[-1 if strictest else 0]


def _one(identifier: str) -> str:
    name = _normalised(re.split(r"\s+WITH\s+", identifier)[0])
    if not name:
        return UNKNOWN
    if _OF_OTHERS.search(name):
        return OTHER
    known = _CREATIVE_COMMONS.search(name)
    if known:
        return _creative_commons(known["kind"])
    if _RESERVED in name:
        return PROPRIETARY
    fitting = [prefix for prefix in _PREFIXES if _begins(name, prefix)]
    return _PREFIXES[max(fitting, key=len)] if fitting else OTHER


def _begins(name: str, prefix: str) -> bool:
    """Whether the prefix ends where a word or a number of the name does: `gpl` of `gpl2`."""
    rest = name.removeprefix(prefix)
    return name.startswith(prefix) and not (
        rest[:1].isalpha() or (rest[:1].isdigit() and prefix[-1].isdigit())
    )


def _normalised(text: str) -> str:
    """Words in lower case with hyphens between, without `the`, `license` and the v of a version."""
    name = re.sub(r"[\s_,;:()]+", "-", text.casefold()).strip("-")
    name = re.sub(r"\b(?:the|licen[cs]ed?|licen[cs]es|version|under)\b", "", name)
    name = re.sub(r"(?<![a-z])v(?=\d)", "", re.sub(r"-{2,}", "-", name)).strip("-")
    for long, short in _LONG_NAMES:
        name = name.replace(long, short)
    return name


def _creative_commons(kind: str) -> str:
    parts = set(kind.split("-"))
    for part, name in (
        ("nc", NON_COMMERCIAL),
        ("nd", NO_DERIVATIVES),
        ("sa", SHARE_ALIKE),
        ("by", ATTRIBUTION),
    ):
        if part in parts:
            return name
    public = parts & {"zero", "0", "mark", "publicdomain", "certification"}
    return PUBLIC_DOMAIN if public else OTHER

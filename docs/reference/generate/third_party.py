"""The table of `THIRD_PARTY.md`: packages that running Haybale installs, licences they declare.

    python docs/reference/generate/third_party.py      write it; `make licences`

Reads what is installed, so run it where `constraints.txt` is. What the page says before its last
table, of data and models, is written by hand there.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "THIRD_PARTY.md"
EXTRAS = ("all", "fsspec", "huggingface", "trafilatura")

_TABLE = "| package | version | licence | asked for by |\n|---|---|---|---|\n"

_NAMES = {
    "Apache 2.0": "Apache-2.0",
    "Apache 2": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD (as declared)",
    "BSD License": "BSD (as declared)",
    "3-Clause BSD License": "BSD-3-Clause",
    "The BSD 2-Clause License": "BSD-2-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",  # python-dateutil's LICENSE says which two
    "MIT License": "MIT",
    "MIT license": "MIT",
    "PSF": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Names that packages have for licences in SPDX's terms."""


def third_party() -> str:
    """The page, its table made anew.

    Raises:
        LookupError: If the page has no such table, or a package declares no licence.
    """
    written, table, _ = PAGE.read_text(encoding="utf-8").partition(_TABLE)
    if not table:
        raise LookupError(f"{PAGE}: expected the table of packages at its end")
    pinned = pins()
    rows = sorted(
        (name, pinned.get(name, "any"), _licence(name), asked)
        for name, asked in _installed().items()
    )
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return written + table + "\n".join(lines) + "\n"


def pins() -> dict[str, str]:
    """Versions by package, from `constraints.txt`."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    named = (line.partition("#")[0].strip().partition("==") for line in lines)
    return {canonicalize_name(name): version for name, _, version in named if version}


def _installed() -> dict[str, str]:
    """Every package that runs, and what asks for it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    asked: dict[str, str] = {}
    waiting = [(Requirement(text), "haybale") for text in project["dependencies"]]
    waiting += [pair for extra in EXTRAS for pair in _of_extra(extras, extra)]
    while waiting:
        requirement, by = waiting.pop(0)
        name = canonicalize_name(requirement.name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # a marker of another platform
        new = name not in asked
        asked.setdefault(name, by)
        if not new and not requirement.extras:
            continue
        for text in found.requires or []:
            one = Requirement(text)
            choices = requirement.extras or {""}
            if one.marker is None or any(one.marker.evaluate({"extra": each}) for each in choices):
                waiting.append((one, name))
    return asked


def _of_extra(extras: dict[str, list[str]], extra: str) -> Iterator[tuple[Requirement, str]]:
    """What an extra asks for, those of ours that it names taken apart; and the extra itself."""
    for text in extras[extra]:
        requirement = Requirement(text)
        if requirement.name == "haybale":
            for other in sorted(requirement.extras):
                yield from _of_extra(extras, other)
        else:
            yield requirement, f"[{extra}]"


def _licence(name: str) -> str:
    """What a package's metadata says: an SPDX expression, or the name that it has for it."""
    metadata = distribution(name).metadata
    if expressions := metadata.get_all("License-Expression"):
        return str(expressions[0])
    declared = str((metadata.get_all("License") or [""])[0]).strip()
    if 0 < len(declared) <= 60 and "\n" not in declared:
        return _NAMES.get(declared, declared)
    kinds = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License :: OSI Approved :: ")
    ]
    if kinds:
        return ", ".join(_NAMES.get(kind, kind) for kind in kinds)
    texts = [file for file in distribution(name).files or [] if re.search("LICEN[CS]E", str(file))]
    if not texts:
        raise LookupError(f"{name}: declares no licence; look it up and say it here")
    return f"see its {Path(str(texts[0])).name}"


if __name__ == "__main__":
    PAGE.write_text(third_party(), encoding="utf-8")

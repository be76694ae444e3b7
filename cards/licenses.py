"""Licences by the identifiers of the Hugging Face hub."""

import difflib

from haybale.corpus.errors import RecipeError

LICENSES = {
    "afl-3.0": "AFL-3.0",
    "agpl-3.0": "AGPL-3.0-only",
    "apache-2.0": "Apache-2.0",
    "apple-amlr": "",
    "apple-ascl": "",
    "artistic-2.0": "Artistic-2.0",
    "bigcode-openrail-m": "",
    "bigscience-bloom-rail-1.0": "",
    "bigscience-openrail-m": "",
    "bsd": "",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-3-clause-clear": "BSD-3-Clause-Clear",
    "bsl-1.0": "BSL-1.0",
    "c-uda": "C-UDA-1.0",
    "cc": "",
    "cc-by-2.0": "CC-BY-2.0",
    "cc-by-2.5": "CC-BY-2.5",
    "cc-by-3.0": "CC-BY-3.0",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-nc-2.0": "CC-BY-NC-2.0",
    "cc-by-nc-3.0": "CC-BY-NC-3.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0",
    "cc-by-nc-nd-3.0": "CC-BY-NC-ND-3.0",
    "cc-by-nc-nd-4.0": "CC-BY-NC-ND-4.0",
    "cc-by-nc-sa-2.0": "CC-BY-NC-SA-2.0",
    "cc-by-nc-sa-3.0": "CC-BY-NC-SA-3.0",
    "cc-by-nc-sa-4.0": "CC-BY-NC-SA-4.0",
    "cc-by-nd-4.0": "CC-BY-ND-4.0",
    "cc-by-sa-3.0": "CC-BY-SA-3.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
    "cc0-1.0": "CC0-1.0",
    "cdla-permissive-1.0": "CDLA-Permissive-1.0",
    "cdla-permissive-2.0": "CDLA-Permissive-2.0",
    "cdla-sharing-1.0": "CDLA-Sharing-1.0",
    "creativeml-openrail-m": "",
    "deepfloyd-if-license": "",
    "ecl-2.0": "ECL-2.0",
    "epl-1.0": "EPL-1.0",
    "epl-2.0": "EPL-2.0",
    "etalab-2.0": "etalab-2.0",
    "eupl-1.1": "EUPL-1.1",
    "eupl-1.2": "EUPL-1.2",
    "fair-noncommercial-research-license": "",
    "gemma": "",
    "gfdl": "",
    "gpl": "",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-3.0": "GPL-3.0-only",
    "grok2-community": "",
    "h-research": "",
    "intel-research": "",
    "isc": "ISC",
    "lgpl": "",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only",
    "lgpl-lr": "LGPLLR",
    "llama2": "",
    "llama3": "",
    "llama3.1": "",
    "llama3.2": "",
    "llama3.3": "",
    "llama4": "",
    "lppl-1.3c": "LPPL-1.3c",
    "mit": "MIT",
    "mpl-2.0": "MPL-2.0",
    "ms-pl": "MS-PL",
    "ncsa": "NCSA",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "ofl-1.1": "OFL-1.1",
    "openmdw-1.0": "",
    "openrail": "",
    "openrail++": "",
    "osl-3.0": "OSL-3.0",
    "other": "",
    "pddl": "PDDL-1.0",
    "postgresql": "PostgreSQL",
    "unknown": "",
    "unlicense": "Unlicense",
    "wtfpl": "WTFPL",
    "zlib": "Zlib",
}
"""Identifier to the SPDX identifier of the one licence it means; empty where there is none.

The list of the hub's documentation (huggingface/hub-docs, docs/hub/repositories-licenses.md), and
what was added to it since. The hub shows `odc-by` and `odbl` as families; both have one version.
"""


def check_license(license: str) -> None:
    """Refuse what the hub would refuse.

    Raises:
        RecipeError: If the hub knows no such identifier.
    """
    if license not in LICENSES:
        close = difflib.get_close_matches(license.lower(), LICENSES, n=1)
        near = f"did you mean {close[0]!r}? " if close else ""
        raise RecipeError(
            f"license: expected an identifier that the Hugging Face hub knows, found {license!r}; "
            f"{near}A licence without one is 'other', named by license_name"
        )


def license_address(license: str) -> str:
    """Where SPDX has the text of a licence; empty where it has none."""
    spdx = LICENSES[license]
    return f"https://spdx.org/licenses/{spdx}.html" if spdx else ""

"""Keeps credentials out of URIs, recipes, messages and logs.

Nothing that Haybale reads needs a secret in a URI: stores take theirs from the environment or from
the files of their own tools. What holds one is refused, before it can be stored anywhere.
"""

import os
import re
from typing import Any

from haybale.corpus.errors import RecipeError

CREDENTIALS_ADVICE = (
    "a URI is stored and shown, so give credentials in the environment instead: AWS_ACCESS_KEY_ID "
    "and AWS_SECRET_ACCESS_KEY (or ~/.aws/credentials) for s3://, GOOGLE_APPLICATION_CREDENTIALS "
    "for gs://, HF_TOKEN for hf://, those that docs/object-stores.md names for others"
)
_SECRET_VARIABLES = re.compile(
    r"AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|HF_TOKEN|HUGGING_FACE_HUB_TOKEN"
    r"|AZURE_(?:\w+_)?(?:KEY|SECRET|TOKEN|CONNECTION_STRING|PASSWORD)"
    r"|FSSPEC_\w*(?:KEY|SECRET|TOKEN|CONNECTION_STRING|PASSWORD|PASSPHRASE)"
)
_MIN_SECRET = 8
"""Characters: Amazon's have 40 or more, MinIO takes none of fewer than 8. What is shorter, such as
`test` where nothing is checked, is no secret but a word, and would be cut out of any message."""

# A colon before an @ is a password, unless a port and a path stand between them; the secret keys
# of S3 may have a slash in them. What stands before the account of Azure is a container.
_USER = re.compile(
    r"(?<=://)(?!anonymous@)"
    r"(?!(?:(?<=abfs://)|(?<=abfss://))[\w$-]+@\w+\.(?:dfs|blob)\.core\.windows\.net)"
    r"(?:[^\s/@'\"?]*:(?!\d+/)[^\s@'\"?]*|[^\s/@'\"?]*)@",
    re.IGNORECASE,
)
_SECRET_OPTION = re.compile(
    r"(?<=[?&])((?:[\w-]*(?:secret[\w-]*|token|password|passwd|signature|credential"
    r"|access_?key(?:_?id)?|api_?key)|sig)=)([^&\s'\"]+)",
    re.IGNORECASE,
)
_OPTION_USER = re.compile(r"([?&][\w.-]+=)[^\s&'\"]*@")  # in an address that an option gives


def credentials_in(text: str) -> str | None:
    """What kind of credentials a text with URIs holds, in words; None where it holds none."""
    if "://" not in text:
        return None
    if _USER.search(text):
        return "a user or password before @"
    if found := _SECRET_OPTION.search(text):
        return f"the option {found[1].removesuffix('=')}"
    if _OPTION_USER.search(text):
        return "a user or password before @"
    # A key and a secret without the @ that should follow: no bucket has a colon in its name.
    if re.search(r"(?:s3|gs|gcs)://[^\s/]*:", text):
        return "a colon before the first /"
    return None


def redacted(text: str) -> str:
    """A message without the credentials of the URIs in it, and without those of the environment."""
    text = _OPTION_USER.sub(r"\1***@", _USER.sub("***@", text))
    text = _SECRET_OPTION.sub(r"\1***", text)
    for name, secret in os.environ.items():
        if len(secret) >= _MIN_SECRET and _SECRET_VARIABLES.fullmatch(name):
            text = text.replace(secret, "***")
    return text


def refuse_credentials(value: Any, where: str) -> None:
    """Look through the tables of a recipe.

    Raises:
        RecipeError: If a string in it holds credentials; the message does not.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            refuse_credentials(inner, f"{where}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            refuse_credentials(inner, f"{where}[{number}]")
    elif isinstance(value, str) and (found := credentials_in(value)):
        raise RecipeError(f"{where}: {redacted(value)} holds {found}; {CREDENTIALS_ADVICE}")

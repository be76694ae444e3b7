"""What a local path or a URI names, without ever holding a secret.

    /data/x, data/x, file:///data/x     local
    s3://bucket/key?region=eu-west-1    Amazon S3, or a server that speaks its protocol
    gs://bucket/key                     Google Cloud Storage

A key is written as it is, not percent-encoded. Options follow the last `?`.
"""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from haybale.corpus.errors import RecipeError
from haybale.corpus.secrets import CREDENTIALS_ADVICE, credentials_in, redacted

_OPTIONS = {
    "s3": ("anonymous", "endpoint_override", "force_virtual_addressing", "region", "scheme"),
    "gs": ("anonymous", "endpoint_override", "scheme"),
}
_QUERY = re.compile(r"\?((?:[\w-]+=[^&]*)(?:&[\w-]+=[^&]*)*)$")


@dataclass(frozen=True)
class Place:
    """A file or folder, local or in an object store.

    Attributes:
        scheme: `file`, `s3` or `gs`.
        path: Absolute local path; bucket and key elsewhere. No `/` at its end.
        options: How to reach the store, by name, sorted.
    """

    scheme: str
    path: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether it lies in this computer's file tree."""
        return self.scheme == "file"

    @property
    def bucket(self) -> str:
        """What the path begins with in an object store."""
        return self.path.partition("/")[0]

    @property
    def uri(self) -> str:
        """What `place_of` makes this place of."""
        query = "&".join(f"{name}={value}" for name, value in self.options)
        return f"{self}?{query}" if query else str(self)

    def __str__(self) -> str:
        """For messages: without options."""
        return self.path if self.is_local else f"{self.scheme}://{self.path}"

    def child(self, name: str) -> "Place":
        """What lies below it under a name; itself, where the name is empty."""
        return replace(self, path=f"{self.path.rstrip('/')}/{name}") if name else self


def place_of(uri: str | os.PathLike[str]) -> Place:
    """Read a local path or a URI.

    Raises:
        RecipeError: If the URI holds credentials, or names no place that Haybale reads.
    """
    text = os.fspath(uri)
    if "://" not in text:
        return Place("file", str(Path(text).absolute()))
    if found := credentials_in(text):
        raise RecipeError(f"{redacted(text)}: holds {found}; {CREDENTIALS_ADVICE}")
    scheme, _, rest = text.partition("://")
    if scheme == "file":
        return Place("file", str(Path(unquote(rest.removeprefix("localhost"))).absolute()))
    scheme = "gs" if scheme == "gcs" else scheme
    if scheme not in _OPTIONS:
        raise RecipeError(
            f"{text}: expected a local path, s3:// or gs://, found {scheme}://; copy the files to "
            "one of these"
        )
    query = _QUERY.search(rest)
    path = (rest[: query.start()] if query else rest).strip("/")
    options = dict(pair.split("=", 1) for pair in query[1].split("&")) if query else {}
    if path.startswith("anonymous@"):  # as pyarrow writes it
        path, options["anonymous"] = path.removeprefix("anonymous@"), "true"
    if not path:
        raise RecipeError(f"{text}: expected a bucket after {scheme}://, found none; name it")
    for name in options:
        if name not in _OPTIONS[scheme]:
            known = ", ".join(_OPTIONS[scheme])
            raise RecipeError(f"{scheme}://{path}: unknown option {name!r}; known are {known}")
    for name in ("anonymous", "force_virtual_addressing"):
        if options.get(name, "true") not in ("true", "false"):
            raise RecipeError(
                f"{scheme}://{path}: {name}: expected true or false, found {options[name]!r}"
            )
    return Place(scheme, path, tuple(sorted(options.items())))

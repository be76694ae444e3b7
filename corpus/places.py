"""What a local path or a URI names, without ever holding a secret.

    /data/x, data/x, file:///data/x     local
    s3://bucket/key?region=eu-west-1    Amazon S3, or a server that speaks its protocol
    gs://bucket/key                     Google Cloud Storage
    hf://datasets/org/name/path         what fsspec reads, among them abfs://, hdfs:// and sftp://
    https://host/path?page=1            a web server, read through fsspec

A key is written as it is, not percent-encoded, but for the web's, which is a URL. Options follow
the last `?`; on the web they are a part of what is asked for.
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
_WEB = ("http", "https")
_SCHEME = re.compile(r"[a-z][a-z0-9+._-]*")
_QUERY = re.compile(r"\?((?:[\w-]+=[^&]*)(?:&[\w-]+=[^&]*)*)$")


@dataclass(frozen=True)
class Place:
    """A file or folder, local or in a store.

    Attributes:
        scheme: `file`, `s3`, `gs`, or what fsspec may know.
        path: Absolute local path; elsewhere what follows `://`, a bucket and key or a host and
            path. No `/` at its end.
        options: How to reach the store, by name, sorted; on the web the query, as it is.
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
    return _in_bucket(text, scheme, rest) if scheme in _OPTIONS else _elsewhere(text, scheme, rest)


def _in_bucket(text: str, scheme: str, rest: str) -> Place:
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


def _elsewhere(text: str, scheme: str, rest: str) -> Place:
    """What fsspec may know; whether it does, its store tells."""
    if not _SCHEME.fullmatch(scheme) or "::" in text:
        raise RecipeError(
            f"{text}: expected a scheme such as s3:// or hf://, found {scheme}://; chains of "
            "several are not read: name the file itself"
        )
    query = _QUERY.search(rest)
    path = (rest[: query.start()] if query else rest).rstrip("/")  # what it begins with may count
    if not path:
        raise RecipeError(f"{text}: expected a path after {scheme}://, found none; name it")
    if scheme in _WEB:
        if "?" in path:
            raise RecipeError(
                f"{text}: expected name=value after ?, which begins the query of a URL and is no "
                "wildcard there; write *, or mend the query"
            )
    elif query:
        raise RecipeError(
            f"{scheme}://{path}: expected no options, found {query[0]!r}; give them in variables "
            f"FSSPEC_{scheme.upper()}_… or as the store's own tools take them"
        )
    pairs = (pair.partition("=") for pair in query[1].split("&")) if query else ()
    return Place(scheme, path, tuple((name, value) for name, _, value in pairs))

"""The client of fsspec for a place: which package has it, how it is set, what it may write.

A client is made for each thread and process: not all of them may be shared.
"""

import importlib
import os
import threading
from functools import lru_cache
from typing import Any

from haybale.corpus.errors import RecipeError
from haybale.corpus.fsspec_errors import store_errors
from haybale.corpus.patience import reason_of
from haybale.corpus.places import Place

STALL_SECONDS = 15.0
"""After which a connection to a web server that brings nothing is given up."""

OUTPUTS = ("abfs", "abfss", "az", "memory")
"""Where a file shows under its name only when it is whole, in every listing from then on, and with
a time by the store's clock."""

_WHY_NO_OUTPUT = {
    "hf": "each file would be a commit of its own",
    "http": "a web server is only read",
    "https": "a web server is only read",
    "hdfs": "a file shows under its name while it is written",
    "webhdfs": "a file shows under its name while it is written",
    "sftp": "a file shows under its name while it is written",
    "ssh": "a file shows under its name while it is written",
    "ftp": "a file shows under its name while it is written",
}
_NO_STORES = frozenset(
    [
        "async_wrapper",
        "asyncwrapper",
        "blockcache",
        "cached",
        "data",
        "dir",
        "filecache",
        "generic",
        "libarchive",
        "reference",
        "simplecache",
        "tar",
        "zip",
    ]
)
"""What fsspec calls a file system, and is a way to look into a file or another store."""

_NAMED = "hf://, https://, abfs://, hdfs://, webhdfs://, sftp://"


def client_of(place: Place) -> Any:
    """The client of the store that a place lies in, a `fsspec.AbstractFileSystem`.

    Raises:
        RecipeError: If fsspec knows no such store, a package is missing, or it cannot be set up.
        OSError: If it cannot be reached.
    """
    kind = kind_of(place)
    given = tuple(sorted(kind._get_kwargs_from_urls(place.uri).items()))
    with store_errors(str(place)):
        try:
            return _client(kind, place.scheme, given, os.getpid(), threading.get_ident())
        except ImportError as error:
            raise _missing(place, error) from None
        except (TypeError, ValueError) as error:
            raise RecipeError(
                f"{place}: fsspec cannot open it: {reason_of(error)}; give what it needs in "
                f"variables FSSPEC_{place.scheme.upper()}_… or as docs/object-stores.md says"
            ) from None
        except OSError as error:
            if place.scheme == "hdfs" and "lib" in str(error):
                raise RecipeError(
                    f"{place}: needs Java and the libhdfs of Hadoop: {reason_of(error)[:100]}…; "
                    "set JAVA_HOME, HADOOP_HOME and CLASSPATH, or take webhdfs://"
                ) from None
            raise


def kind_of(place: Place) -> Any:
    """The class of a place's client.

    Raises:
        RecipeError: If fsspec knows no such scheme, or a package is missing.
    """
    if place.scheme in _NO_STORES:
        raise RecipeError(
            f"{place}: {place.scheme}:// is no store of files; unpack or copy what is behind it, "
            "and name the files themselves"
        )
    try:
        registry: Any = importlib.import_module("fsspec.registry")
    except ImportError:
        raise RecipeError(
            f"{place}: {place.scheme}:// is read by fsspec, which is not installed; "
            "pip install 'haybale[fsspec]'"
        ) from None
    try:
        return registry.get_filesystem_class(place.scheme)
    except ImportError as error:
        raise _missing(place, error) from None
    except ValueError:
        raise RecipeError(
            f"{place}: expected a local path, s3://, gs://, or what fsspec knows ({_NAMED} and "
            f"others), found {place.scheme}://; mend it, or install the package that brings it"
        ) from None


def check_output(place: Place) -> None:
    """Make sure that a build may write there.

    Raises:
        RecipeError: If it may not, with the reason.
    """
    if place.scheme not in OUTPUTS:
        reason = _WHY_NO_OUTPUT.get(
            place.scheme, "that a file shows only when it is whole is not known of it"
        )
        raise RecipeError(
            f"{place}: cannot be an output folder, {place.scheme}:// is read only: {reason}; write "
            "to a local folder, s3://, gs:// or abfs://, and copy the finished corpus"
        )


def _missing(place: Place, error: ImportError) -> RecipeError:
    """What to install: the package of the client, or what fsspec's own client is made of."""
    registry: Any = importlib.import_module("fsspec.registry")
    cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
    known = registry.known_implementations.get(place.scheme, {}).get("class", "")
    package = known.partition(".")[0]
    if package in ("", "fsspec"):
        package = (cause.name or "").partition(".")[0]
    if not package:
        return RecipeError(f"{place}: fsspec cannot open {place.scheme}://: {reason_of(error)}")
    return RecipeError(
        f"{place}: {place.scheme}:// needs the package {package}, which is not installed whole "
        f"({reason_of(cause)}); pip install {package}"
    )


@lru_cache(maxsize=64)
def _client(
    kind: Any, scheme: str, given: tuple[tuple[str, Any], ...], process: int, thread: int
) -> Any:
    settings = _web_settings(kind) if scheme in ("http", "https") else {}
    return kind(**{**dict(given), **settings}, skip_instance_cache=True)


def _web_settings(kind: Any) -> dict[str, Any]:
    """What fsspec's own configuration says, and what it must not leave out."""
    import aiohttp

    config: Any = importlib.import_module("fsspec.config")
    given = config.apply_config(kind, {})
    # In time: what a stalled server holds up. `trust_env`: proxies, and the passwords in ~/.netrc.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=STALL_SECONDS, sock_read=STALL_SECONDS)
    return {
        "headers": {"Accept-Encoding": "identity", **given.get("headers", {})},
        "client_kwargs": {
            "timeout": timeout,
            "trust_env": True,
            **given.get("client_kwargs", {}),
        },
    }

"""Files in Amazon S3, in servers that speak its protocol, and in Google Cloud Storage.

Every operation is tried with patience: see `haybale.corpus.patience`. A file appears under its key
only when it is complete, so nothing is renamed.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from haybale.corpus.errors import RecipeError
from haybale.corpus.patience import STORE, patiently, reason_of
from haybale.corpus.patient_file import PatientFile
from haybale.corpus.places import Place
from haybale.corpus.stored import StoredFile

STALL_SECONDS = 15.0
"""After which a connection to S3 that brings nothing is given up. Google's client has a bound of
its own, of two minutes."""

WHOLE_BYTES = 16 << 20
"""Files up to this size are fetched in one request when they are opened: requests cost more time
and money than bytes do, and most files of a corpus are smaller."""

AHEAD_BYTES = 8 << 20
"""Of a larger file, what a request asks for at least where it is read in order."""

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_EMULATOR = "STORAGE_EMULATOR_HOST"
_VARIABLES = (
    *_ENDPOINTS,
    *_REGIONS,
    _EMULATOR,
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
)
"""What a client is made of, besides a place's options."""

_WRITE_BYTES = 64 << 20
_CLIENT_TRIES = 3
_CLIENT_SECONDS = 15


class ObjectStore:
    """The store that a place lies in.

    Args:
        place: Any place in it.
    """

    def __init__(self, place: Place) -> None:
        self._scheme = place.scheme
        self._place = place

    @property
    def _filesystem(self) -> pafs.FileSystem:
        """The client, made when it is first asked for: that may take a request already."""
        place, given = self._place, tuple(os.environ.get(name) for name in _VARIABLES)
        return _filesystem(place.scheme, place.bucket, place.options, given, os.getpid())

    def stat(self, path: str) -> StoredFile | None:
        """What is known of a file; None where there is none."""
        found = patiently("read", self._shown(path), lambda: self._filesystem.get_file_info(path))
        return _stored(found) if found.is_file else None

    def size(self, path: str) -> int:
        """Bytes of a file; -1 where there is none. One request on S3, where `stat` takes two."""
        if self._scheme != "s3":
            found = self.stat(path)
            return -1 if found is None else found.num_bytes

        def attempt() -> int:
            with self._filesystem.open_input_file(path) as file:
                return int(file.size())

        try:
            return patiently("read", self._shown(path), attempt)
        except FileNotFoundError:
            return -1

    def list(self, path: str, *, recursive: bool = True) -> Iterator[StoredFile]:
        """Files below a prefix, in no order."""
        selector = pafs.FileSelector(path, allow_not_found=True, recursive=recursive)
        found = patiently(
            "listed", self._shown(path), lambda: self._filesystem.get_file_info(selector)
        )
        yield from (_stored(info) for info in found if info.is_file)

    def open_input(self, path: str) -> pa.NativeFile:
        """Open to be read in order or anywhere; small files are fetched whole.

        Raises:
            FileNotFoundError: If there is none.
        """
        file = PatientFile(
            self._shown(path), lambda: self._filesystem.open_input_file(path), STORE, AHEAD_BYTES
        )
        if file.num_bytes <= WHOLE_BYTES:
            with file:
                return pa.BufferReader(file.read())
        return pa.PythonFile(file, mode="r")

    def put(self, source: Path, path: str) -> None:
        """Upload a local file, and check that all of it arrived."""
        num_bytes = source.stat().st_size

        def attempt() -> None:
            try:
                self._upload(source, num_bytes, path)
            except (pa.ArrowInvalid, FileNotFoundError) as error:
                # So Google's client says where its pieces and the store's no longer agree, after
                # an answer was lost; a new upload mends it, unless there is no bucket at all.
                self._check_bucket(path)
                raise OSError(reason_of(error)) from None
            found = self.size(path)
            if found != num_bytes:
                raise OSError(f"{found} of {num_bytes} bytes arrived")

        patiently("written", self._shown(path), attempt)

    def _check_bucket(self, path: str) -> None:
        bucket = path.partition("/")[0]
        if self._filesystem.get_file_info(bucket).type == pafs.FileType.NotFound:
            raise RecipeError(
                f"{self._shown(path)}: cannot be written: there is no such bucket; mend its name, "
                "or make it"
            )

    def _upload(self, source: Path, num_bytes: int, path: str) -> None:
        with self._filesystem.open_output_stream(path) as stream:
            if num_bytes:  # of no bytes, there is nothing to map
                # Mapped, it cannot fail half way: the client would upload that half.
                with pa.memory_map(str(source)) as mapped:
                    while block := mapped.read_buffer(_WRITE_BYTES):
                        stream.write(block)

    def remove(self, path: str) -> None:
        """Delete a file, and all files below it as a prefix; nothing happens where there is none.

        Not by the client's `delete_dir`, which leaves markers of folders behind and, on Google's,
        fails half way if another deletes there too.
        """
        found = [file.path for file in self.list(path)]
        if not found and self.size(path) >= 0:
            found = [path]
        for each in found:

            def attempt(each: str = each) -> None:
                self._filesystem.delete_file(each)

            try:
                patiently("removed", self._shown(each), attempt)
            except FileNotFoundError:
                continue  # a try before, or another process, was first

    def _shown(self, path: str) -> str:
        return str(Place(self._scheme, path))


def _stored(info: pafs.FileInfo) -> StoredFile:
    return StoredFile(info.path, int(info.size), int(info.mtime_ns or 0))


@lru_cache(maxsize=16)
def _filesystem(
    scheme: str,
    bucket: str,
    options: tuple[tuple[str, str], ...],
    environment: tuple[str | None, ...],
    process: int,
) -> pafs.FileSystem:
    """One client for each store, environment and process: it holds the connections."""
    given = dict(options)
    try:
        return _s3(bucket, given) if scheme == "s3" else _gs(given)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise RecipeError(
            f"{scheme}://{bucket}: pyarrow cannot open it: {reason_of(error)}"
        ) from None


def _s3(bucket: str, options: dict[str, str]) -> pafs.S3FileSystem:
    """Signed with what the environment or `~/.aws` gives, unless anonymous."""
    endpoint, scheme = _endpoint(options, _ENDPOINTS)
    region = options.get("region") or _environment(*_REGIONS)
    if region is None and endpoint is None:
        region = patiently("read", f"s3://{bucket}", lambda: pafs.resolve_s3_region(bucket))
    return pafs.S3FileSystem(
        anonymous=options.get("anonymous") == "true",
        region=region or "us-east-1",
        endpoint_override=endpoint,
        scheme=scheme,
        force_virtual_addressing=options.get("force_virtual_addressing") == "true",
        connect_timeout=STALL_SECONDS,
        request_timeout=STALL_SECONDS,
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=_CLIENT_TRIES),
        allow_delayed_open=True,  # a small file is one request then, not three
    )


def _gs(options: dict[str, str]) -> pafs.GcsFileSystem:
    """Signed with application default credentials, unless anonymous or an emulator."""
    endpoint, scheme = _endpoint(options, (_EMULATOR,))
    is_emulator = _environment(_EMULATOR) is not None
    return pafs.GcsFileSystem(
        anonymous=options.get("anonymous", str(is_emulator).lower()) == "true",
        endpoint_override=endpoint,
        scheme=scheme,
        # By itself it would go on for 15 minutes, unseen.
        retry_time_limit=timedelta(seconds=_CLIENT_SECONDS),
    )


def _endpoint(options: dict[str, str], variables: tuple[str, ...]) -> tuple[str | None, str]:
    """Host and port of the server, None for the provider's own; and the scheme to speak."""
    given = options.get("endpoint_override") or _environment(*variables)
    if given is None:
        return None, options.get("scheme", "https")
    parts = urlsplit(given if "://" in given else f"//{given}")
    return parts.netloc, options.get("scheme") or parts.scheme or "https"


def _environment(*names: str) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)

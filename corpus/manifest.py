"""`corpus.json`: what a finished corpus is, written last, digested over everything else in it."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import CorruptShardError, ManifestMismatchError
from haybale.corpus.file_list import FileList, without_files
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder, parsed, verify_file

FORMAT = "haybale/corpus@1"
UNDER_WAY_FORMAT = "haybale/takedown-under-way@1"
"""In place of a manifest while files are exchanged: nobody may read a mixture of two corpora."""
MANIFEST_PATH = "corpus.json"


@dataclass(frozen=True)
class Manifest:
    """A finished corpus.

    Attributes:
        name: The recipe's name.
        recipe: The resolved recipe, environment variables unexpanded.
        lineage: Inputs (name, bytes, digest, per subset) and the versions that made the corpus.
        totals: `{split: {subset: {"documents", "text_bytes", "tokens", "shards"}}}`.
        weights: Share of training tokens per subset; they sum to 1.
        tokens: What the shards' ids mean.
        files: Every file of the corpus outside `run/`, sorted by path.
    """

    name: str
    recipe: dict[str, Any]
    lineage: dict[str, Any]
    totals: dict[str, dict[str, dict[str, int]]]
    weights: dict[str, float]
    tokens: TokenFormat
    files: Sequence[FileRecord]

    def as_json(self) -> dict[str, Any]:
        """The manifest's content with its own digest."""
        content = {
            "format": FORMAT,
            "name": self.name,
            "recipe": self.recipe,
            "lineage": self.lineage,
            "totals": self.totals,
            "weights": self.weights,
            "tokens": vars(self.tokens),
            "files": [file.as_json() for file in sorted(self.files, key=lambda file: file.path)],
        }
        return {**content, "digest": digest(canonical_json(content))}

    @cached_property
    def digest(self) -> str:
        """xxh3-128 of the content: the corpus's identity."""
        return str(self.as_json()["digest"])

    def file(self, path: str) -> FileRecord:
        """The record of one file.

        Raises:
            CorruptShardError: If the manifest names no such file.
        """
        if record := self.find(path):
            return record
        raise CorruptShardError(f"{path}: the manifest names no such file")

    def find(self, path: str) -> FileRecord | None:
        """The record of one file; None if the manifest names no such file."""
        if isinstance(self.files, FileList):
            return self.files.find(path)
        return next((record for record in self.files if record.path == path), None)


def write_manifest(folder: Folder, manifest: Manifest) -> FileRecord:
    """Commit `corpus.json`: from now on the corpus exists."""
    return folder.commit_bytes(MANIFEST_PATH, canonical_json(manifest.as_json()))


def read_manifest(folder: Folder) -> Manifest:
    """Read `corpus.json` and check it against its own digest.

    Raises:
        ManifestMismatchError: If there is none, or it is of another format.
        CorruptShardError: If it was changed after it was written.
    """
    if not folder.exists(MANIFEST_PATH):
        raise ManifestMismatchError(
            f"{folder.uri}: expected a finished corpus, found no {MANIFEST_PATH}; "
            "name the folder that `haybale build` wrote, or let the build finish"
        )
    data = folder.read(MANIFEST_PATH)
    raw, files = _read(data, folder.path(MANIFEST_PATH))
    manifest = Manifest(
        name=raw["name"],
        recipe=raw["recipe"],
        lineage=raw["lineage"],
        totals=raw["totals"],
        weights=raw["weights"],
        tokens=TokenFormat(**raw["tokens"]),
        files=files,
    )
    vars(manifest)["digest"] = raw["digest"]  # just compared; for 50,000 files it takes a second
    return manifest


def verify_listed(folder: Folder, manifest: Manifest, path: str) -> None:
    """Compare a file with the manifest's record of it, if it has one.

    Raises:
        CorruptShardError: If it is missing, or not what it was written as.
    """
    if record := manifest.find(path):
        verify_file(folder, record)


def _read(data: bytes, where: str) -> tuple[dict[str, Any], Sequence[FileRecord]]:
    """A manifest that has the digest it names, and its files.

    As written, its content is all of its bytes but the digest's line. Only a file that somebody
    formatted anew has to be parsed whole and serialized again.
    """
    with contextlib.suppress(ValueError):
        head, files = without_files(data)
        raw = _checked(json.loads(head), where)
        line = f'\n  "digest": "{raw.get("digest")}",'.encode()
        if digest(data.replace(line, b"", 1)) == raw.get("digest"):
            return raw, files
    raw = _checked(parsed(data, where), where)
    content = {key: value for key, value in raw.items() if key != "digest"}
    if digest(canonical_json(content)) != raw.get("digest"):
        raise CorruptShardError(
            f"{where}: its content no longer matches its own digest; the file was changed after it "
            "was written"
        )
    return raw, tuple(FileRecord.from_json(file) for file in raw["files"])


def _checked(raw: Any, where: str) -> dict[str, Any]:
    if isinstance(raw, dict) and raw.get("format") == FORMAT:
        return raw
    found = raw.get("format") if isinstance(raw, dict) else None
    if found == UNDER_WAY_FORMAT:
        raise ManifestMismatchError(
            f"{where}: documents are just being taken down from this corpus, or that was stopped "
            "half way: wait until it is done, or finish it by the same `haybale remove` again"
        )
    raise ManifestMismatchError(f"{where}: expected format {FORMAT}, found {found}")

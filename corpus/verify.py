"""Checks a finished corpus against its manifest: every byte, and on request every count."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from haybale.corpus.errors import CorruptShardError, HaybaleError
from haybale.corpus.manifest import Manifest, read_manifest
from haybale.corpus.shards import INDEX_PATH, batch_digest, read_format, read_index
from haybale.corpus.storage import Folder, verify_file


@dataclass(frozen=True)
class Verification:
    """What was checked.

    Attributes:
        num_files: Files hashed again.
        num_bytes: Their size.
        documents: In shards.
        tokens: In shards.
        problems: One line each; empty for a sound corpus.
    """

    num_files: int
    num_bytes: int
    documents: int
    tokens: int
    problems: tuple[str, ...]


def verify_corpus(
    folder: Folder, *, full: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Verification:
    """Hash every file that the manifest names and add up the index; go on after a problem.

    Args:
        folder: The corpus.
        full: Also read every shard: count its documents and tokens, check each record batch's
            digest, that ids are within the vocabulary, that every document ends with EOS, and that
            no document is in two shards.
        progress: Told each file's path before it is read.

    Raises:
        ManifestMismatchError: If there is no finished corpus.
        CorruptShardError: If the manifest itself is damaged.
    """
    manifest = read_manifest(folder)
    problems = []
    for record in manifest.files:
        progress(record.path)
        try:
            verify_file(folder, record)
        except HaybaleError as error:
            problems.append(str(error))
    checks = [_check_totals, _check_shards] if full else [_check_totals]
    for check in checks:
        try:
            check(folder, manifest)
        except (HaybaleError, pa.ArrowException, OSError) as error:
            problems.append(str(error))
    counts = [counts for subsets in manifest.totals.values() for counts in subsets.values()]
    return Verification(
        num_files=len(manifest.files),
        num_bytes=sum(record.num_bytes for record in manifest.files),
        documents=sum(count["documents"] for count in counts),
        tokens=sum(count["tokens"] for count in counts),
        problems=tuple(problems),
    )


def _check_totals(folder: Folder, manifest: Manifest) -> None:
    """The index adds up to the manifest's totals."""
    index = read_index(folder)
    grouped = index.group_by(["split", "subset"]).aggregate([("rows", "sum"), ("tokens", "sum")])
    found = {
        (row["split"], row["subset"]): (row["rows_sum"], row["tokens_sum"])
        for row in grouped.to_pylist()
    }
    for split, subsets in manifest.totals.items():
        for subset, counts in subsets.items():
            expected = (counts["documents"], counts["tokens"])
            if found.get((split, subset), (0, 0)) != expected:
                raise CorruptShardError(
                    f"{folder.path(INDEX_PATH)}: {split}/{subset} has (documents, tokens) "
                    f"{found.get((split, subset))}, the manifest says {expected}"
                )


def _check_shards(folder: Folder, manifest: Manifest) -> None:
    """Every record batch is what the index says, and every document is whole and unique."""
    seen: list[pa.Array] = []
    for row in read_index(folder).to_pylist():
        reader = pa.ipc.open_file(folder.open(row["shard"]))
        where = f"{folder.path(row['shard'])}, record batch {row['batch']}"
        if read_format(reader.schema, row["shard"]) != manifest.tokens:
            raise CorruptShardError(f"{where}: its tokenizer is not the manifest's")
        batch = reader.get_batch(row["batch"])
        if batch_digest(batch) != row["digest"]:
            raise CorruptShardError(f"{where}: its digest is not the index's")
        _check_batch(batch, manifest, where)
        seen.append(batch.column("doc_id"))
    ids = pa.chunked_array(seen, pa.binary(16))
    if len(ids.unique()) != len(ids):
        raise CorruptShardError(f"{folder.uri}: some document is in the shards more than once")


def _check_batch(batch: pa.RecordBatch, manifest: Manifest, where: str) -> None:
    tokens = batch.column("tokens")
    values = tokens.flatten().to_numpy()
    lengths = tokens.value_lengths().to_numpy()
    if values.size and int(values.max()) >= manifest.tokens.vocabulary_size:
        raise CorruptShardError(f"{where}: an id is beyond the vocabulary")
    ends = np.cumsum(lengths) - 1
    if (lengths == 0).any() or (values[ends] != manifest.tokens.eos_id).any():
        raise CorruptShardError(f"{where}: a document does not end with EOS")

"""Token files of other trainers to a corpus: shards, index and manifest, as a build writes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import haybale
from haybale.corpus.digests import digest, document_ids
from haybale.corpus.errors import CorruptInputError, RecipeError
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import TokenFormat, token_batch, tokens_schema, write_index, write_shard
from haybale.corpus.storage import Folder
from haybale.corpus.tokenizer_file import path_for
from haybale.loaders.importing.cut import cut_shards
from haybale.loaders.importing.settings import ImportSettings
from haybale.loaders.importing.token_file import Block, TokenFile

SPLIT = "train"
NO_TOKENIZER = "unknown"
"""Stands for the tokenizer's digest where no tokenizer was given."""


def import_corpus(
    peer: str,
    files: Mapping[str, list[TokenFile]],
    settings: ImportSettings,
    output: Folder,
    tokenizer: bytes | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write a corpus of the documents of token files, the manifest last.

    A document's id is made from subset, the file's name and the document's number in it.

    Args:
        peer: Name of the format; it enters the manifest.
        files: By subset, in the order of their documents.
        settings: What the files do not say.
        output: An empty folder.
        tokenizer: The model's file, if it is known: its digest enters the shards.
        progress: Told how many tokens were read since it was last told.

    Raises:
        CorruptInputError: If a file contradicts itself or has ids beyond the vocabulary, or a
            document does not end with EOS.
        RecipeError: If there is no document.
    """
    token_format = TokenFormat(
        tokenizer=NO_TOKENIZER if tokenizer is None else digest(tokenizer),
        vocabulary_size=settings.vocabulary_size,
        bos_id=settings.bos_id,
        eos_id=settings.eos_id,
        unk_id=settings.unk_id,
    )
    records: list[FileRecord] = []
    tables: list[pa.Table] = []
    totals: dict[str, dict[str, int]] = {}
    for subset in sorted(files):
        schema = tokens_schema(token_format, subset, SPLIT)
        pieces = _pieces(files[subset], subset, schema, token_format, settings, progress)
        written = _write_shards(output, subset, schema, cut_shards(pieces, settings.target_tokens))
        records += [record for record, _ in written]
        tables += [rows for _, rows in written]
        totals[subset] = _counts([rows for _, rows in written])
    num_tokens = sum(counts["tokens"] for counts in totals.values())
    if num_tokens == 0:
        raise RecipeError("there is no document in any of the files")
    records.append(write_index(output, tables))
    if tokenizer is not None:
        records.append(output.commit_bytes(path_for(tokenizer), tokenizer))
    manifest = Manifest(
        name=settings.name,
        recipe={"name": settings.name, "import": {"format": peer, **vars(settings)}},
        lineage=_lineage(files),
        totals={SPLIT: totals, "validation": {}},
        weights={subset: counts["tokens"] / num_tokens for subset, counts in totals.items()},
        tokens=token_format,
        files=tuple(records),
    )
    write_manifest(output, manifest)
    return manifest


def _write_shards(
    output: Folder, subset: str, schema: pa.Schema, shards: Iterable[Iterator[pa.RecordBatch]]
) -> list[tuple[FileRecord, pa.Table]]:
    """Of each shard of a subset its record, and its rows of the index."""
    return [
        write_shard(output, f"shards/{SPLIT}/{subset}/{number:05d}.arrow", schema, shard)
        for number, shard in enumerate(shards)
    ]


def _pieces(
    files: Iterable[TokenFile],
    subset: str,
    schema: pa.Schema,
    token_format: TokenFormat,
    settings: ImportSettings,
    progress: Callable[[int], None],
) -> Iterator[pa.RecordBatch]:
    for file in files:
        for block in file.blocks():
            num_documents = len(block.lengths)
            if num_documents == 0:
                continue
            _check_range(file, block, settings.vocabulary_size)
            ended = _with_eos(file, block, settings)
            positions = range(block.first, block.first + num_documents)
            yield token_batch(
                schema,
                document_ids(subset, file.name, positions),
                np.append(0, np.cumsum(ended.lengths)),
                ended.ids.astype(token_format.dtype, copy=False),
            )
            progress(len(block.ids))


def _check_range(file: TokenFile, block: Block, vocabulary_size: int) -> None:
    for found in (int(block.ids.min(initial=0)), int(block.ids.max(initial=0))):
        if not 0 <= found < vocabulary_size:
            at = int(np.argmax(block.ids == found))
            document = int(np.searchsorted(np.cumsum(block.lengths), at, side="right"))
            raise CorruptInputError(
                file.path,
                block.first + document,
                f"document {block.first + document} has the id {found}, which is not in a "
                f"vocabulary of {vocabulary_size}",
            )


def _with_eos(file: TokenFile, block: Block, settings: ImportSettings) -> Block:
    """The block, EOS behind documents without it if that was asked."""
    ends = np.cumsum(block.lengths)
    last: npt.NDArray[Any] = np.full(len(ends), -1, np.int64)
    filled = block.lengths > 0
    last[filled] = block.ids[ends[filled] - 1]
    without = np.flatnonzero(last != settings.eos_id)
    if not without.size:
        return block
    if not settings.append_eos:
        document = block.first + int(without[0])
        found = "is empty" if last[without[0]] < 0 else f"ends with {last[without[0]]}"
        raise CorruptInputError(
            file.path,
            document,
            f"document {document} {found}, expected EOS {settings.eos_id}; is --eos-id right? "
            "--append-eos adds what is missing",
        )
    lengths = block.lengths.copy()
    lengths[without] += 1
    return Block(block.first, lengths, np.insert(block.ids, ends[without], settings.eos_id))


def _counts(tables: list[pa.Table]) -> dict[str, int]:
    """Of one subset's shards; how many bytes of text they come from is not known."""
    return {
        "documents": sum(int(np.sum(table.column("rows"))) for table in tables),
        "text_bytes": 0,
        "tokens": sum(int(np.sum(table.column("tokens"))) for table in tables),
        "shards": len(tables),
    }


def _lineage(files: Mapping[str, list[TokenFile]]) -> dict[str, Any]:
    inputs = {
        subset: [
            {"name": record.path, "bytes": record.num_bytes, "digest": record.digest}
            for file in files[subset]
            for record in file.inputs()
        ]
        for subset in sorted(files)
    }
    versions = {name: version(name) for name in ("numpy", "pyarrow")}
    return {"inputs": inputs, "versions": {"haybale": haybale.__version__, **versions}}

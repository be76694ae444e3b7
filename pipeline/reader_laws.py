"""What every reader and every key of duplicates must hold: checks for other packages' tests."""

import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from haybale.corpus.documents import DOCUMENTS
from haybale.pipeline.dedup.keys import Key
from haybale.pipeline.sources import Reader
from haybale.pipeline.sources.records import ReadOptions, Records


def check_reader(reader: Reader, file: str, num_damages: int = 100) -> list[dict[str, Any]]:
    """Check a reader on a file: whole, and with damage of all kinds.

    Nothing that a file holds makes it raise; positions grow; the same file gives the same.

    Args:
        reader: A module with NAME, SUFFIXES and read.
        file: A small one of its format.
        num_damages: How many damaged copies are tried; always the same ones.

    Returns:
        The file's documents, as dictionaries with the columns of DOCUMENTS.

    Raises:
        AssertionError: Saying which law is broken, and how the file was damaged.
    """
    whole, dice = Path(file).read_bytes(), random.Random(0)
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(file).name
        path.write_bytes(whole)
        found = _read(reader, path, "whole")
        assert found == _read(reader, path, "whole"), "expected the same from the same file"
        for _ in range(num_damages):
            at, length = dice.randrange(len(whole) + 1), dice.randrange(1, 50)
            kind = dice.choice(("cut at", "bytes lost at", "noise at"))
            noise = {"cut at": b"", "bytes lost at": whole[at + length :]}.get(
                kind, dice.randbytes(length) + whole[at:]
            )
            path.write_bytes(whole[:at] + noise)
            _read(reader, path, f"{kind} byte {at}")
    return found


def check_key(key: Key, documents: Sequence[dict[str, Any]]) -> list[bytes | None]:
    """Check a key of duplicates: a document's depends on no other.

    Args:
        key: As `keys()` has it.
        documents: With values for some columns of DOCUMENTS.

    Returns:
        The key of each, digested; None where it is nobody's duplicate.

    Raises:
        AssertionError: Saying which law is broken.
        RecipeError: If it returns something else than a string or null for each document.
    """
    together = _keys(key, documents)
    for document, found in zip(documents, together, strict=True):
        assert _keys(key, [document]) == [found], (
            f"{key.name}: a document's key must not depend on those beside it: {document}"
        )
    assert _keys(key, []) == []
    return together


def _keys(key: Key, documents: Sequence[dict[str, Any]]) -> list[bytes | None]:
    columns = [pa.array([one.get(at.name) for one in documents], at.type) for at in DOCUMENTS]
    batch = pa.RecordBatch.from_arrays(columns, names=DOCUMENTS.names)
    return list(key.digests(batch, batch.column("text")).to_pylist())


def _read(reader: Reader, path: Path, damage: str) -> list[dict[str, Any]]:
    options = ReadOptions("web", path.name, {}, None, 1 << 20, lambda html, _: html.decode())
    try:
        batches: list[Records] = list(reader.read(str(path), options))
    except Exception as error:
        raise AssertionError(
            f"{reader.NAME}: nothing that a file holds may raise; {path.name}, {damage}, raised "
            f"{type(error).__name__}: {error}"
        ) from error
    positions = [position for batch in batches for position in batch.positions]
    assert positions == sorted(set(positions)), f"{reader.NAME}: {damage}: positions must grow"
    for batch in batches:
        assert batch.documents.schema == DOCUMENTS, f"{reader.NAME}: expected the schema DOCUMENTS"
    return [row for batch in batches for row in batch.documents.to_pylist()]

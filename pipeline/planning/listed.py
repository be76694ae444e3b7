"""Lists of ids that a build goes by, read: see `haybale.corpus.id_lists` and `IdSettings`.

A part reads its own rows: documents of one file stand together in a list, so most row groups are
skipped by their statistics, and memory does not grow with the list.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from haybale.corpus.errors import RecipeError, SchemaError
from haybale.corpus.id_lists import CUTS, CUTS_DIGEST, FORMAT, KEPT
from haybale.corpus.storage import open_input
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.recipe.loaded import LoadedRecipe

NOT_LISTED = "ids/not_listed@1"
"""Rule: the document is not on the list of those that stay."""

_BLOCK_BYTES = 1 << 22


def list_digests(loaded: LoadedRecipe) -> dict[str, str]:
    """xxh3-128 of each list that the recipe names, by its setting."""
    return {where: _digest(path, where) for where, path in _paths(loaded)}


def kept_of_part(loaded: LoadedRecipe, part: Part, first: int, stop: int | None) -> pa.Table:
    """Documents of a part that stay: `doc_id` and `family`, in the order of the list.

    Args:
        loaded: The recipe.
        part: Of the plan.
        first: Which of its file's records is the part's first, where it is a piece of that.
        stop: The record behind its last; None: all that follow are the part's.
    """
    (where, path), *_ = _paths(loaded)
    mine = [("record", ">=", first)]
    mine += [] if stop is None else [("record", "<", stop)]
    return _of_part(path, where, part, ["doc_id", "family"], *mine)


def cuts_of_part(loaded: LoadedRecipe, part: Part, stage: str, doc_ids: pa.Array) -> pa.Table:
    """What a stage cut out of documents of a part: `doc_id` and the columns of EDITS but `row`."""
    _, (where, path) = _paths(loaded)
    columns = ["doc_id", "start", "stop", "replacement", "rule"]
    mine = [("stage", "=", stage)]
    if part.piece is not None:
        mine.append(("doc_id", "in", doc_ids))
    return _of_part(path, where, part, columns, *mine)


def cutting_stages(loaded: LoadedRecipe) -> list[str]:
    """Stages that cut, as the list has them; none where there is no list."""
    _, *cuts = _paths(loaded)
    found: set[str] = set()
    for where, path in cuts:
        with _opened(path, where, CUTS) as file:
            for batch in file.iter_batches(columns=["stage"]):
                found |= set(batch.column("stage").unique().to_pylist())
    return sorted(found)


def check_lists(loaded: LoadedRecipe, parts: tuple[Part, ...]) -> None:
    """Check lists against each other and against the input, before any work is done.

    Raises:
        RecipeError: If a list is missing, the two do not belong together, or documents are listed
            of files that are not among the input.
        SchemaError: If one is no list of its kind.
    """
    (where, path), *cuts = _paths(loaded)
    with _opened(path, where, KEPT) as file:
        _check_cuts(path, (file.schema_arrow.metadata or {})[CUTS_DIGEST.encode()].decode(), cuts)
        known = {(part.subset, each.name) for part in parts for each in part.files}
        listed = _files(file)
        if not listed:
            raise RecipeError(f"{where}: {path} lists no document, so there is nothing to build")
    if unknown := sorted(listed - known):
        subset, name = unknown[0]
        raise RecipeError(
            f"{where}: lists documents of {len(unknown)} files that are not among the input; the "
            f"first is {name} of subset {subset}: give the sources of the first build"
        )


def _check_cuts(kept: str, expected: str, cuts: list[tuple[str, str]]) -> None:
    if expected and not cuts:
        raise RecipeError(
            f"ids: the first build cut text out of documents that {kept} lists; give its list of "
            "cuts too, as ids.cuts"
        )
    for where, path in cuts:
        found = _digest(path, where)
        if found != expected:
            raise RecipeError(
                f"{where}: {path} has digest {found}, {kept} belongs to a list of cuts with digest "
                f"{expected or 'none'}; give both lists of one build"
            )
        with _opened(path, where, CUTS):
            pass


def _files(file: pq.ParquetFile) -> set[tuple[str, str]]:
    """Subset and name of every file that a list names."""
    names = ["subset", "file"]
    found: set[tuple[str, str]] = set()
    for batch in file.iter_batches(columns=names):
        pairs = pa.Table.from_batches([batch]).group_by(names).aggregate([])
        found |= {(row["subset"], row["file"]) for row in pairs.to_pylist()}
    return found


def _paths(loaded: LoadedRecipe) -> list[tuple[str, str]]:
    """Setting and place of each list: the kept, then the cuts, if they are given."""
    settings = loaded.recipe.ids
    if settings is None:
        return []
    return [
        (f"ids.{name}", loaded.locate(path, f"ids.{name}"))
        for name, path in vars(settings).items()
        if path is not None
    ]


def _digest(path: str, where: str) -> str:
    hasher = xxhash.xxh3_128()
    try:
        with open_input(path) as stream:
            while block := stream.read(_BLOCK_BYTES):
                hasher.update(block)
    except FileNotFoundError:
        raise RecipeError(f"{where}: {path} does not exist; mend the path") from None
    return hasher.hexdigest()


def _of_part(
    path: str, where: str, part: Part, columns: list[str], *filters: tuple[str, str, Any]
) -> pa.Table:
    files = [file.name for file in part.files]
    mine = [("subset", "=", part.subset), ("file", "in", files), *filters]
    try:
        with open_input(path) as raw:
            return pq.read_table(raw, columns=columns, filters=mine, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise SchemaError(f"{where}: {path}: cannot be read: {error}") from None


@contextlib.contextmanager
def _opened(path: str, where: str, schema: pa.Schema) -> Iterator[pq.ParquetFile]:
    """Open a list of that schema."""
    try:
        with open_input(path) as raw, pq.ParquetFile(raw) as file:
            _check_schema(path, where, file.schema_arrow, schema)
            yield file
    except FileNotFoundError:
        raise RecipeError(f"{where}: {path} does not exist; mend the path") from None
    except (pa.ArrowException, OSError) as error:
        raise SchemaError(f"{where}: {path}: expected Parquet: {error}") from None


def _check_schema(path: str, where: str, found: pa.Schema, expected: pa.Schema) -> None:
    there = (found.metadata or {}).get(b"format", b"none").decode()
    if there != FORMAT:
        raise SchemaError(
            f"{where}: {path}: expected format {FORMAT}, found {there}; give a list that haybale "
            "wrote, or keep its metadata when you change it"
        )
    for field in expected:
        if field.name not in found.names or found.field(field.name).type != field.type:
            raise SchemaError(f"{where}: {path}: expected a column {field.name} of {field.type}")

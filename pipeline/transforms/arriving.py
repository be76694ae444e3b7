"""What arrives at a transform: checked when the graph is built, and batch by batch."""

from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.transforms.window import GlobalWindows
from apache_beam.typehints.typehints import AnyTypeConstraint

from haybale.corpus.documents import DOCUMENTS
from haybale.corpus.errors import RecipeError, SchemaError

_NEVER_NULL = ("doc_id", "text")


def expect_batches(arriving: beam.PCollection, transform: str) -> None:
    """Check the declared element type; one that is not declared is checked as batches arrive.

    Raises:
        RecipeError: If other elements than record batches are declared.
    """
    found = arriving.element_type
    undeclared = found is None or isinstance(found, AnyTypeConstraint)
    if not undeclared and found is not pa.RecordBatch:
        name = getattr(found, "__name__", None) or str(found)
        raise RecipeError(
            f"{transform}: expected a PCollection of pyarrow.RecordBatch, found one of {name}; put "
            "ToDocuments() in front"
        )


def expect_all_at_once(arriving: beam.PCollection, transform: str) -> None:
    """Check that every document is there to be compared with every other.

    Raises:
        RecipeError: If the PCollection has no end, or is cut into windows.
    """
    if not arriving.is_bounded:
        raise RecipeError(
            f"{transform}: expected a PCollection with an end, found an unbounded one; documents "
            "are compared with all others, so read them from files"
        )
    windows = arriving.windowing.windowfn
    if not isinstance(windows, GlobalWindows):
        raise RecipeError(
            f"{transform}: expected one window for all documents, found {type(windows).__name__}; "
            "put beam.WindowInto(beam.window.GlobalWindows()) in front"
        )


def expect_columns(batch: Any, columns: Sequence[str], transform: str) -> pa.RecordBatch:
    """Check a batch that arrives.

    Args:
        batch: The element.
        columns: Of DOCUMENTS; the others may be missing, or be anything.
        transform: Its name, for errors.

    Returns:
        The batch, with a `text` of type string made large_string.

    Raises:
        SchemaError: If it is none, lacks a column, or has one of another type or with nulls where
            there may be none.
    """
    if not isinstance(batch, pa.RecordBatch):
        raise SchemaError(
            f"{transform}: expected a pyarrow.RecordBatch, found {type(batch).__name__}; put "
            "ToDocuments() in front"
        )
    place = batch.schema.get_field_index("text")
    if place >= 0 and batch.schema.types[place] == pa.string():
        texts = pc.cast(batch.column(place), pa.large_string())
        batch = batch.set_column(place, DOCUMENTS.field("text"), texts)
    for name in columns:
        expected = DOCUMENTS.field(name).type
        at = batch.schema.get_field_index(name)
        if at < 0:
            raise SchemaError(
                f"{transform}: expected one column {name!r} of {expected}, found the columns "
                f"{', '.join(batch.schema.names) or 'none'}; ToDocuments() makes all of them"
            )
        if batch.schema.types[at] != expected:
            raise SchemaError(
                f"{transform}: column {name!r}: expected {expected}, found "
                f"{batch.schema.types[at]}; cast it"
            )
        if name in _NEVER_NULL and batch.column(at).null_count:
            row = pc.index(batch.column(at).is_null(), True).as_py()
            raise SchemaError(
                f"{transform}: column {name!r}: expected no nulls, found one at row {row} of a "
                "batch; leave such documents out"
            )
    return batch


def with_column(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    """The batch with a column of DOCUMENTS in its place, or behind the others if it had none."""
    place = batch.schema.get_field_index(name)
    if place < 0:
        return batch.append_column(DOCUMENTS.field(name), values)
    return batch.set_column(place, DOCUMENTS.field(name), values)

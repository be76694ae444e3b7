"""Runs a graph in this process and hands over what comes out of it."""

from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

CAME_OUT: dict[str, list[Any]] = {}


def note(element: Any, name: str) -> None:
    CAME_OUT[name].append(element)


def unpack_batches(blob: bytes) -> Iterable[pa.RecordBatch]:
    with pa.ipc.open_stream(blob) as reader:
        yield from reader


def give(batches: Iterable[pa.RecordBatch]) -> beam.PTransform:
    """A source of these batches, as they are."""
    batches = list(batches)
    blobs = []
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        blobs.append(sink.getvalue().to_pybytes())
    return _Give(blobs)


class _Give(beam.PTransform):
    def __init__(self, blobs: list[bytes]) -> None:
        super().__init__()
        self._blobs = blobs

    def expand(self, root: Any) -> beam.PCollection[pa.RecordBatch]:
        unpack = beam.FlatMap(unpack_batches).with_output_types(pa.RecordBatch)
        return root | beam.Create(self._blobs) | unpack


@pytest.fixture
def run() -> Callable[..., Any]:
    """Builds a graph from its root; what it returns by name comes out as lists, and counters."""

    def run(graph: Callable[[beam.Pipeline], dict[str, beam.PCollection]]) -> Any:
        CAME_OUT.clear()
        root = beam.Pipeline(FnApiRunner(), options=PipelineOptions([]))
        for name, collection in graph(root).items():
            CAME_OUT[name] = []
            _ = collection | f"Note {name}" >> beam.Map(note, name)
        result = root.run()
        result.wait_until_finish()
        counters = {
            found.key.metric.name: found.committed
            for found in result.metrics().query()["counters"]
            if found.key.metric.namespace == "haybale"
        }
        return {**CAME_OUT, "counters": counters}

    return run


@pytest.fixture
def batches_of() -> Callable[..., beam.PTransform]:
    return give


def rows_of(batches: Iterable[pa.RecordBatch]) -> list[dict[str, Any]]:
    """All rows, in an order that arrival has no part in."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    return sorted(rows, key=repr)


@pytest.fixture
def rows() -> Callable[..., list[dict[str, Any]]]:
    return rows_of

"""How Beam encodes record batches, should one ever cross a boundary between stages.

No transform here lets one: only bytes and small integers cross a shuffle. But Beam's default for an
unknown type is pickle, and a pickled 10-row slice ships its whole parent; so the Arrow IPC stream
is registered as a safety net.
"""

from typing import Any

import apache_beam as beam
import pyarrow as pa


class RecordBatchCoder(beam.coders.Coder):  # type: ignore[misc]
    """A record batch as an Arrow IPC stream of one batch; slices are cut to their rows."""

    def encode(self, batch: pa.RecordBatch) -> bytes:
        """The stream, schema included."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return bytes(sink.getvalue())

    def decode(self, encoded: bytes) -> pa.RecordBatch:
        """The batch, without copying."""
        with pa.ipc.open_stream(encoded) as reader:
            return reader.read_next_batch()

    def is_deterministic(self) -> bool:
        """Never a key."""
        return False

    def to_type_hint(self) -> Any:
        """What it encodes."""
        return pa.RecordBatch


beam.coders.registry.register_coder(pa.RecordBatch, RecordBatchCoder)

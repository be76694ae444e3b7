"""A document by itself: one row of a batch whose bytes tell nothing of what stood beside it."""

import pyarrow as pa

from haybale.pipeline.coders import RecordBatchCoder


def alone(batch: pa.RecordBatch, row: int) -> pa.RecordBatch:
    """One row of a batch, with dictionaries of its own values only.

    The same row of whatever batch is encoded to the same bytes.
    """
    one = batch.take(pa.array([row]))  # a slice would share the batch's buffers
    return pa.RecordBatch.from_arrays([_own(column) for column in one.columns], schema=one.schema)


def _own(array: pa.Array) -> pa.Array:
    """What was just taken, with dictionaries, however deep in it, of its own values only."""
    kind = array.type
    if not _has_dictionary(kind):
        return array
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, _own(array.storage))
    if pa.types.is_dictionary(kind):
        return _own_dictionary(array)
    buffers = array.buffers()[: kind.num_buffers]
    children = [_own(child) for child in _children(array)]
    nulls = array.null_count
    return pa.Array.from_buffers(kind, len(array), buffers, nulls, children=children)


def _own_dictionary(array: pa.DictionaryArray) -> pa.DictionaryArray:
    """With each value once, in the order in which they first come."""
    numbers: dict[bytes, int] = {}
    places: list[int | None] = []
    for index in array.indices:
        if not index.is_valid:
            places.append(None)
            continue
        # By their bytes: values that differ in the batch's dictionary may be the same.
        value = _own(array.dictionary.take(pa.array([index.as_py()])))
        places.append(numbers.setdefault(_encoded(value), len(numbers)))
    first = [places.index(number) for number in range(len(numbers))]
    values = _own(array.dictionary.take(array.indices.take(pa.array(first, pa.int64()))))
    indices = pa.array(places, array.type.index_type)
    return pa.DictionaryArray.from_arrays(indices, values, ordered=array.type.ordered)


def _encoded(value: pa.Array) -> bytes:
    return RecordBatchCoder().encode(pa.RecordBatch.from_arrays([value], ["value"]))


def _children(array: pa.Array) -> list[pa.Array]:
    kind = array.type
    if pa.types.is_struct(kind) or pa.types.is_union(kind):
        return [array.field(at) for at in range(kind.num_fields)]
    return [array.values]  # lists of all sorts, maps among them


def _has_dictionary(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return _has_dictionary(kind.storage_type)
    fields = (kind.field(at) for at in range(kind.num_fields))
    return pa.types.is_dictionary(kind) or any(_has_dictionary(field.type) for field in fields)

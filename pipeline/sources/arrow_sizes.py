"""How many bytes the values of an Arrow array come to when each is written out.

An array may be far smaller than its values: codes, views and runs name one string many times.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Int64s = npt.NDArray[np.int64]

_NUMBER_BYTES = 8


def value_bytes(array: pa.Array) -> Int64s:
    """int64[rows]: bytes of each value, of strings within lists and structs as well.

    Args:
        array: Valid, as `validate(full=True)` says.

    Raises:
        ValueError: If a type is none of those that can be measured, such as a union.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _taken(value_bytes(array.dictionary), array.indices)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return _valid(_view_lengths(array), array)
    if pa.types.is_run_end_encoded(kind):
        return _of_runs(array)
    if isinstance(array, pa.ExtensionArray):
        return value_bytes(array.storage)
    if pa.types.is_union(kind):
        raise ValueError(f"columns of type {kind} are not read")
    if is_string(kind):
        return np.asarray(pc.fill_null(pc.binary_length(array), 0), np.int64)
    if pa.types.is_struct(kind):
        fields = [value_bytes(array.field(at)) for at in range(kind.num_fields)]
        return _valid(sum(fields, _numbers(array)), array)
    if pa.types.is_nested(kind):
        return _valid(_of_lists(array), array)
    return _numbers(array)


def is_string(kind: pa.DataType) -> bool:
    """Whether values are strings or bytes, behind each other in one buffer."""
    return kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


def _numbers(array: pa.Array) -> Int64s:
    return np.full(len(array), _NUMBER_BYTES, np.int64)


def _valid(sizes: Int64s, array: pa.Array) -> Int64s:
    """Of a null nothing is written, whatever is behind it."""
    return np.where(array.is_valid().to_numpy(zero_copy_only=False), sizes, 0)


def _taken(sizes: Int64s, codes: pa.Array) -> Int64s:
    if not len(sizes):
        return np.zeros(len(codes), np.int64)
    return _valid(sizes[pc.fill_null(codes, 0).to_numpy()], codes)


def _view_lengths(array: pa.Array) -> Int64s:
    """The first word of each view (Arrow columnar format, variable-size binary view layout)."""
    views: Any = np.frombuffer(array.buffers()[1] or b"", np.int32).reshape(-1, 4)
    return np.asarray(views[array.offset : array.offset + len(array), 0], np.int64)


def _of_runs(array: pa.Array) -> Int64s:
    ends = np.asarray(array.run_ends).astype(np.int64)
    rows = np.arange(array.offset, array.offset + len(array))
    return value_bytes(array.values)[np.searchsorted(ends, rows, "right")]


def _of_lists(array: pa.Array) -> Int64s:
    """Lists, maps and list views: the sum over each one's values."""
    if pa.types.is_fixed_size_list(array.type):
        width = array.type.list_size
        starts = (np.arange(len(array)) + array.offset) * width
        stops = starts + width
    elif pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        starts = array.offsets.to_numpy().astype(np.int64)
        stops = starts + array.sizes.to_numpy()
    else:
        offsets = array.offsets.to_numpy().astype(np.int64)
        starts, stops = offsets[:-1], offsets[1:]
    values = array.values if not pa.types.is_map(array.type) else _entries(array)
    before = np.r_[0, np.cumsum(value_bytes(values))]
    return np.asarray(before[stops] - before[starts] + _NUMBER_BYTES, np.int64)


def _entries(array: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"])

"""Checks all of an Arrow batch but the UTF-8 of its strings: of these one is wrong, not all."""

import pyarrow as pa

_BYTES = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
}


def check_batch(batch: pa.RecordBatch, num_rows: int) -> None:
    """Check a batch, so that its values can be touched.

    Args:
        batch: As it was read.
        num_rows: As its message declares.

    Raises:
        ValueError: If it is not valid; NotImplementedError for what cannot be checked.
    """
    if batch.num_rows != num_rows:
        raise ValueError(f"{num_rows} rows declared, {batch.num_rows} found")
    for column in batch.columns:
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            if "UTF8" not in str(error):
                raise
            _as_bytes(column).validate(full=True)


def _as_bytes(array: pa.Array) -> pa.Array:
    """The array, its strings taken for bytes."""
    if pa.types.is_dictionary(array.type):
        # A view of codes is none of what they stand for. Codes are checked as this is made.
        return pa.DictionaryArray.from_arrays(array.indices, _as_bytes(array.dictionary))
    return array.view(_bytes_type(array.type))


def _bytes_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_bytes_type(field.type)) for field in kind])
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_bytes_type(kind.value_type)))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_bytes_type(kind.value_type)))
    if pa.types.is_fixed_size_list(kind):
        values = kind.value_field.with_type(_bytes_type(kind.value_type))
        return pa.list_(values, kind.list_size)
    return _BYTES.get(kind, kind)

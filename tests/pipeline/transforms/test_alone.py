"""A row is encoded to the same bytes whatever stood beside it, of whatever type its columns are."""

import pyarrow as pa
import pytest

from haybale.pipeline.coders import RecordBatchCoder
from haybale.pipeline.transforms.deduplication.alone import alone


class Tag(pa.ExtensionType):
    """A type of somebody's own that is stored by dictionary."""

    def __init__(self):
        super().__init__(pa.dictionary(pa.int8(), pa.string()), "haybale.test_tag")

    def __arrow_ext_serialize__(self):
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type, serialized):
        return cls()


@pytest.fixture(autouse=True)
def registered():
    pa.register_extension_type(Tag())
    yield
    pa.unregister_extension_type("haybale.test_tag")


def by_dictionary(values, kind, indices=(0, 1, 2)):
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), pa.array(values, kind))


TAGS = by_dictionary(["a", "b", "c"], pa.string())
DAYS = by_dictionary([19000, 19001, 19002], pa.date32())
EACH = pa.array([0, 1, 2, 3], pa.int32())
ARRAYS = {
    "plain": lambda: pa.array([1, 2, 3]),
    "string": lambda: TAGS,
    "ordered": lambda: pa.DictionaryArray.from_arrays(TAGS.indices, TAGS.dictionary, ordered=True),
    "date": lambda: DAYS,
    "timestamp": lambda: by_dictionary([1, 2, 3], pa.timestamp("us")),
    "list in a dictionary": lambda: by_dictionary([[1], [2, 2], [3]], pa.list_(pa.int8())),
    "struct in a dictionary": lambda: by_dictionary(
        [{"a": 1}, {"a": 2}, {"a": 3}], pa.struct({"a": pa.int8()})
    ),
    "dictionary in a dictionary": lambda: pa.DictionaryArray.from_arrays(
        TAGS.indices, pa.ListArray.from_arrays(EACH, TAGS)
    ),
    "extension": lambda: pa.ExtensionArray.from_storage(Tag(), TAGS),
    "list of extensions": lambda: pa.ListArray.from_arrays(
        EACH, pa.ExtensionArray.from_storage(Tag(), TAGS)
    ),
    "struct": lambda: pa.StructArray.from_arrays(
        [TAGS, DAYS], ["tag", "day"], mask=pa.array([False, True, False])
    ),
    "list": lambda: pa.ListArray.from_arrays(EACH, DAYS),
    "large list": lambda: pa.LargeListArray.from_arrays(EACH.cast(pa.int64()), TAGS),
    "fixed list": lambda: pa.FixedSizeListArray.from_arrays(TAGS, 1),
    "map": lambda: pa.MapArray.from_arrays(EACH, pa.array(["k", "l", "m"]), TAGS),
    "sparse union": lambda: pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), [TAGS, DAYS]),
    "dense union": lambda: pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [TAGS, DAYS]
    ),
    "null index": lambda: by_dictionary(["a", "b"], pa.string(), [None, 1, 0]),
    "null value": lambda: by_dictionary([None, "b"], pa.string(), [0, 1, 0]),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_row_is_the_same_beside_others_in_another_order_and_by_itself(name):
    array = ARRAYS[name]()
    backwards = encoded_rows(array.take(pa.array([2, 1, 0])))[::-1]
    assert encoded_rows(array) == backwards
    for row, encoded in enumerate(backwards):
        (column,) = RecordBatchCoder().decode(encoded).columns
        column.validate(full=True)
        assert column.type == array.type
        assert column.to_pylist() == [array[row].as_py()]
        assert encoded_rows(column) == [encoded]


def test_an_extension_type_has_its_own_values_only():
    def of(array):
        return pa.ListArray.from_arrays(
            EACH[: len(array) + 1], pa.ExtensionArray.from_storage(Tag(), array)
        )

    assert encoded_rows(of(TAGS))[:1] == encoded_rows(of(by_dictionary(["a"], pa.string(), [0])))


def test_a_value_that_a_dictionary_has_twice_is_one():
    def of(values, indices):
        tags = by_dictionary(values, pa.string(), indices)
        return encoded_rows(pa.ListArray.from_arrays(pa.array([0, 3], pa.int32()), tags))

    assert of(["a", "b", "a"], [0, 1, 2]) == of(["a", "b"], [0, 1, 0])


def encoded_rows(array):
    batch = pa.RecordBatch.from_arrays([array], ["mine"])
    return [RecordBatchCoder().encode(alone(batch, row)) for row in range(len(array))]

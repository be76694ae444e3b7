"""Arrow files and streams message by message: what is read of them, and what damage costs."""

import io
import os

import pyarrow as pa
import pytest
from reader_laws import check_laws, read

from haybale.pipeline.sources import arrow
from haybale.pipeline.sources.arrow_file import read_footer
from haybale.pipeline.sources.arrow_messages import message_at
from haybale.pipeline.sources.span import Span

END_MARK = b"\xff\xff\xff\xff\0\0\0\0"


def data(columns, new=pa.ipc.new_stream, rows=2, compression=None):
    """An Arrow file or stream of a table, so many rows a batch."""
    sink, table = io.BytesIO(), pa.table(columns)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with new(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def found(path, **settings):
    documents, lost, _ = read("arrow", path, **settings)
    return [(document[0], dict(document[1:])["text"]) for document in documents], lost


FIRST = {"text": ["a", "b", "c"], "url": ["http://1", "http://2", "http://3"]}
SECOND = {"url": ["http://4", "http://5"], "text": ["d", "e"]}  # in another order
ALL = list(enumerate("abcde"))


@pytest.mark.parametrize("first", [data(FIRST), data(FIRST).removesuffix(END_MARK)])
@pytest.mark.parametrize("second", [data(SECOND), data(SECOND).removesuffix(END_MARK)])
def test_streams_behind_one_another_are_all_read(first, second, tmp_path):
    path = tmp_path / "a.arrows"
    path.write_bytes(first + second)
    assert found(path) == (ALL, [])
    check_laws("arrow", path, range(0, path.stat().st_size, 100))
    path.write_bytes(first + second + first + bytes(1000))  # and padded
    assert found(path) == ([*ALL, (5, "a"), (6, "b"), (7, "c")], [])


OLD = pa.ipc.IpcWriteOptions(use_legacy_format=True, metadata_version=pa.ipc.MetadataVersion.V4)


@pytest.mark.parametrize("between", [bytes(4), bytes(512), bytes(9000), END_MARK, 3 * END_MARK])
@pytest.mark.parametrize("options", [None, OLD], ids=["new", "before 0.15"])
def test_padding_and_marks_between_streams_are_no_damage(between, options, tmp_path):
    sink, table = io.BytesIO(), pa.table(SECOND)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    path = tmp_path / "a.arrows"
    path.write_bytes(data(FIRST) + between + sink.getvalue() + between)
    assert found(path) == (ALL, [])


def test_streams_behind_one_another_are_not_read_again_for_each(tmp_path, monkeypatch):
    one, places, path = data({"text": ["a"]}), [], tmp_path / "a.arrows"
    path.write_bytes(one * 100)

    def recorded(_path):
        return pa.PythonFile(_Recorded(path.read_bytes(), places), mode="r")

    monkeypatch.setattr(arrow, "open_input", recorded)
    assert len(found(path)[0]) == 100
    # Metadata is read here and by PyArrow.
    assert sum(size for _, size in places) < 3 * len(one * 100)


def test_bytes_behind_a_stream_that_are_none_are_told(tmp_path):
    path = tmp_path / "a.arrows"
    path.write_bytes(data(FIRST) + b"something else")
    assert found(path) == (ALL[:3], [(3, "damaged", len(b"something else"))])


def test_what_was_not_read_of_a_damaged_stream_is_counted_in_bytes(tmp_path):
    whole, path = data(FIRST), tmp_path / "a.arrows"
    with pa.OSFile(str(_written(path, whole))) as file:
        schema = message_at(file, 0)
        first = message_at(file, schema.end)
    path.write_bytes(whole[: first.end] + b"\xff\xff\xff\xff\x01\0\0\0" + whole[first.end + 8 :])
    documents, (lost,) = found(path)
    assert documents == ALL[:2]
    assert lost == (2, "damaged", len(whole) - first.end)


@pytest.mark.parametrize("at", range(3))
def test_damaged_metadata_of_a_batch_in_a_file_costs_that_batch(at, tmp_path):
    whole = data({"text": list("abcdef")}, pa.ipc.new_file)
    path = _written(tmp_path / "a.arrow", whole)
    with pa.OSFile(str(path)) as file:
        block = read_footer(file).batches[at]
    start, stop = block.offset + 8, block.offset + block.metadata_bytes
    path.write_bytes(whole[:start] + bytes(stop - start) + whole[stop:])
    documents, (lost,) = found(path)
    assert [text for _, text in documents] == [*"abcdef"[: 2 * at], *"abcdef"[2 * at + 2 :]]
    assert lost == (2 * at, "damaged", block.metadata_bytes + block.body_bytes)
    check_laws("arrow", path, range(0, path.stat().st_size, 100))


def test_of_files_behind_one_another_the_bytes_before_the_last_ones_own_are_told(tmp_path):
    whole = data({"text": ["a" * 2000, "b"]}, pa.ipc.new_file)
    path = _written(tmp_path / "a.arrow", whole + whole)
    documents, (lost,) = found(path)
    assert len(documents) == 2
    with pa.OSFile(str(path)) as file:
        footer = read_footer(file)
        end = max(block.offset + block.num_bytes for block in footer.batches)
    assert end < len(whole)
    assert lost == (2, "damaged", footer.offset - end)
    check_laws("arrow", path, range(0, path.stat().st_size, 500))


def test_what_follows_a_dictionary_lost_with_a_compressed_batch_is_lost_too(tmp_path):
    def column(word):
        return pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), pa.array([word]))

    # The batch after "a" is too large, and so is not read: nor is the new word before it.
    long = ["x"], [os.urandom(5000).hex()], ["x"]
    chunks = [column("a"), column("b"), column("b")]
    sink = io.BytesIO()
    batches = [
        pa.record_batch({"text": text, "more": pa.array(more, pa.string())})
        for text, more in zip(chunks, long, strict=True)
    ]
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    documents, lost = found(_written(tmp_path / "a.arrows", sink.getvalue()), max_record_bytes=1000)
    assert documents == [(0, "a")]
    assert [position for position, *_ in lost] == [1, 2]


class _Recorded(io.BytesIO):
    """A file that says where it was read."""

    def __init__(self, content, places):
        super().__init__(content)
        self._places = places

    def read(self, size=-1):
        self._places.append((self.tell(), size))
        return super().read(size)


def test_a_piece_reads_one_stretch_of_each_batch_before_its_own_and_none_of_others(
    tmp_path, monkeypatch
):
    texts = [os.urandom(500).hex() for _ in range(50)]
    table = {"text": texts, **{f"column {at}": texts for at in range(8)}}
    path = _written(tmp_path / "a.arrow", data(table, pa.ipc.new_file, 1, "zstd"))
    with pa.OSFile(str(path)) as file:
        footer = read_footer(file)
    blocks, places = footer.batches, []
    assert len(blocks) == 50

    def recorded(_path):
        return pa.PythonFile(_Recorded(path.read_bytes(), places), mode="r")

    monkeypatch.setattr(arrow, "open_input", recorded)
    documents, _, _ = read("arrow", path, Span(blocks[20].offset, blocks[22].offset))
    assert [document[0] for document in documents] == [20, 21]
    before = [
        place for place in places if blocks[0].offset <= place[0] < blocks[20].offset and place[1]
    ]
    assert before == [(block.offset, block.metadata_bytes) for block in blocks[:20]]
    assert not [at for at, size in places if blocks[22].offset <= at < footer.offset and size]


def _written(path, content):
    path.write_bytes(content)
    return path

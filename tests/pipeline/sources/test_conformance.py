"""Laws that every reader of the registry keeps, on whole files, on pieces of them, and on damage.

Never an exception, never without an end; documents at growing positions; the pieces of any cut give
together what the whole gives.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_laws import check_laws, read
from source_files import WRITERS

from haybale.pipeline.sources import readers
from haybale.pipeline.sources.arrow_file import MAGIC, read_footer
from haybale.pipeline.sources.arrow_messages import message_at
from haybale.pipeline.sources.arrow_stream_messages import StreamMessages

TEXTS = [f"text {at}: {'hay ' * (at % 5)}é" for at in range(10)]
FILES = [(format_, name) for format_, names in WRITERS.items() for name in names]
PROFILES = [pytest.param(12, id="few"), pytest.param(300, id="many", marks=pytest.mark.slow)]


def test_every_reader_of_the_registry_has_files_to_be_tested_on():
    assert set(WRITERS) == set(readers())


@pytest.mark.parametrize(("format_", "name"), FILES)
def test_a_whole_file_gives_every_text_from_any_pieces(format_, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(WRITERS[format_][name](TEXTS))
    documents, lost, _ = read(format_, path)
    texts = [dict(document[1:])["text"] for document in documents]
    assert texts == (["\n".join(TEXTS)] if format_ == "text" else TEXTS)
    assert lost == []
    num_bytes = path.stat().st_size
    for size in (1, 7, 100, 1000):
        if num_bytes // size < 500:
            check_laws(format_, path, range(0, num_bytes, size))


@pytest.mark.parametrize("examples", PROFILES)
@pytest.mark.parametrize(("format_", "name"), FILES)
def test_damage_costs_no_more_than_what_is_damaged_and_never_raises(
    format_, name, examples, tmp_path
):
    whole = WRITERS[format_][name](TEXTS)
    path = tmp_path / name
    places = st.integers(0, len(whole))
    change = st.tuples(st.sampled_from(("flip", "cut", "insert", "repeat")), places, places)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(change, min_size=1, max_size=3),
        st.binary(max_size=40),
        st.lists(places, max_size=4),
    )
    def check(changes, inserted, cuts):
        path.write_bytes(damaged(whole, changes, inserted))
        check_laws(format_, path, cuts)

    check()


def apart(format_, path):
    """What the format keeps apart: its first and last byte, and which of TEXTS stand there."""
    if format_ == "parquet":
        for number in range(4):
            group = pq.ParquetFile(path).metadata.row_group(number)
            columns = [group.column(at) for at in range(group.num_columns)]
            begin = min(c.dictionary_page_offset or c.data_page_offset for c in columns)
            yield begin, begin + sum(c.total_compressed_size for c in columns), number * 3, 3
    elif format_ == "arrow":
        file = pa.OSFile(str(path))
        stream = path.read_bytes()[:6] != MAGIC
        if stream:  # the bodies, not what says how long these are
            batches = [each for each in StreamMessages(file, 0) if not each.is_dictionary]
        else:
            batches = [message_at(file, block.offset) for block in read_footer(file).batches]
        for number, message in enumerate(batches):
            yield message.body if stream else message.offset, message.end, number * 3, 3
    else:
        begins = [document[0] for document in read(format_, path)[0]]
        ends = [*begins[1:], path.stat().st_size]
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            yield begin, end - (format_ == "jsonl"), number, 1  # a line end is of two lines


KEEPS_APART = [
    ("jsonl", "a.jsonl"),
    ("parquet", "a.parquet"),
    ("arrow", "a.arrow"),
    ("arrow", "b.arrow"),
    ("arrow", "views.arrows"),
    ("warc", "a.warc"),
    ("warc", "a.warc.gz"),
    ("warc", "a.warc.zst"),
    ("wet", "a.wet"),
    ("wet", "a.wet.gz"),
]


@pytest.mark.parametrize(("format_", "name"), KEEPS_APART)
def test_a_flipped_bit_costs_only_what_it_stands_in(format_, name, tmp_path):
    whole, path = WRITERS[format_][name](TEXTS), tmp_path / name
    path.write_bytes(whole)
    places = list(apart(format_, path))
    assert sum(min(count, len(TEXTS) - first) for *_, first, count in places) == len(TEXTS)
    for begin, end, first, count in places:
        untouched = TEXTS[:first] + TEXTS[first + count :]
        for at in range(begin, end, max(1, (end - begin) // 12)):
            path.write_bytes(damaged(whole, [("flip", at, at)], b""))
            found = [dict(document[1:])["text"] for document in read(format_, path)[0]]
            assert [text for text in found if text in untouched] == untouched, at


def damaged(data, changes, inserted):
    for kind, first, second in changes:
        start, stop = sorted((min(first, len(data)), min(second, len(data))))
        if kind == "flip" and data:
            at = min(start, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ (1 << second % 8)]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:start] + data[min(stop, start + 50) :]
        elif kind == "insert":
            data = data[:start] + inserted + data[start:]
        elif kind == "repeat":
            data = data[:stop] + data[start:stop][:200] + data[stop:]
    return data


@pytest.mark.parametrize("examples", PROFILES)
@pytest.mark.parametrize(("format_", "name"), FILES)
def test_any_bytes_are_read_without_an_exception(format_, name, examples, tmp_path):
    path = tmp_path / name
    magic = WRITERS[format_][name](TEXTS)[:12]
    starts = st.sampled_from((b"", magic[:4], magic))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(starts, st.binary(max_size=300), st.lists(st.integers(1, 300), max_size=3))
    def check(start, rest, cuts):
        path.write_bytes(start + rest)
        check_laws(format_, path, cuts)

    check()


@pytest.mark.parametrize(("format_", "name"), FILES)
def test_a_file_cut_short_anywhere_still_gives_a_beginning(format_, name, tmp_path):
    whole, path = WRITERS[format_][name](TEXTS), Path(tmp_path / name)
    path.write_bytes(whole)
    everything = {document[0] for document in read(format_, path)[0]}
    for stop in range(0, len(whole), max(1, len(whole) // 25)):
        path.write_bytes(whole[:stop])
        documents, lost, _ = read(format_, path)
        assert {document[0] for document in documents} <= everything | {0}
        assert documents or lost or stop == 0 or format_ in ("warc", "wet")

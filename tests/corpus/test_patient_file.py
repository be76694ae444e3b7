import errno
import io
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.errors import StorageError
from haybale.corpus.patience import Patience
from haybale.corpus.patient_file import PatientFile

QUICK = Patience(max_tries=4, first_wait_seconds=0.0, max_wait_seconds=0.0)
CONTENT = random.Random(0).randbytes(1000)


class Source:
    """A file in memory that fails as it is told, one fault for each read."""

    def __init__(self, content=CONTENT, faults=(), closed_at=()):
        self.content, self.faults, self.closed_at = content, list(faults), closed_at
        self.num_opened = 0
        self.reads = []

    def __call__(self):
        self.num_opened += 1
        self.position = 0
        self.closed = self.num_opened in self.closed_at
        return self

    def size(self):
        if self.closed:  # so PyArrow's files
            raise ValueError("I/O operation on closed file")
        return len(self.content)

    def tell(self):
        return self.position

    def seek(self, position):
        self.position = position

    def read(self, num_bytes):
        data = self.read_at(num_bytes, self.position)
        self.position += len(data)
        return data

    def read_at(self, num_bytes, start):
        self.reads.append((start, num_bytes))
        data = self.content[start : start + num_bytes]
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Exception):
            raise fault
        return data[: len(data) // 2] if fault == "truncated" else data


def test_a_file_that_opens_closed_is_opened_again():
    source = Source(faults=[None, OSError("reset")], closed_at={1, 3})
    file = PatientFile("a", source, QUICK, 0)
    assert file.read(400) + file.read(600) == CONTENT
    assert source.num_opened == 4


def test_a_failed_read_is_opened_again_where_it_was():
    source = Source(faults=[None, OSError("reset"), OSError(errno.EIO, "Input/output error")])
    file = PatientFile("a", source, QUICK, 0)
    assert file.read(400) + file.read(600) == CONTENT
    assert source.reads == [(0, 400), (400, 600), (400, 600), (400, 600)]
    assert source.num_opened == 3


def test_a_body_cut_off_on_its_way_is_never_the_end():
    source = Source(faults=["truncated", "truncated"])
    assert PatientFile("a", source, QUICK, 0).read() == CONTENT
    with pytest.raises(StorageError, match="the last said: 500 of 1000 bytes arrived, from 0 on"):
        PatientFile("a", Source(faults=["truncated"] * 4), QUICK, 0).read()


def test_a_file_that_changes_while_it_is_read_is_an_error():
    source = Source(faults=[OSError("reset")])
    file = PatientFile("a", source, QUICK, 0)
    source.content = CONTENT[:10]
    with pytest.raises(StorageError, match="had 1000 bytes, has 10 now"):
        file.read()


def test_reading_in_order_asks_ahead_and_reading_anywhere_does_not():
    source = Source()
    file = PatientFile("a", source, QUICK, 300)
    assert b"".join(file.read(100) for _ in range(10)) == CONTENT
    # Blocks of 300 serve three reads of 100 each, the last holds what is left.
    assert source.reads == [(0, 300), (300, 300), (600, 300), (900, 100)]
    source.reads.clear()
    file.seek(500)
    assert file.read(10) == CONTENT[500:510]
    assert source.reads == [(500, 10)]


@given(
    st.lists(st.tuples(st.integers(0, 1100), st.integers(0, 500)), max_size=8),
    st.integers(0, 400),
    st.lists(st.sampled_from([None, None, "truncated", OSError("reset")]), max_size=9),
)
def test_arrow_reads_the_same_anywhere_whatever_fails(reads, ahead, faults):
    patience = Patience(max_tries=12, first_wait_seconds=0.0, max_wait_seconds=0.0)
    file = pa.PythonFile(PatientFile("a", Source(faults=faults), patience, ahead), mode="r")
    plain = io.BytesIO(CONTENT)
    for start, num_bytes in reads:
        file.seek(min(start, 1000))
        plain.seek(min(start, 1000))
        assert file.read(num_bytes) == plain.read(num_bytes)
    assert file.size() == 1000

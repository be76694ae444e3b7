import threading

from haybale.corpus.io_counts import count_read, count_written, io_counts
from haybale.corpus.storage import Folder


def test_what_another_thread_reads_is_not_counted_here():
    before = io_counts()
    other = threading.Thread(target=count_read, args=(100,))
    other.start()
    other.join()
    count_read(5)
    count_written(7)
    counted = io_counts() - before
    assert (counted.read_bytes, counted.written_bytes) == (5, 7)


def test_bytes_that_are_committed_and_read_are_counted(tmp_path):
    folder = Folder(str(tmp_path))
    before = io_counts()
    folder.commit_bytes("a/b", b"x" * 300)
    written = io_counts() - before
    assert (written.read_bytes, written.written_bytes) == (0, 300)
    folder.read("a/b")
    with folder.open("a/b") as file:
        file.read_buffer(10)
    # Read whole, then mapped whole.
    assert (io_counts() - before).read_bytes == 600

import contextlib
import errno
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from haybale.corpus.errors import RecipeError
from haybale.loaders.remote.cache_folder import Arrival, CacheFolder

from .conftest import bytes_below

KB = 1000


def bring(cache: CacheFolder, name: str, num_bytes: int = KB) -> None:
    arrival = cache.claim(name, num_bytes)
    assert arrival is not None
    arrival.commit([0], [memoryview(bytes([ord(name[-1])]) * num_bytes)])


def test_what_is_brought_can_be_opened(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, 10 * KB)
    bring(cache, "aa")
    found = cache.open("aa", KB)
    assert found is not None
    assert found.tobytes() == b"a" * KB
    assert cache.open("ab", KB) is None
    assert cache.open("aa", KB + 1) is None  # of another length: not what was asked for
    assert cache.used_bytes == KB == bytes_below(tmp_path)


def test_buffers_lie_at_their_starts(tmp_path: Path) -> None:
    arrival = CacheFolder(tmp_path, 10 * KB).claim("aa", 100)
    assert arrival is not None
    mapped = arrival.commit([0, 64], [memoryview(b"one"), memoryview(b"two")])
    assert mapped.tobytes() == b"one" + b"\0" * 61 + b"two" + b"\0" * 33


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, 8 * KB)
    for name in "abcdefgh":
        bring(cache, name)
    for name in "cahf":
        assert cache.has(name, KB)
    bring(cache, "i")  # b alone leaves no sixteenth to spare, so d goes as well
    assert [name for name in "abcdefghi" if cache.is_there(name)] == list("acefghi")
    for name in "jkl":
        bring(cache, name)
    assert [name for name in "abcdefghi" if cache.is_there(name)] == list("acfhi")
    assert cache.used_bytes == 8 * KB == bytes_below(tmp_path)
    assert cache.num_evictions == 4  # b and d, then e and g


def test_an_evicted_file_stays_readable_where_it_is_mapped(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, 2 * KB)
    bring(cache, "a")
    mapped = cache.open("a", KB)
    bring(cache, "b")
    bring(cache, "c")
    assert not cache.is_there("a")
    assert mapped is not None
    assert mapped.tobytes() == b"a" * KB


def test_a_smaller_bound_is_kept_from_the_start(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, 10 * KB)
    for name in "abcdefgh":
        bring(cache, name)
    assert CacheFolder(tmp_path, 4 * KB).used_bytes == 3 * KB == bytes_below(tmp_path)


def test_one_reader_at_a_time_brings_a_record_batch(tmp_path: Path) -> None:
    cache, other = CacheFolder(tmp_path, 10 * KB), CacheFolder(tmp_path, 10 * KB)
    arrival = cache.claim("a", KB)
    assert isinstance(arrival, Arrival)
    assert other.claim("a", KB) is None
    arrival.abandon()
    assert cache.used_bytes == 0
    again = other.claim("a", KB)
    assert isinstance(again, Arrival)
    again.abandon()


def test_what_is_on_its_way_counts_and_too_much_of_it_is_refused(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, 4 * KB)
    arrivals = [cache.claim(name, KB) for name in "abcd"]
    assert cache.used_bytes == 4 * KB == bytes_below(tmp_path)
    with pytest.raises(RecipeError, match="may take 4,000 bytes, too few for the 5,000"):
        cache.claim("e", KB)
    for arrival in arrivals:
        assert arrival is not None
        arrival.abandon()
    bring(cache, "e")
    assert cache.used_bytes == KB == bytes_below(tmp_path)


def test_a_full_disk_is_named_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = CacheFolder(tmp_path, 4 * KB)

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(RecipeError, match="No space left on device; make room, or give Cache"):
            cache.claim("a", KB)
    assert cache.used_bytes == 0 == bytes_below(tmp_path)
    bring(cache, "a")


def test_a_spoilt_file_is_dropped(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, 4 * KB)
    bring(cache, "a")
    cache.drop("a")
    assert cache.used_bytes == 0 == bytes_below(tmp_path)
    bring(cache, "a")


KILLED = """
import sys, time
from haybale.loaders.remote.cache_folder import CacheFolder
cache = CacheFolder(sys.argv[1], 4000)
arrivals = [cache.claim(name, 1000) for name in "ab"]
print("claimed", flush=True)
time.sleep(60)
"""


def test_what_a_killed_writer_leaves_is_cleared(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        alive = CacheFolder(tmp_path, 4 * KB)
        assert alive.claim("a", KB) is None  # it is being written
        assert alive.used_bytes == 2 * KB
        writer.send_signal(signal.SIGKILL)
    bring(alive, "a")  # taken over
    assert alive.used_bytes == 2 * KB == bytes_below(tmp_path)
    assert CacheFolder(tmp_path, 4 * KB).used_bytes == KB == bytes_below(tmp_path)


def use_at_random(folder: Path, seed: int, until: float) -> None:
    cache, choices = CacheFolder(folder, 20 * KB), random.Random(seed)
    while time.time() < until:
        name = f"{choices.randrange(60):02}"
        found = cache.open(name, KB)
        assert found is None or found.tobytes() == name.encode() * (KB // 2)
        if found is None and (arrival := cache.claim(name, KB)):
            if choices.random() < 0.05:
                os.kill(os.getpid(), signal.SIGKILL)
            arrival.commit([0], [memoryview(name.encode() * (KB // 2))])


def test_processes_that_are_killed_at_random_share_the_bound(tmp_path: Path) -> None:
    CacheFolder(tmp_path, 20 * KB)
    until, most, num_killed, context = time.time() + 2, 0, 0, multiprocessing.get_context("fork")
    processes: dict[int, multiprocessing.process.BaseProcess] = {}
    while time.time() < until:
        for place in range(4):
            if place in processes and processes[place].exitcode is not None:
                exitcode = processes.pop(place).exitcode
                assert exitcode in (0, -signal.SIGKILL)  # 0 where the time is just up
                num_killed += exitcode != 0
            if place not in processes:
                arguments = (tmp_path, 100 * num_killed + place, until)
                processes[place] = context.Process(target=use_at_random, args=arguments)
                processes[place].start()
        with contextlib.suppress(FileNotFoundError):  # evicted between the listing and the look
            most = max(most, bytes_below(tmp_path))
        time.sleep(0.005)
    for process in processes.values():
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
    assert num_killed > 0
    # Between the looks at two folders each of four may have brought one for one evicted.
    assert 10 * KB < most <= 24 * KB
    cache = CacheFolder(tmp_path, 20 * KB)
    assert cache.used_bytes == bytes_below(tmp_path)
    assert not list((tmp_path / "arriving").iterdir())

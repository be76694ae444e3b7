"""Whole stores, over the web and S3, through every fault that the link can make."""

import contextlib
import ctypes
import multiprocessing
import os
import pickle
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loader_remote_peer import Fault, Link

from haybale.corpus.errors import CorruptShardError, HaybaleError, RecipeError
from haybale.loaders.remote import store as remote_store
from haybale.loaders.remote.cache_folder import CacheFolder
from haybale.loaders.remote.layout import BatchLayout, starts_alone
from haybale.loaders.remote.settings import Cache
from haybale.loaders.remote.store import RemoteStore
from haybale.loaders.remote.transport import RemoteError
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import CorruptBatchError, Int64s

from .conftest import QUICK, Opener, all_rows, bytes_below, uri_of

UINT16 = np.dtype(np.uint16)


def held(store: RemoteStore, index: IndexRows, rows: Int64s) -> list[list[bytes]]:
    """Ids, offsets and tokens of each row, read where the store says they are."""
    batches = store.hold(rows)
    for addresses in (batches.doc_ids, batches.offsets, batches.values):
        assert addresses.flags.c_contiguous  # kernels take no others
    addresses = np.stack([batches.doc_ids, batches.offsets, batches.values], axis=1)
    return [
        [
            ctypes.string_at(address, size)
            for address, size in zip(of_row, BatchLayout.of(index, row, 2).sizes, strict=True)
        ]
        for row, of_row in zip(rows.tolist(), addresses.tolist(), strict=True)
    ]


def stored(corpus: Path, index: IndexRows, rows: Int64s) -> list[list[bytes]]:
    """The same, from the files that are served."""
    found = []
    for row in rows.tolist():
        shard = corpus / index.shards[int(index.shard_number(np.array([row]))[0])]
        data, layout = shard.read_bytes(), BatchLayout.of(index, row, 2)
        places = zip(layout.in_shard, layout.sizes, strict=True)
        found.append([data[at : at + size] for at, size in places])
    return found


def test_every_record_batch_is_what_the_shards_hold(
    link: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    store, rows = open_store(link), all_rows(index)[::-1].copy()
    assert held(store, index, rows) == stored(corpus, index, rows)
    counters = store.counters()
    assert counters["cache_hits"] == 0
    assert counters["bytes_read"] > 2 * index.num_tokens.sum()
    assert held(store, index, rows) == stored(corpus, index, rows)
    assert store.counters()["requests"] == counters["requests"]
    assert store.counters()["cache_hits"] == len(rows)


def test_another_run_finds_what_is_cached(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    rows = all_rows(index)
    open_store(web).hold(rows)
    again = open_store(web)
    assert held(again, index, rows) == stored(corpus, index, rows)
    assert again.counters()["requests"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault("hang up"),
        Fault("status", status=500),
        Fault("status", status=503, retry_after="0"),
        Fault("status", status=429),
        Fault("truncate"),
        Fault("flip"),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_a_passing_fault_is_survived(
    link: Link, fault: Fault, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    link.faults += [fault, fault]
    rows = all_rows(index)[5:9]
    assert held(open_store(link), index, rows) == stored(corpus, index, rows)
    assert not link.faults


def test_a_stalled_connection_is_given_up_for_another(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    web.faults += [Fault("stall")]
    store, rows = open_store(web), all_rows(index)[5:6]
    assert held(store, index, rows) == stored(corpus, index, rows)
    assert store.counters()["retries"] == 1
    assert store.counters()["wait_seconds"] > 0.9  # QUICK gives an attempt a second


def test_a_server_that_stays_broken_is_named(
    web: Link, open_store: Opener, index: IndexRows
) -> None:
    web.faults += [Fault("status", status=503)] * 5
    store = open_store(web)
    with pytest.raises(RemoteError, match=r"books/00000.arrow: given up after 5 attempts .* 503"):
        store.hold(all_rows(index)[:1])
    store.hold(all_rows(index)[:1])  # it may have recovered


def test_refused_access_is_named_at_once(link: Link, open_store: Opener, index: IndexRows) -> None:
    link.faults += [Fault("status", status=403)] * 2
    store = open_store(link)
    with pytest.raises(RemoteError, match=r"access is refused .* check the credentials"):
        store.hold(all_rows(index)[:1])
    assert store.counters()["retries"] == 0


def test_a_corrupt_copy_is_named_with_its_row(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    layout = BatchLayout.of(index, 4, 2)
    with (corpus / index.shards[0]).open("r+b") as file:
        file.seek(layout.in_shard[2])
        file.write(b"\xff\xff")
    store = open_store(web)
    wanted = r"00000\.arrow, record batch 4: expected digest"
    with pytest.raises(CorruptBatchError, match=wanted) as caught:
        store.hold(np.array([3, 4, 5]))
    assert caught.value.row == 4
    others = np.array([3, 5])
    assert held(store, index, others) == stored(corpus, index, others)


def test_a_missing_shard_names_itself(
    link: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    link.faults += [Fault("status", status=404)]
    with pytest.raises(CorruptShardError, match=r"books/00000\.arrow: expected a file, found none"):
        open_store(link).hold(all_rows(index)[:1])


def test_a_short_shard_says_how_long_it_is(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    os.truncate(corpus / index.shards[0], 700)
    with pytest.raises(CorruptShardError, match="bytes or more, found 700 bytes"):
        open_store(web).hold(np.array([index.first_rows[1] - 1]))


def test_a_spoilt_file_of_the_cache_is_fetched_again(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path, tmp_path: Path
) -> None:
    rows = all_rows(index)[:3]
    open_store(web).hold(rows)
    for path in (tmp_path / "cache" / "batches").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\1" * path.stat().st_size)
    assert held(open_store(web), index, rows) == stored(corpus, index, rows)


def test_what_is_expected_is_there_before_it_is_held(
    web: Link, open_store: Opener, index: IndexRows
) -> None:
    store, rows = open_store(web), all_rows(index)
    store.expect(rows)
    total = sum(BatchLayout.of(index, row, 2).num_bytes for row in rows.tolist())
    deadline = time.monotonic() + 10
    while store.counters()["cache_bytes"] < total and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)  # what is counted may still be on its way
    assert "/batches/" not in Path("/proc/self/maps").read_text()  # it takes no memory yet
    store.hold(rows)
    assert store.counters()["cache_hits"] == len(rows)
    assert store.counters()["requests"] <= len(rows)  # neighbours came together


def test_no_more_is_expected_than_the_cache_keeps(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path, tmp_path: Path
) -> None:
    rows = all_rows(index)
    total = sum(BatchLayout.of(index, row, 2).num_bytes for row in rows.tolist())
    store, most = open_store(web, max_bytes=total // 2), 0
    for at in range(0, len(rows), 4):
        store.expect(rows[at:])
        assert held(store, index, rows[at : at + 4]) == stored(corpus, index, rows[at : at + 4])
        with contextlib.suppress(FileNotFoundError):  # evicted between the listing and the look
            most = max(most, bytes_below(tmp_path / "cache"))
    # Between the looks at two folders each of four readers may have brought one for one evicted.
    largest = max(BatchLayout.of(index, row, 2).num_bytes for row in rows.tolist())
    assert total // 4 < most <= total // 2 + 4 * largest
    assert store.counters()["evictions"] > 0
    assert store.counters()["requests"] <= len(rows)  # nothing was evicted before its use


def test_what_other_processes_evict_is_let_go(
    web: Link, open_store: Opener, index: IndexRows, tmp_path: Path
) -> None:
    def mapped_and_gone() -> list[str]:
        lines = Path("/proc/self/maps").read_text().splitlines()
        return [line for line in lines if str(tmp_path) in line and line.endswith("(deleted)")]

    store, rows = open_store(web), all_rows(index)
    store.hold(rows[:10])
    CacheFolder(tmp_path / "cache", 1)  # leaves no room for any
    assert len(mapped_and_gone()) == 10
    store.hold(rows[10:12])
    assert not mapped_and_gone()


def test_what_is_held_again_and_again_stays(
    web: Link, open_store: Opener, index: IndexRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_store, "_TOUCH_SECONDS", 0.0)
    rows = all_rows(index)
    total = sum(BatchLayout.of(index, row, 2).num_bytes for row in rows.tolist())
    store = open_store(web, max_bytes=total // 4)
    for row in rows[1:].tolist():
        store.hold(np.array([0]))
        store.hold(np.array([row]))
    assert store.counters()["requests"] == len(rows)  # the first of all was fetched once


def test_a_cache_too_small_for_a_read_says_what_would_do(
    web: Link, open_store: Opener, index: IndexRows
) -> None:
    rows = all_rows(index)[:8]
    total = sum(BatchLayout.of(index, row, 2).num_bytes for row in rows.tolist())
    with pytest.raises(RecipeError, match=rf"together; set it to {4 * total:,} or more"):
        open_store(web, max_bytes=total).hold(rows)


def test_readers_work_at_once(web: Link, open_store: Opener, index: IndexRows) -> None:
    web.latency_seconds = 0.1
    open_store(web, readers=8).hold(all_rows(index)[::2][:16])
    assert web.most_at_once == 8


def test_threads_may_hold_at_once(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    store, rows = open_store(web, max_bytes=60_000), all_rows(index)
    wrong: list[int] = []

    def work(seed: int) -> None:
        generator = np.random.default_rng(seed)
        for _ in range(20):
            some = generator.choice(rows, 5, replace=False)
            store.expect(generator.permutation(rows))
            if held(store, index, some) != stored(corpus, index, some):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_record_batch_may_be_held_several_times_at_once(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    rows = all_rows(index)[[3, 1, 3, 3]]
    (num_bytes,) = {int(n) for n in starts_alone(index, rows[:1], 2)[1]}
    store = open_store(web, max_bytes=8 * num_bytes)
    assert held(store, index, rows) == stored(corpus, index, rows)


def test_closing_frees_who_waits(web: Link, open_store: Opener, index: IndexRows) -> None:
    web.faults += [Fault("status", status=503, retry_after="60")] * 4
    store = open_store(web)
    threading.Timer(0.2, store.close).start()
    with pytest.raises(HaybaleError):
        store.hold(all_rows(index)[:1])


def test_a_store_travels_to_another_process(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    rows = all_rows(index)[:3]
    copy = pickle.loads(pickle.dumps(open_store(web)))
    assert held(copy, index, rows) == stored(corpus, index, rows)
    copy.close()


def _hold_in_child(store: RemoteStore, index: IndexRows, rows: Int64s, results: Any) -> None:
    results.put(held(store, index, rows))


def test_a_fork_reads_on_by_itself(
    web: Link, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    store, rows = open_store(web), all_rows(index)[:6]
    store.hold(rows[:3])
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_hold_in_child, args=(store, index, rows, results))
    child.start()
    assert results.get(timeout=30) == stored(corpus, index, rows)
    child.join()
    assert child.exitcode == 0


def _read_for_ever(uri: str, index: IndexRows, cache: Cache) -> None:
    store, generator = RemoteStore(uri, index, UINT16, cache, QUICK), np.random.default_rng(0)
    while True:
        store.expect(all_rows(index))
        store.hold(generator.permutation(all_rows(index))[:4])


def _read_through(uri: str, index: IndexRows, cache: Cache, results: Any) -> None:
    store, rows = RemoteStore(uri, index, UINT16, cache, QUICK), all_rows(index)
    for at in range(0, len(rows), 4):
        store.expect(rows[at:])
        results.put((at, held(store, index, rows[at : at + 4])))
    store.close()


def test_ranks_of_a_node_fetch_once_between_them_whoever_is_killed(
    web: Link, index: IndexRows, corpus: Path, tmp_path: Path, small_cache_allowed: None
) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=1 << 20, readers=4)
    web.latency_seconds = 0.02
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    victim = context.Process(target=_read_for_ever, args=(uri_of(web), index, cache))
    victim.start()
    time.sleep(0.3)
    victim.kill()
    victim.join()
    before = len(web.requests)
    ranks = [
        context.Process(target=_read_through, args=(uri_of(web), index, cache, results))
        for _ in range(3)
    ]
    for rank in ranks:
        rank.start()
    for _ in range(3 * len(range(0, len(index), 4))):
        at, found = results.get(timeout=60)
        assert found == stored(corpus, index, all_rows(index)[at : at + 4])
    for rank in ranks:
        rank.join()
        assert rank.exitcode == 0
    assert victim.exitcode == -signal.SIGKILL
    assert len(web.requests) - before <= len(index)

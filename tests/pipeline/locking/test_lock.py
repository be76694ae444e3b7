import contextlib
import json
import os
import subprocess
import sys
import threading
import time

import pytest
from object_stores import environment, gs_server

from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.storage import Folder
from haybale.pipeline.locking import claims
from haybale.pipeline.locking.lock import LOCK_PATH, locked
from haybale.pipeline.locking.owner import Owner

ELSEWHERE = Owner("barn", 7, "2026-01-01T00:00:00Z", "another system", "1")


@pytest.fixture(scope="module")
def port():
    with gs_server() as port:
        yield port


@pytest.fixture
def folder(port, monkeypatch, request):
    """On an emulator whose clock counts microseconds, so that there is nothing to wait for."""
    monkeypatch.setattr(claims, "SETTLE_SECONDS", 0.02)
    for name, value in environment("gs", port).items():
        monkeypatch.setenv(name, value)
    return Folder(f"gs://bucket/{request.node.name}")


def claim_of(folder, owner):
    folder.commit_bytes("run/locks/0123.claim", canonical_json(vars(owner)))


def test_a_second_build_is_refused_and_told_of_the_first(folder):
    said = rf"process {os.getpid()} on .*, begun 20.*, last heard of \d+ s ago; wait"
    with locked(folder), pytest.raises(ManifestMismatchError, match=said), locked(folder):
        pass
    assert folder.list() == []  # both withdrew
    with locked(folder):
        pass


def test_of_many_at_once_one_holds_the_folder(folder):
    barrier, outcomes = threading.Barrier(6), []

    def build():
        barrier.wait()
        try:
            with locked(folder):
                outcomes.append("held")
                barrier.wait(20)
        except ManifestMismatchError:
            outcomes.append("refused")
            barrier.wait(20)

    threads = [threading.Thread(target=build) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["held"] + ["refused"] * 5


def test_a_dead_process_of_this_computer_is_followed_at_once(folder):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    owner = Owner(**{**vars(Owner.this_process()), "pid": ended.pid})
    ended.wait()
    claim_of(folder, owner)
    lines = []
    with locked(folder, lines.append) as lock:
        lock.check()
    assert lines[0].startswith(f"taken over from process {ended.pid} on ")
    assert folder.list() == []


def test_a_silent_build_elsewhere_is_followed_after_a_while_and_stops(folder, monkeypatch):
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.3)  # and no heartbeat within 20 s
    with monkeypatch.context() as there:
        there.setattr(claims.Owner, "this_process", lambda: ELSEWHERE)
        held = locked(folder)
        first = held.__enter__()
    with contextlib.ExitStack() as stack:
        stack.push(held)
        time.sleep(0.4)
        lines = []
        with locked(folder, lines.append) as second:
            second.check()
            with pytest.raises(ManifestMismatchError, match="another build took this folder over"):
                first.check()
    assert "taken over from process 7 on barn, begun 2026-01-01" in lines[0]


def test_a_build_that_shows_life_is_not_followed(folder, monkeypatch):
    monkeypatch.setattr(claims, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.5)
    monkeypatch.setattr(claims.Owner, "is_dead", lambda owner: False)
    with locked(folder):
        time.sleep(0.8)
        with pytest.raises(ManifestMismatchError, match="at work"), locked(folder):
            pass


def test_a_beat_without_a_claim_claims_nothing(folder):
    folder.commit_bytes("run/locks/0123.beat", b"")
    with locked(folder) as lock:
        lock.check()
        claims = [name for name in folder.list("run/locks") if not name.endswith(".beat")]
        assert len(claims) == 1


def test_the_lock_of_a_local_folder_names_the_process_that_holds_it(tmp_path):
    folder = Folder(tmp_path)
    said = rf"another build or takedown is at work .*, process {os.getpid()} on .*, begun 20"
    with locked(folder) as lock:
        lock.check()
        with pytest.raises(ManifestMismatchError, match=said), locked(folder):
            pass
        assert json.loads(folder.read(LOCK_PATH))["pid"] == os.getpid()
    with locked(folder):
        pass


def test_a_process_is_known_by_its_number_and_its_start():
    me = Owner.this_process()
    assert not me.is_dead()
    assert Owner(**{**vars(me), "ticks": "1"}).is_dead()  # its number is used again
    assert not ELSEWHERE.is_dead()  # nobody here can know
    assert Owner.from_bytes(b"half a fi") == Owner()

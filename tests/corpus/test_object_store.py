"""Folders on real servers of object stores; see `object_stores` and `fault_proxy`."""

import random
import urllib.request

import pytest
from object_stores import SECRET_KEY, environment, faulty, gs_server, proxy_counts, s3_server

from haybale.corpus import object_store
from haybale.corpus.errors import CorruptShardError, RecipeError, StorageError
from haybale.corpus.listing import match_files
from haybale.corpus.patience import Patience
from haybale.corpus.storage import Folder, open_input, verify_file

SERVERS = {"s3": s3_server, "gs": gs_server}
ODD = "a b/50%+1 é漢/q?x=1#[y]'&.jsonl"


@pytest.fixture(scope="module", params=["s3", "gs"])
def server(request):
    with SERVERS[request.param]() as port:
        yield request.param, port


@pytest.fixture
def use(monkeypatch):
    """Lets this process find a store at a port."""

    def used(scheme, port):
        for name, value in environment(scheme, port).items():
            monkeypatch.setenv(name, value)

    return used


@pytest.fixture
def place(server, use, request):
    """A fresh prefix on the server."""
    use(*server)
    return f"{server[0]}://bucket/{request.node.originalname}"


def test_a_folder_is_the_same_on_every_store(place):
    folder = Folder(f"{place}/out")
    contents = {"empty": b"", "deep/er/a": b"hay", ODD: b"odd"}
    for name, content in contents.items():
        record = folder.commit_bytes(name, content)
        verify_file(folder, record)
    assert folder.list() == sorted(contents)
    assert folder.list("deep") == ["deep/er/a"]
    assert folder.list("de") == folder.list("absent") == []
    for name, content in contents.items():
        assert folder.read(name) == content
        assert folder.size(name) == len(content)
        with folder.open(name) as file:
            assert file.read() == content
    assert not folder.exists("deep")  # a prefix is no file
    assert not folder.exists("absent")
    with pytest.raises(CorruptShardError, match="out/absent: the file is missing"):
        folder.read("absent")
    folder.remove("deep")
    folder.remove("absent")
    assert folder.list() == sorted({"empty", ODD})
    assert match_files(f"{place}/out/deep/**") == []


def test_patterns_match_keys_as_they_are_written(place):
    folder = Folder(place)
    for name in ("x/a.txt", "x/b%20c.txt", "x/deep/d e.txt", "xa/f.txt"):
        folder.commit_bytes(name, b"hay")
    found = match_files(f"{place}/x/**/*.txt")
    assert [file.name for file in found] == ["a.txt", "b%20c.txt", "deep/d e.txt"]
    assert all(file.num_bytes == 3 and file.modified > 0 for file in found)
    assert [open_input(file.path).read() for file in found] == [b"hay"] * 3
    assert [file.name for file in match_files(f"{place}/x/*.txt")] == ["a.txt", "b%20c.txt"]
    assert [file.name for file in match_files(f"{place}/x/b%20c.txt")] == ["b%20c.txt"]
    assert match_files(f"{place}/x") == []


def test_a_marker_of_a_folder_is_no_file(place, server):
    scheme, port = server
    if scheme == "gs":
        pytest.skip("only tools for S3 leave markers")
    Folder(place).commit_bytes("x/a.txt", b"hay")
    key = place.removeprefix("s3://")
    marker = urllib.request.Request(f"http://127.0.0.1:{port}/{key}/x/", method="PUT", data=b"")
    urllib.request.urlopen(marker).close()
    assert Folder(place).list() == ["x/a.txt"]
    assert [file.name for file in match_files(f"{place}/x/**")] == ["a.txt"]


def test_a_large_file_is_uploaded_and_read_in_pieces(place, monkeypatch):
    monkeypatch.setattr(object_store, "WHOLE_BYTES", 1 << 20)
    monkeypatch.setattr(object_store, "_WRITE_BYTES", 6 << 20)
    content = random.Random(0).randbytes(13 << 20)
    folder = Folder(place)
    verify_file(folder, folder.commit_bytes("large", content))
    if place.startswith("gs"):
        return  # the emulator serves one request at a time, and Google's client keeps one open
    with folder.open("large") as file:
        assert file.read_at(1000, 7_000_000) == content[7_000_000:7_001_000]
        file.seek(-5, 2)
        assert file.read() == content[-5:]


def test_a_bucket_that_is_not_there_is_one_clear_line_at_once(place):
    nowhere = place.replace("bucket", "no-such-bucket")
    with pytest.raises(RecipeError, match=r"/a: cannot be written: there is no such bucket"):
        Folder(nowhere).commit_bytes("a", b"")


def test_half_an_upload_is_never_seen_under_its_name(place):
    folder = Folder(place)

    def fail_halfway():
        with folder.commit("a") as pending:
            pending.write(bytes(1 << 20))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert folder.list() == []


@pytest.mark.slow
def test_what_fails_in_passing_changes_nothing(server, use, request, monkeypatch):
    # Each of 50 requests or more fails with probability 1/4, in one of six ways.
    scheme, upstream = server
    monkeypatch.setattr(object_store, "STORE", Patience(20, 0.01, 0.1))
    monkeypatch.setattr("haybale.corpus.patience.STORE", Patience(20, 0.01, 0.1))
    with faulty(upstream, one_in=4, seed=1) as port:
        use(scheme, port)
        folder = Folder(f"{scheme}://bucket/faulty")
        contents = {f"{n:02}": random.Random(n).randbytes(n * 9000) for n in range(12)}
        for name, content in contents.items():
            verify_file(folder, folder.commit_bytes(name, content))
        assert folder.list() == sorted(contents)
        assert {name: folder.read(name) for name in contents} == contents
        for name in list(contents)[::2]:
            folder.remove(name)
        assert folder.list() == sorted(contents)[1::2]
        faults = proxy_counts(port)["faults"]
    assert sum(faults.values()) >= 8
    assert len(faults) >= 4


@pytest.mark.slow
def test_a_store_that_goes_on_failing_is_named_without_the_secrets_it_tells(
    server, use, monkeypatch
):
    scheme, upstream = server
    monkeypatch.setattr(object_store, "STORE", Patience(3, 0.01, 0.1))
    monkeypatch.setattr("haybale.corpus.patience.STORE", Patience(3, 0.01, 0.1))
    monkeypatch.setattr(object_store, "_CLIENT_SECONDS", 1)
    kinds = ("500", "503", "reset")
    with faulty(upstream, one_in=1, secret=SECRET_KEY, kinds=kinds) as port:
        use(scheme, port)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        for touch in (Folder.read, Folder.size, Folder.list, Folder.remove):
            said = rf"{scheme}://bucket/out/a: cannot be \w+, given up after 3 tries; the last said"
            with pytest.raises(StorageError, match=said) as caught:
                touch(Folder(f"{scheme}://bucket/out"), "a")
            assert SECRET_KEY not in str(caught.value)

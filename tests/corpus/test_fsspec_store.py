"""Files in stores of fsspec: in memory, on small servers, and through a client that fails."""

import contextlib
import os
import random
import sys
from types import SimpleNamespace

import fsspec
import fsspec_servers
import pytest
from faulty_filesystem import FaultyFileSystem
from fsspec.registry import _registry
from fsspec_servers import Hub, WebHdfs, WebServer, serving

from haybale.corpus import fsspec_clients, fsspec_store
from haybale.corpus.errors import CorruptShardError, RecipeError, StorageError
from haybale.corpus.io_counts import io_counts
from haybale.corpus.listing import match_file, match_files
from haybale.corpus.patience import Patience
from haybale.corpus.places import place_of
from haybale.corpus.storage import Folder, open_input, verify_file
from haybale.corpus.stores import check_output

SERVERS = {"http": WebServer, "hf": Hub, "webhdfs": WebHdfs}
ODD = "a b/50%+1 é漢/q?x=1#[y]'&.jsonl"
SECONDS = 1_600_000_000


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for module in ("haybale.corpus.patience", "haybale.corpus.fsspec_store"):
        monkeypatch.setattr(f"{module}.STORE", Patience(5, 0.001, 0.002))


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "store", {})
    return "memory://test"


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Shows `tmp_path/root` on a server; gives its URI."""
    root = tmp_path / "root"
    root.mkdir()

    def show(stack, scheme, **settings):
        port = stack.enter_context(serving(SERVERS[scheme], root, **settings))
        if scheme != "hf":
            return f"{scheme}://127.0.0.1:{port}"
        fsspec_clients._client.cache_clear()  # which knew another server by the same name
        monkeypatch.setitem(fsspec.config.conf, "hf", {"endpoint": f"http://127.0.0.1:{port}"})
        return "hf://datasets/org/name"

    return SimpleNamespace(root=root, show=show)


@pytest.fixture
def faulty(monkeypatch, tmp_path):
    fsspec.register_implementation("faulty", FaultyFileSystem, clobber=True)
    monkeypatch.setattr(fsspec_clients, "OUTPUTS", (*fsspec_clients.OUTPUTS, "faulty"))
    FaultyFileSystem.reset(tmp_path, one_in=0)
    return FaultyFileSystem


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


def write(root, **contents):
    for name, content in contents.items():
        path = root / name.replace("__", "/")
        path = path.with_suffix(".jsonl")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (SECONDS, SECONDS))


def test_a_folder_in_memory_is_as_on_every_store(memory):
    folder = Folder(f"{memory}/out")
    contents = {"empty": b"", "deep/er/a": b"hay", ODD: b"odd"}
    for name, content in contents.items():
        verify_file(folder, folder.commit_bytes(name, content))
    assert folder.list() == sorted(contents)
    assert folder.list("deep") == ["deep/er/a"]
    assert folder.list("de") == folder.list("absent") == []
    for name, content in contents.items():
        assert folder.read(name) == content
        assert folder.size(name) == len(content)
        with folder.open(name) as file:
            assert file.read() == content
    assert not folder.exists("deep")
    assert not folder.exists("absent")
    with pytest.raises(CorruptShardError, match="out/absent: the file is missing"):
        folder.read("absent")
    folder.commit_bytes("empty", b"no more")
    assert folder.read("empty") == b"no more"
    folder.remove("deep")
    folder.remove("absent")
    folder.remove("empty")
    assert folder.list() == [ODD]


@pytest.mark.parametrize("scheme", SERVERS)
def test_patterns_match_what_a_server_shows(scheme, shown, stack):
    write(shown.root, data__a=b"hay", data__deep__c=b"straw", other__d=b"")
    place = shown.show(stack, scheme)
    found = match_files(f"{place}/data/**/*.jsonl")
    facts = [(file.name, file.num_bytes, file.modified) for file in found]
    assert facts == [("a.jsonl", 3, SECONDS * 10**9), ("deep/c.jsonl", 5, SECONDS * 10**9)]
    assert [open_input(file.path).read() for file in found] == [b"hay", b"straw"]
    assert [match_file(file.path).modified for file in found] == [SECONDS * 10**9] * 2
    assert [file.name for file in match_files(f"{place}/data/*.jsonl")] == ["a.jsonl"]
    assert [file.name for file in match_files(f"{place}/data/*")] == ["a.jsonl"]
    assert [file.name for file in match_files(f"{place}/data/a.jsonl")] == ["a.jsonl"]
    assert match_files(f"{place}/data/b.jsonl") == match_files(f"{place}/absent/*") == []
    assert match_file(f"{place}/data/b.jsonl") is None
    with pytest.raises(FileNotFoundError):
        open_input(f"{place}/data/b.jsonl")


@pytest.mark.parametrize("scheme", SERVERS)
def test_a_large_file_is_read_in_pieces_that_are_counted(scheme, shown, stack, monkeypatch):
    monkeypatch.setattr(fsspec_store, "WHOLE_BYTES", 1000)
    monkeypatch.setattr(fsspec_store, "AHEAD_BYTES", 4000)
    content = random.Random(0).randbytes(20_000)
    write(shown.root, large=content)
    sent = []
    place = shown.show(stack, scheme, sent=sent)
    before = io_counts()
    with open_input(f"{place}/large.jsonl") as file:
        assert file.read(6000) == content[:6000]
        assert file.read(100) == content[6000:6100]
        assert (io_counts() - before).read_bytes == 10_000  # 6,000, and 4,000 for the next 100
        file.seek(-5, 2)
        assert file.read() == content[-5:]
    assert (io_counts() - before).read_bytes == 10_005
    if scheme != "webhdfs":  # whose client reads ahead, and cannot be told not to
        assert sent == [(0, 6000), (6000, 4000), (19_995, 5)]


def test_a_file_on_the_web_may_have_a_query(shown, stack):
    write(shown.root, a=b"hay")
    place = shown.show(stack, "http", query="page=1&lang=is")
    assert match_files(f"{place}/a.jsonl") == []
    [found] = match_files(f"{place}/a.jsonl?page=1&lang=is")
    assert found.name == "a.jsonl"
    assert found.path == f"{place}/a.jsonl?page=1&lang=is"
    assert open_input(found.path).read() == b"hay"


def test_a_server_that_tells_no_length_or_sends_no_ranges_is_one_clear_line(
    shown, stack, monkeypatch
):
    monkeypatch.setattr(fsspec_store, "WHOLE_BYTES", 5)
    write(shown.root, a=b"hay and straw")
    place = shown.show(stack, "http", lengths=False)
    with pytest.raises(RecipeError, match="expected a server that tells how long a file is"):
        open_input(f"{place}/a.jsonl")
    place = shown.show(stack, "http", ranges=False)
    said = r"\(3 bytes from 4 on\), found one that sends 13 bytes"
    with open_input(f"{place}/a.jsonl") as file:
        file.seek(4)
        with pytest.raises(RecipeError, match=said):
            file.read(3)


@pytest.mark.parametrize("scheme", ["http", "webhdfs"])
def test_a_server_that_does_not_answer_is_no_missing_file(scheme):
    place = f"{scheme}://127.0.0.1:1/data"
    for touch in (match_files, match_file, open_input):
        with pytest.raises(StorageError, match="cannot be read, given up after 5 tries"):
            touch(f"{place}/a.jsonl")
    with pytest.raises(StorageError, match="cannot be listed, given up after 5 tries"):
        match_files(f"{place}/*.jsonl")


def test_a_private_data_set_is_refused_in_one_line_and_read_with_a_token(shown, stack, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    write(shown.root, a=b"hay")
    place = shown.show(stack, "hf", private=True)
    with pytest.raises(
        RecipeError, match=r"may not be read, access is refused.*credentials in the"
    ):
        match_files(f"{place}/a.jsonl")
    monkeypatch.setenv("HF_TOKEN", fsspec_servers.TOKEN)
    [found] = match_files(f"{place}/a.jsonl")
    assert open_input(found.path).read() == b"hay"
    assert fsspec_servers.TOKEN not in found.path


def test_a_private_page_is_refused_in_one_line_and_read_as_fsspec_is_configured(
    shown, stack, monkeypatch
):
    write(shown.root, a=b"hay")
    place = shown.show(stack, "http", private=True)
    for touch in (match_files, match_file, open_input):
        with pytest.raises(RecipeError, match=r"may not be read, access is refused"):
            touch(f"{place}/a.jsonl")
    fsspec_clients._client.cache_clear()
    headers = {"Authorization": f"Bearer {fsspec_servers.TOKEN}"}
    monkeypatch.setitem(fsspec.config.conf, "http", {"headers": headers})
    assert open_input(f"{place}/a.jsonl").read() == b"hay"
    fsspec_clients._client.cache_clear()


def test_a_client_that_fails_changes_nothing(faulty):
    # Each of some 100 calls fails with probability 1/4, in one of three ways.
    faulty.one_in = 4
    folder = Folder("faulty://out")
    contents = {f"{n % 3}/{n:02}": random.Random(n).randbytes(n * 900) for n in range(12)}
    for name, content in contents.items():
        verify_file(folder, folder.commit_bytes(name, content))
    assert folder.list() == sorted(contents)
    assert {name: folder.read(name) for name in contents} == contents
    for name in list(contents)[::2]:
        folder.remove(name)
    assert folder.list() == sorted(list(contents)[1::2])
    assert set(faulty.faults) == {"refused", "answer lost", "cut"}
    assert sum(faulty.faults.values()) >= 20


def test_a_folder_that_cannot_be_listed_is_not_left_out(faulty, monkeypatch):
    folder = Folder("faulty://out")
    folder.commit_bytes("a", b"hay")
    folder.commit_bytes("deep/b", b"hay")
    assert folder.list() == ["a", "deep/b"]
    ls = FaultyFileSystem.ls

    def fail_below(client, path, **given):
        if path.endswith("deep"):
            raise OSError("down")
        return ls(client, path, **given)

    monkeypatch.setattr(FaultyFileSystem, "ls", fail_below)
    with pytest.raises(StorageError, match="faulty://out/deep: cannot be listed"):
        folder.list()


def test_a_pattern_of_one_folder_lists_one(faulty):
    for name in ("a", "b/c", "d/e"):
        Folder("faulty://out").commit_bytes(name, b"")
    faulty.calls.clear()
    assert [file.name for file in match_files("faulty://out/*")] == ["a"]
    assert faulty.calls["ls"] == 1
    assert [file.name for file in match_files("faulty://out/**")] == ["a", "b/c", "d/e"]
    assert faulty.calls["ls"] == 1 + 3


def test_a_listing_of_other_names_than_were_asked_for_is_not_taken_for_an_empty_one(faulty):
    Folder("faulty://out").commit_bytes("a", b"hay")
    faulty.renamed = "other/"
    with pytest.raises(StorageError, match=r"names of files below out, found 'other/out/a'"):
        Folder("faulty://out").list()


def test_an_upload_of_which_half_arrives_is_an_error(faulty, monkeypatch):
    put = FaultyFileSystem.put_file

    def cut(client, lpath, rpath, **given):
        put(client, os.devnull, rpath, **given)

    monkeypatch.setattr(FaultyFileSystem, "put_file", cut)
    with pytest.raises(StorageError, match="the last said: 0 of 3 bytes arrived"):
        Folder("faulty://out").commit_bytes("a", b"hay")


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("hf://datasets/org/name", "hf:// is read only: each file would be a commit"),
        ("https://host/a", "https:// is read only: a web server is only read"),
        ("webhdfs://host/a", "webhdfs:// is read only: a file shows under its name while"),
        ("local:///a", "local:// is read only: that a file shows only when it is whole is not"),
    ],
)
def test_what_cannot_be_an_output_says_why_and_what_can(uri, said):
    for touch in (
        lambda: check_output(place_of(uri)),
        lambda: Folder(uri).commit_bytes("a", b""),
        lambda: Folder(uri).remove("a"),
    ):
        with pytest.raises(RecipeError, match=f"cannot be an output folder, {said}.*abfs://"):
            touch()


@pytest.mark.parametrize("uri", ["out", "s3://b/out", "gs://b/out", "az://c/out", "memory://out"])
def test_what_can_be_an_output_is_taken(uri):
    check_output(place_of(uri))


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("ftq://host/a", r"what fsspec knows \(hf://.*found ftq://"),
        ("zip://a", "zip:// is no store of files"),
        ("memory://a::s3://b/c", "chains of several are not read"),
    ],
)
def test_a_scheme_that_is_none_is_one_clear_line(uri, said):
    with pytest.raises(RecipeError, match=said):
        Folder(uri)


@pytest.mark.parametrize(
    ("scheme", "module", "package"),
    [("abfs", "adlfs", "adlfs"), ("sftp", "paramiko", "paramiko"),
     ("hf", "huggingface_hub", "huggingface_hub")],
)  # fmt: skip
def test_a_package_that_is_missing_is_named_with_what_installs_it(
    scheme, module, package, monkeypatch
):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    monkeypatch.delitem(sys.modules, "fsspec.implementations.sftp", raising=False)
    monkeypatch.delitem(_registry, scheme, raising=False)
    with pytest.raises(RecipeError, match=rf"needs the package {package}.*; pip install {package}"):
        Folder(f"{scheme}://host/a")

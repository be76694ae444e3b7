"""Azure's Blob Storage, where a build may write, through adlfs and a small server."""

import random

import pytest
from azure_server import ACCOUNT_KEY, azure_server, connection_string
from object_stores import faulty

from haybale.corpus import fsspec_clients, fsspec_store
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.listing import match_file, match_files
from haybale.corpus.patience import Patience
from haybale.corpus.storage import Folder, open_input, verify_file

pytest.importorskip("adlfs", reason="adlfs is no dependency: pip install adlfs")
# adlfs says so where it cannot ask for a container's properties, and goes on.
pytestmark = pytest.mark.filterwarnings("ignore:Failed to fetch container properties")

ODD = "a b/50%+1 é漢/q=1#[y]'&.jsonl"


@pytest.fixture
def use(monkeypatch):
    def used(port):
        fsspec_clients._client.cache_clear()
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection_string(port))

    yield used
    fsspec_clients._client.cache_clear()


@pytest.fixture
def port(use):
    with azure_server() as port:
        use(port)
        yield port


def test_a_folder_is_the_same_as_on_every_store(port, monkeypatch):
    monkeypatch.setattr(fsspec_store, "WHOLE_BYTES", 1 << 18)
    folder = Folder("abfs://bucket/out")
    contents = {
        "empty": b"",
        "deep/er/a": b"hay",
        ODD: b"odd",
        "large": random.Random(0).randbytes(900_000),
    }
    for name, content in contents.items():
        verify_file(folder, folder.commit_bytes(name, content))
    assert folder.list() == sorted(contents)
    assert folder.list("deep") == ["deep/er/a"]
    assert folder.list("de") == folder.list("absent") == []
    assert {name: folder.read(name) for name in contents} == contents
    assert not folder.exists("deep")
    assert not folder.exists("absent")
    folder.commit_bytes("empty", b"no more")
    assert folder.read("empty") == b"no more"
    folder.remove("deep")
    folder.remove("absent")
    assert folder.list() == sorted({"empty", ODD, "large"})


def test_an_account_in_the_name_is_no_user(port):
    Folder("az://bucket").commit_bytes("x/a.txt", b"hay")
    [found] = match_files("abfss://bucket@account.dfs.core.windows.net/x/*.txt")
    assert found.path == "abfss://bucket@account.dfs.core.windows.net/x/a.txt"
    assert open_input(found.path).read() == b"hay"
    assert match_file(found.path).modified == found.modified > 0


def test_a_container_that_is_not_there_is_one_clear_line(port):
    with pytest.raises(RecipeError, match=r"cannot be written: .*No such container.*or make it"):
        Folder("abfs://nowhere/out").commit_bytes("a", b"")


def test_without_an_account_is_one_clear_line(monkeypatch):
    fsspec_clients._client.cache_clear()
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING", raising=False)
    with pytest.raises(RecipeError, match=r"fsspec cannot open it: .*account_name.*FSSPEC_ABFS_"):
        match_files("abfs://bucket/a")


def test_a_second_build_is_kept_out_by_the_times_of_the_store(port, monkeypatch):
    claims = pytest.importorskip("haybale.pipeline.locking.claims")
    monkeypatch.setattr(claims, "SETTLE_SECONDS", 1.1)  # the store tells whole seconds
    folder = Folder("abfs://bucket/out")
    with claims.claimed(folder, print) as claim:
        with (
            pytest.raises(ManifestMismatchError, match="another build or takedown is at work"),
            claims.claimed(folder, print),
        ):
            pass
        claim.check()
    assert folder.list() == []


@pytest.mark.slow
def test_what_fails_in_passing_changes_nothing(use, monkeypatch):
    for module in ("haybale.corpus.patience", "haybale.corpus.fsspec_store"):
        monkeypatch.setattr(f"{module}.STORE", Patience(20, 0.01, 0.1))
    kinds = ("reset", "answer lost", "truncate", "500")
    with azure_server() as upstream, faulty(upstream, one_in=6, kinds=kinds) as port:
        use(port)
        folder = Folder("abfs://bucket/faulty")
        contents = {f"{n:02}": random.Random(n).randbytes(n * 9000) for n in range(6)}
        for name, content in contents.items():
            verify_file(folder, folder.commit_bytes(name, content))
        assert folder.list() == sorted(contents)
        assert {name: folder.read(name) for name in contents} == contents
        assert ACCOUNT_KEY not in str(folder.list())

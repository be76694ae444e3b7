"""Whole builds through stores of fsspec: over one that fails, out of memory, from servers."""

import os
import subprocess
import sys

import fsspec
import fsspec_servers
import pytest
from faulty_filesystem import FaultyFileSystem
from object_stores import faulty, proxy_counts

from haybale.corpus import fsspec_clients
from haybale.corpus.patience import Patience
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress

FEW_FILES = ("ingest.part_bytes=20000", "shards.target_tokens=8000")


def contents(folder):
    """All that a build answers for."""
    return {name: folder.read(name) for name in folder.list() if not name.startswith("run/")}


def built(recipe, output, source, monkeypatch):
    monkeypatch.setenv("SOURCE", source)
    build(recipe, output, overrides=FEW_FILES, progress=Progress(quiet=True))
    return contents(Folder(output))


@pytest.fixture
def portable(recipe):
    """The recipe, its input wherever the variable SOURCE says."""
    text = recipe.read_text()
    for name in ("web", "books"):
        text = text.replace(f'"{name}/*', f'"${{SOURCE}}/{name}/*')
    recipe.write_text(text)
    return recipe


@pytest.fixture
def impatient(monkeypatch):
    for module in ("haybale.corpus.patience", "haybale.corpus.fsspec_store"):
        monkeypatch.setattr(f"{module}.STORE", Patience(10, 0.001, 0.01))
    monkeypatch.setattr("haybale.pipeline.locking.claims.SETTLE_SECONDS", 0.1)


def test_a_build_out_of_memory_and_into_it_gives_the_bytes_of_a_local_one(
    portable, tmp_path, monkeypatch, impatient
):
    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "store", {})
    home = portable.parent
    for path in home.glob("*/*.jsonl"):
        name = str(path.relative_to(home))
        Folder("memory://in").commit_bytes(name, path.read_bytes())
    expected = built(portable, str(tmp_path / "local"), str(home), monkeypatch)
    assert built(portable, "memory://out", "memory://in", monkeypatch) == expected
    assert Folder("memory://out").list("run/locks") == []
    assert "memory" not in str(expected["corpus.json"])


@pytest.mark.slow
def test_a_build_through_a_client_that_fails_gives_the_bytes_of_a_local_one(
    portable, tmp_path, monkeypatch, impatient
):
    fsspec.register_implementation("faulty", FaultyFileSystem, clobber=True)
    monkeypatch.setattr(fsspec_clients, "OUTPUTS", (*fsspec_clients.OUTPUTS, "faulty"))
    home = portable.parent
    expected = built(portable, str(tmp_path / "local"), str(home), monkeypatch)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "in").symlink_to(home)
    FaultyFileSystem.reset(tmp_path / "store", one_in=20)
    found = built(portable, "faulty://out", "faulty://in", monkeypatch)
    assert found == expected
    assert set(FaultyFileSystem.faults) == {"refused", "answer lost", "cut"}
    assert sum(FaultyFileSystem.faults.values()) >= 20
    assert Folder("faulty://out").list("run/locks") == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["http", "hf", "webhdfs"])
def test_a_build_from_a_server_that_fails_gives_the_bytes_of_a_local_one(
    scheme, portable, tmp_path, monkeypatch
):
    home = portable.parent
    expected = built(portable, str(tmp_path / "local"), str(home), monkeypatch)
    kinds = {
        "http": fsspec_servers.WebServer,
        "hf": fsspec_servers.Hub,
        "webhdfs": fsspec_servers.WebHdfs,
    }
    with (
        fsspec_servers.serving(kinds[scheme], home) as upstream,
        # What these clients ask for they ask once, so more has to fail than of a store's requests.
        faulty(upstream, one_in=4, kinds=("500", "503", "reset", "truncate", "stall")) as port,
    ):
        place = "datasets/org/name" if scheme == "hf" else f"127.0.0.1:{port}"
        output = tmp_path / "out"
        sets = [argument for one in FEW_FILES for argument in ("--set", one)]
        ended = subprocess.run(
            [sys.executable, "-m", "haybale.cli", "build", portable, "--output", output, *sets],
            env={
                **os.environ,
                "SOURCE": f"{scheme}://{place}",
                "HF_ENDPOINT": f"http://127.0.0.1:{port}",
                "HF_HUB_DISABLE_TELEMETRY": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr[-4000:]
        faults = proxy_counts(port)["faults"]
    assert sum(faults.values()) >= 3
    assert contents(Folder(output)) == expected

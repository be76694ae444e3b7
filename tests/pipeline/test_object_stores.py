"""Whole builds with input and output in object stores, on real servers behind faults."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from object_stores import SECRET_KEY, environment, faulty, gs_server, proxy_counts, s3_server

from haybale.corpus.storage import Folder

SERVERS = {"s3": s3_server, "gs": gs_server}
# Three parts: after a fault Google's client waits for seconds, and every part makes many requests.
FEW_FILES = ("--set", "ingest.part_bytes=20000", "--set", "shards.target_tokens=8000")


def haybale(*arguments, **variables):
    """The command line in a process of its own; what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "haybale.cli", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return ended.stdout + ended.stderr


def contents(folder):
    """All that a build answers for."""
    return {name: folder.read(name) for name in folder.list() if not name.startswith("run/")}


@pytest.fixture
def portable(recipe: Path) -> Path:
    """The recipe, its input wherever the variable SOURCE says."""
    text = recipe.read_text()
    for name in ("web", "books"):
        text = text.replace(f'"{name}/*', f'"${{SOURCE}}/{name}/*')
    recipe.write_text(text)
    return recipe


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_build_through_a_store_that_fails_gives_the_bytes_of_a_local_one(
    scheme, portable, tmp_path, monkeypatch
):
    home = portable.parent
    local = tmp_path / "local"
    haybale("build", str(portable), "--output", str(local), *FEW_FILES, SOURCE=str(home))
    source, output = f"{scheme}://bucket/in", f"{scheme}://bucket/out"
    with SERVERS[scheme]() as upstream:
        for name, value in environment(scheme, upstream).items():
            monkeypatch.setenv(name, value)
        for path in home.glob("*/*.jsonl"):
            Folder(source).commit_bytes(str(path.relative_to(home)), path.read_bytes())
        with faulty(upstream, one_in=20, secret=SECRET_KEY) as port:
            variables = {**environment(scheme, port), "SOURCE": source}
            said = haybale("build", str(portable), "--output", output, *FEW_FILES, **variables)
            faults = proxy_counts(port)["faults"]
        assert sum(faults.values()) >= 20
        assert set(faults) >= {"500", "503", "reset", "answer lost", "truncate", "stall"}
        assert contents(Folder(output)) == contents(Folder(local))
        said += haybale("verify", output, "--full")
        said += haybale("card", "check", output)
        said += haybale("card", "show", output)
        said += haybale("inspect", output, "--limit", "1")
        assert SECRET_KEY not in said
        stored = Folder(output)
        assert not [name for name in stored.list() if SECRET_KEY.encode() in stored.read(name)]
        assert stored.list("run/locks") == []

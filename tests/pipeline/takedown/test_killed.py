"""A takedown that is killed anywhere leaves the corpus of before, that of after, or a refusal.

A process that has done nothing but import forks: a child per place that a takedown is killed at,
then one that looks at what is left, then one that runs the same takedown to its end.
"""

import json
import subprocess
import sys

import pytest
from taken_corpora import contents, id_of

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder

_SCRIPT = """
import json, os, shutil, signal, sys
from pathlib import Path
import numpy as np
from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.remove import remove
from haybale.tokenization.tokenizer import read_tokenizer

source, home, every = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
ids = np.unique(np.array([bytes.fromhex(one) for one in sys.argv[4:]], "S16"))

def forked(work):
    # What a child says; None if it was killed.
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, json.dumps(work()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return None
    assert status == 0, status
    return json.loads(said)

def take(folder, kill_at):
    done = [0]
    def killing(method):
        def counted(self, *args):
            if done[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            done[0] += 1
            return method(self, *args)
        return counted
    if kill_at is not None:
        for name in ("commit", "move", "remove"):
            setattr(Folder, name, killing(getattr(Folder, name)))
    remove(Folder(str(folder)), ids, date="2026-02-03", progress=Progress(quiet=True))
    return done[0]

def look(folder):
    try:
        manifest = read_manifest(Folder(str(folder)))
    except ManifestMismatchError as error:
        return [str(error), None]
    result = verify_corpus(Folder(str(folder)), full=True, tokenizer=read_tokenizer)
    return [manifest.digest, list(result.problems)]

num, found = forked(lambda: take(shutil.copytree(source, home / "whole"), 10**9)), []
for at in sorted({*range(0, num, every), num - 1}):
    folder = shutil.copytree(source, home / f"at{at}")
    assert forked(lambda: take(folder, at)) is None, at
    state = forked(lambda: look(folder))
    forked(lambda: take(folder, None))
    found.append([at, *state])
print(json.dumps([num, found]))
"""


@pytest.fixture(params=[31, pytest.param(1, marks=pytest.mark.slow)])
def killed(request, asked, tmp_path):
    """The folder of all corpora, how many writes there are, and what was left at each kill."""
    words = ("zq0003qz", "zq0104qz")
    ids = [id_of(asked, word).hex() for word in words]
    (tmp_path / "all").mkdir()
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            _SCRIPT,
            str(asked),
            str(tmp_path / "all"),
            str(request.param),
            *ids,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return tmp_path / "all", *json.loads(ended.stdout.splitlines()[-1])


def test_killed_anywhere_it_is_the_old_corpus_or_the_new_or_refused_and_then_finished(
    killed, asked
):
    home, num_writes, found = killed
    assert num_writes > 40
    old, new = (read_manifest(Folder(str(path))).digest for path in (asked, home / "whole"))
    assert old != new
    expected, kinds = contents(home / "whole"), []
    for at, state, problems in found:
        if state in (old, new):
            # From when everything is written until the last file is deleted it is told.
            assert all("was stopped" in problem for problem in problems), at
            assert len(problems) <= 1, at
            kinds.append(state)
        else:
            assert "documents are just being taken down" in state, at
            kinds.append("refused")
        assert contents(home / f"at{at}") == expected, at
        assert not (home / f"at{at}" / "run/takedown").exists()
    assert list(dict.fromkeys(kinds)) == [old, "refused", new]

"""A build that is killed, its whole process group at once, when it is about to commit a file."""

import signal
import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import os, signal, sys
from pathlib import Path
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress

commit = Folder.commit_bytes
def killed(self, name, data):
    if name.startswith(sys.argv[3]):
        os.killpg(0, signal.SIGKILL)
    return commit(self, name, data)
Folder.commit_bytes = killed
build(Path(sys.argv[1]), sys.argv[2], progress=Progress(quiet=True))
"""


def build_until_killed(recipe: Path, output: Path, point: str) -> None:
    """Build in another process until a file whose path begins so would be committed."""
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(recipe), str(output), point],
        start_new_session=True,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()

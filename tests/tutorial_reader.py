"""Who follows a tutorial to the letter."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Timer

from tutorial_page import Commands, File

_MOST_SECONDS = 900
"""Nothing on a page takes as long on the busiest machine; a page that waits for ever ends then."""


class Reader:
    """Saves what the page gives and types what it says, into one shell."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.printed = folder, folder.parent / "printed"
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=os.environ | {"PATH": path, "COLUMNS": "100"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.patience = Timer(_MOST_SECONDS, self.kill)
        self.patience.start()

    def save(self, file: File) -> None:
        target = self.folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text)

    def type(self, commands: Commands) -> str:
        """What they print, in both streams; a failure ends the shell."""
        assert self.shell.stdin
        assert self.shell.stdout
        # Typed by hand, a failed command leaves the shell open; here it must not pass unseen.
        block = f"{{ set -e\n{commands.text}\n}} >{self.printed} 2>&1 </dev/null; echo done"
        try:
            self.shell.stdin.write(block + "\n")
            self.shell.stdin.flush()
            answer = self.shell.stdout.readline()
        except BrokenPipeError:
            answer = ""
        printed = self.printed.read_text()
        assert answer, f"{commands.text}\nfailed after:\n{printed}"
        return printed

    def leave(self) -> None:
        """Close the shell, and end what the page left running."""
        self.patience.cancel()
        self.shell.communicate()
        self.kill()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.shell.pid, signal.SIGKILL)

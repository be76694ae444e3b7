"""Who follows a tutorial to the letter."""

import os
import subprocess
import sys
from pathlib import Path

from tutorial_page import Commands, File


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
        )

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
        self.shell.communicate()

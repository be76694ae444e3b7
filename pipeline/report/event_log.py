"""The log of a run: one JSON object a line, for people with `jq` and for machines.

It holds names of steps, units and rules, counts and seconds; never a document's text.
"""

import contextlib
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from haybale.corpus.storage import Folder

Level = Literal["info", "warning", "error"]


class EventLog:
    """Appends events to files here, and leaves them in the corpus folder, wherever that is.

    Where the folder is local its log grows line by line. An object cannot be appended to: there
    the lines are held until `flush`, which writes them all anew.

    Args:
        folder: The corpus folder.
        name: Of the log in it.
        copy: A local file to append to as well.
    """

    def __init__(self, folder: Folder, name: str, copy: Path | None = None) -> None:
        self._folder, self._name = folder, name
        self._files: list[Path] = [] if copy is None else [copy]
        self._lines: list[bytes] = []
        self._num_flushed = 0
        self._lock = threading.Lock()
        if folder.is_local:
            self._files.append(Path(folder.path(name)))
        for file in self._files:
            file.parent.mkdir(parents=True, exist_ok=True)

    def write(self, event: str, level: Level, fields: dict[str, Any]) -> None:
        """Log an event, now."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = orjson.dumps({"time": time, "level": level, "event": event, **fields}) + b"\n"
        with self._lock:
            for file in self._files:
                _append(file, line)
            if not self._folder.is_local:
                self._lines.append(line)

    def flush(self) -> None:
        """Leave in an object store what was logged since."""
        with self._lock:
            lines = list(self._lines)
        if len(lines) > self._num_flushed:
            self._folder.commit_bytes(self._name, b"".join(lines))
            self._num_flushed = len(lines)


def _append(file: Path, line: bytes) -> None:
    # A full disk must not end hours of work for want of a line; the work itself will tell of it.
    with contextlib.suppress(OSError), file.open("ab") as stream:
        stream.write(line)

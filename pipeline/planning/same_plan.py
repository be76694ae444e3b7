"""Whether an output folder was begun from the same recipe and input."""

import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.places import place_of
from haybale.corpus.storage import Folder, find_parsed
from haybale.pipeline.planning.plan import PLAN_PATH


def check_same_plan(folder: Folder, new: dict[str, Any]) -> list[str]:
    """Refuse an output folder that was begun with another recipe or other input.

    The place where the data is mounted may differ; names and sizes may not, nor times before the
    corpus is finished: what is read now must be what was read then.

    Returns:
        Input files of a finished corpus that have another time of change than it was built from.

    Raises:
        ManifestMismatchError: Naming the first difference, both sides.
    """
    old = find_parsed(folder, PLAN_PATH)
    if old is None:
        # A build that was stopped before its plan was written leaves no more than run/.
        if any(not name.startswith("run/") for name in folder.list()):
            raise ManifestMismatchError(
                f"{folder.uri}: the folder is not empty and no build of haybale was begun in it; "
                "choose another --output"
            )
        return []
    advice = "choose another --output, or remove this folder to build anew"
    difference = first_difference(old["recipe"], new["recipe"])
    if difference:
        key, *values = difference
        raise ManifestMismatchError(
            f"{folder.uri} was begun with another recipe: {key} was {values[0]}, now {values[1]}; "
            f"{advice}"
        )
    before_files, now_files = _listing(old), _listing(new)
    is_finished, changed = folder.exists(MANIFEST_PATH), []
    for name in sorted(before_files.keys() | now_files.keys()):
        then, now = before_files.get(name, _NOT_THERE), now_files.get(name, _NOT_THERE)
        if then == now:
            continue
        same_size = then.what == now.what and bool(then.modified and now.modified)
        if same_size and is_finished:
            changed.append(name)
            continue
        mend = f"{_restoring(now.path, then.modified)}; else {advice}" if same_size else advice
        raise ManifestMismatchError(
            f"{folder.uri} was begun with other input: {name} was {then}, now {now}; {mend}"
        )
    return changed


@dataclass(frozen=True)
class _Listed:
    """What a plan goes by of an input file or an earlier corpus."""

    what: str
    modified: int = 0
    path: str = field(default="", compare=False)

    def __str__(self) -> str:
        if not self.modified:
            return self.what
        return f"{self.what} changed {_time(self.modified)}"


_NOT_THERE = _Listed("not there")


def _listing(plan: dict[str, Any]) -> dict[str, _Listed]:
    files = {
        f"{part['subset']}/{file['name']}": _Listed(
            f"{file['num_bytes']} bytes", file["modified"], file["path"]
        )
        for part in plan["parts"]
        for file in part["files"]
    }
    earlier = plan.get("earlier", ())
    return files | {
        f"corpus {each['name']}": _Listed(f"of digest {each['digest']}") for each in earlier
    }


def _restoring(path: str, modified: int) -> str:
    """What to do about a file that has its size of then and not its time."""
    place = place_of(path)
    if not place.is_local:
        return "if its bytes are those of then, restore its time as well"
    return (
        "if its bytes are those of then, give it back its time: "
        f"touch -d '{_time(modified)}' {shlex.quote(place.path)}"
    )


def _time(nanoseconds: int) -> str:
    """When a file was changed."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d} UTC"


def first_difference(old: Any, new: Any, key: str = "") -> tuple[str, str, str] | None:
    """The first place, in sorted order, where two recipes differ: its key and both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            missing = "absent"
            found = first_difference(
                old.get(name, missing), new.get(name, missing), f"{key}.{name}".lstrip(".")
            )
            if found:
                return found
        return None
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (before, now) in enumerate(zip(old, new, strict=True)):
            name = before.get("name", at) if isinstance(before, dict) else at
            found = first_difference(before, now, f"{key}.{name}")
            if found:
                return found
        return None
    return None if old == new else (key, repr(old), repr(new))

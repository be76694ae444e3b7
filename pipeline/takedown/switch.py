"""From the corpus that is to the corpus to be, once all of it is written.

    switch.json is there       everything is written
    corpus.json says so        nobody may read the corpus now, nor build in its folder
    files are exchanged        each in one step where the folder is local
    corpus.json is the new one
    what is no longer named is deleted: shards that are empty, and what run/ holds of texts
    switch.json goes           nothing is left to do

Each step may be done twice, so a takedown that was stopped anywhere is finished by the next one. On
a local disk each is on the disk before the next begins.
"""

from dataclasses import dataclass
from typing import Any

from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.manifest import MANIFEST_PATH, UNDER_WAY_FORMAT, Manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import TEMPORARY, Folder, find_parsed, verify_file
from haybale.corpus.takedowns import SWITCH_PATH, TAKEDOWN_FOLDER
from haybale.pipeline.locking.claims import LOCKS_FOLDER
from haybale.pipeline.locking.lock import LOCK_PATH
from haybale.pipeline.progress import Progress
from haybale.pipeline.report.runs import RUNS
from haybale.pipeline.takedown.work import NEW_FOLDER, Exchange, Work, clear

_WAITING = f"{TAKEDOWN_FOLDER}/waiting.json"
_LEFT_OF_RUN = (RUNS, LOCKS_FOLDER, LOCK_PATH, TAKEDOWN_FOLDER, TEMPORARY)
_RECORDS = (".json", ".txt")


@dataclass(frozen=True)
class Switch:
    """A takedown that is written whole.

    Attributes:
        begun: Whether readers have noticed: `corpus.json` is no longer that of before.
        before: Digest of the manifest until then.
        after: Of the one to be.
        files: New files, the manifest the last.
        gone: Paths of files that the corpus has no more.
        told: What `prepare_switch` was told.
    """

    begun: bool
    before: str
    after: str
    files: list[FileRecord]
    gone: list[str]
    told: dict[str, Any]


def prepare_switch(
    work: Work, manifest: Manifest, exchange: Exchange, told: dict[str, Any]
) -> None:
    """Write the new manifest where it waits, and what there is to exchange.

    Args:
        work: The takedown.
        manifest: Of the corpus to be.
        exchange: Its new files, and those that it has no more.
        told: JSON; what `finish_switch` hands back.
    """
    last = work.new.commit_bytes(MANIFEST_PATH, canonical_json(manifest.as_json()))
    files = [*(exchange.written[path] for path in sorted(exchange.written)), last]
    switch = {
        "before": work.manifest.digest,
        "after": manifest.digest,
        "files": [record.as_json() for record in files],
        "gone": sorted(exchange.gone),
        "told": told,
    }
    work.folder.sync(*(f"{NEW_FOLDER}/{record.path}" for record in files))
    _commit(work.folder, SWITCH_PATH, switch)


def find_switch(folder: Folder) -> Switch | None:
    """The takedown that is to be finished; None where there is none."""
    raw = find_parsed(folder, SWITCH_PATH)
    if raw is None:
        return None
    found = find_parsed(folder, MANIFEST_PATH) or {}
    under_way = found.get("format") == UNDER_WAY_FORMAT and found["after"] == raw["after"]
    if not under_way and found.get("digest") not in (raw["before"], raw["after"]):
        return None  # the folder has become another corpus since
    begun = found.get("digest") != raw["before"]
    files = [FileRecord.from_json(record) for record in raw["files"]]
    return Switch(begun, raw["before"], raw["after"], files, raw["gone"], raw["told"])


def check_new(folder: Folder, switch: Switch) -> None:
    """Make sure that all new files are there and right, as long as nothing is exchanged.

    In an object store only their sizes are looked at: there an object is whole or not there.

    Raises:
        CorruptShardError: If one is not.
    """
    new = Folder(folder.path(NEW_FOLDER))
    for record in switch.files:
        if folder.is_local or new.size(record.path) != record.num_bytes:
            verify_file(new, record)


def finish_switch(folder: Folder, switch: Switch, progress: Progress) -> None:
    """Exchange the files of a takedown that was written whole, or go on with that.

    Raises:
        CorruptShardError: If a new file is neither exchanged nor there to be.
    """
    if (find_parsed(folder, MANIFEST_PATH) or {}).get("digest") != switch.after:
        _exchange(folder, switch, progress)
    doomed = [*switch.gone, *_left_of_run(folder)]
    for path in doomed:
        folder.remove(path)
    folder.sync(*doomed)
    clear(folder)


def _exchange(folder: Folder, switch: Switch, progress: Progress) -> None:
    stub = {"format": UNDER_WAY_FORMAT, "before": switch.before, "after": switch.after}
    _commit(folder, MANIFEST_PATH, stub)
    done, (*files, manifest) = 0, switch.files
    with progress.watch("exchange of files", lambda: (done, len(files))):
        for record in files:
            _move(folder, record)
            done += 1
    folder.sync(*(record.path for record in files))
    _move(folder, manifest)
    folder.sync(MANIFEST_PATH)


def _move(folder: Folder, record: FileRecord) -> None:
    """Put a file in its place, unless a run before this one did."""
    waiting = f"{NEW_FOLDER}/{record.path}"
    if folder.exists(waiting):
        folder.move(waiting, record.path)
        return
    try:
        verify_file(folder, record)
    except CorruptShardError as error:
        raise CorruptShardError(
            f"{folder.path(record.path)}: the takedown cannot be finished, as its new file is "
            f"neither here nor in {NEW_FOLDER}/ any more ({error}); restore the corpus from a copy "
            "of before, and take the documents down again"
        ) from None


def _commit(folder: Folder, path: str, content: Any) -> None:
    """Commit JSON that is on the disk before it has its name."""
    folder.commit_bytes(_WAITING, canonical_json(content))
    folder.sync(_WAITING)
    folder.move(_WAITING, path)
    folder.sync(path)


def _left_of_run(folder: Folder) -> list[str]:
    """What the build's steps left of texts; records and logs of what was done stay."""
    return [
        path
        for path in folder.list("run")
        if not path.startswith(_LEFT_OF_RUN) and not path.endswith(_RECORDS)
    ]

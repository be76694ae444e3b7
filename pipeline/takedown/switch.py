"""From the corpus that is to the corpus to be, once all of it is written.

    switch.json is there       everything is written
    corpus.json says so        nobody may read the corpus now, nor build in its folder
    files are exchanged        each in one step where the folder is local
    corpus.json is the new one
    what is no longer named is deleted: shards that are empty, and what run/ holds of texts

Each step may be done twice, so a takedown that was stopped anywhere is finished by the next one.
"""

from typing import Any

from haybale.corpus.digests import canonical_json
from haybale.corpus.manifest import MANIFEST_PATH, UNDER_WAY_FORMAT, Manifest
from haybale.corpus.storage import TEMPORARY, Folder, find_parsed
from haybale.pipeline.locking.claims import LOCKS_FOLDER
from haybale.pipeline.locking.lock import LOCK_PATH
from haybale.pipeline.progress import Progress
from haybale.pipeline.report.runs import RUNS
from haybale.pipeline.takedown.work import NEW_FOLDER, TAKEDOWN_FOLDER, Exchange, Work

SWITCH_PATH = f"{TAKEDOWN_FOLDER}/switch.json"
_LEFT_OF_RUN = (RUNS, LOCKS_FOLDER, LOCK_PATH, TAKEDOWN_FOLDER, TEMPORARY)
_RECORDS = (".json", ".txt")


def prepare_switch(work: Work, manifest: Manifest, exchange: Exchange, told: Any) -> None:
    """Write the new manifest where it waits, and what there is to exchange.

    Args:
        work: The takedown.
        manifest: Of the corpus to be.
        exchange: Its new files, and those that it has no more.
        told: JSON; what `finish_switch` hands back.
    """
    work.new.commit_bytes(MANIFEST_PATH, canonical_json(manifest.as_json()))
    switch = {
        "before": work.manifest.digest,
        "after": manifest.digest,
        "files": sorted(exchange.written),
        "gone": sorted(exchange.gone),
        "told": told,
    }
    work.folder.commit_bytes(SWITCH_PATH, canonical_json(switch))


def finish_switch(folder: Folder, progress: Progress) -> Any | None:
    """Exchange the files of a takedown that was written whole, or go on with that.

    Returns:
        What `prepare_switch` was told; None where there is none to finish.
    """
    switch = find_parsed(folder, SWITCH_PATH)
    if switch is None:
        return None
    found = find_parsed(folder, MANIFEST_PATH) or {}
    under_way = found.get("format") == UNDER_WAY_FORMAT and found["after"] == switch["after"]
    if not under_way and found.get("digest") not in (switch["before"], switch["after"]):
        folder.remove(TAKEDOWN_FOLDER)  # the folder has become another corpus since
        return None
    if found.get("digest") != switch["after"]:
        _exchange(folder, switch, progress)
    for path in switch["gone"]:
        folder.remove(path)
    _clear_run(folder)
    folder.remove(TAKEDOWN_FOLDER)
    return switch["told"]


def _exchange(folder: Folder, switch: dict[str, Any], progress: Progress) -> None:
    stub = {"format": UNDER_WAY_FORMAT, "before": switch["before"], "after": switch["after"]}
    folder.commit_bytes(MANIFEST_PATH, canonical_json(stub))
    done = 0
    with progress.watch("exchange of files", lambda: (done, len(switch["files"]))):
        for path in switch["files"]:
            waiting = f"{NEW_FOLDER}/{path}"
            if folder.exists(waiting):  # else a run before this one moved it
                folder.move(waiting, path)
            done += 1
    folder.move(f"{NEW_FOLDER}/{MANIFEST_PATH}", MANIFEST_PATH)


def _clear_run(folder: Folder) -> None:
    """Remove what the build's steps left of texts; records and logs of what was done stay."""
    for path in folder.list("run"):
        if not path.startswith(_LEFT_OF_RUN) and not path.endswith(_RECORDS):
            folder.remove(path)

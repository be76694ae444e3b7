"""A takedown in progress: where it writes, and what it remembers when it is stopped.

    run/takedown/plan.json     what was asked for; the first to go, so that no work is taken up that
                               was cleared in part
    run/takedown/new/          files of the corpus to be, under the paths they will have
    run/takedown/<step>/       records of finished units, and what later steps need of them
    run/takedown/switch.json   everything is written; from here on files are exchanged

Until the last of these is there the corpus is what it was, and nothing of it was touched.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import haybale
from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.manifest import Manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder, find_parsed
from haybale.corpus.takedowns import PLAN_PATH, SWITCH_PATH, TAKEDOWN_FOLDER, name_takedown
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.ids import Ids, digest_of
from haybale.pipeline.takedown.sound import check_sound
from haybale.pipeline.units.steps import Step

NEW_FOLDER = f"{TAKEDOWN_FOLDER}/new"


@dataclass(frozen=True)
class Asked:
    """What a takedown is asked to do.

    Attributes:
        ids: Documents that are named.
        near_duplicates: Whether everybody in their clusters goes too.
        reason: For the record; whoever reads the card reads it.
        date: YYYY-MM-DD; empty: today, or the day on which the same takedown was begun.
    """

    ids: Ids
    near_duplicates: bool
    reason: str
    date: str


@dataclass(frozen=True)
class Work:
    """See the module.

    Attributes:
        folder: The corpus.
        new: Where files of the corpus to be are written.
        manifest: What the corpus is until then.
        asked: What is to be done.
        progress: Where progress is shown.
        fingerprint: Of what units of work follow from.
    """

    folder: Folder
    new: Folder
    manifest: Manifest
    asked: Asked
    progress: Progress
    fingerprint: str

    def step(self, name: str) -> Step:
        """A step of the takedown, resumable unit by unit."""
        return Step(f"takedown/{name}", self.fingerprint)

    def has(self, path: str) -> bool:
        """Whether the corpus has a file."""
        return self.manifest.find(path) is not None

    def check(self, *paths: str) -> None:
        """See `check_sound`: of what is written anew."""
        check_sound(self.folder, self.manifest, *paths)


@dataclass
class Exchange:
    """Files that change: written anew below `Work.new`, and those that go."""

    written: dict[str, FileRecord]
    gone: set[str]

    def add(self, *records: FileRecord) -> None:
        """Files that were written."""
        self.written.update({record.path: record for record in records})

    def files_of(self, manifest: Manifest) -> list[FileRecord]:
        """The files of the corpus to be."""
        kept = {record.path: record for record in manifest.files if record.path not in self.gone}
        return list({**kept, **self.written}.values())


def clear(folder: Folder) -> None:
    """Remove all work; stopped anywhere, none of it is taken up again.

    Clearing is no single step. Without the plan nobody goes on with what is left, and as long as
    `switch.json` is there a takedown is known to be unfinished.
    """
    folder.remove(PLAN_PATH)
    for name in sorted({path.split("/")[2] for path in folder.list(TAKEDOWN_FOLDER)}):
        if f"{TAKEDOWN_FOLDER}/{name}" != SWITCH_PATH:
            folder.remove(f"{TAKEDOWN_FOLDER}/{name}")
    folder.remove(TAKEDOWN_FOLDER)


def begin(folder: Folder, manifest: Manifest, asked: Asked, progress: Progress) -> Work:
    """Begin a takedown, or go on with the same one of this release.

    What another one left unfinished is removed, and that is said.
    """
    begun: dict[str, Any] = find_parsed(folder, PLAN_PATH) or {}
    plan: dict[str, Any] = {
        "before": manifest.digest,
        "ids": digest_of(asked.ids),
        "near_duplicates": asked.near_duplicates,
        "reason": asked.reason,
        "haybale": haybale.__version__,
    }
    same = all(begun.get(name) == value for name, value in plan.items())
    today = str(begun["date"]) if same and begun else datetime.now(UTC).date().isoformat()
    asked = replace(asked, date=asked.date or today)
    plan["date"] = asked.date
    if begun != plan:
        if begun and begun.get("before") == manifest.digest:
            progress.line(f"discarded: {name_takedown(begun)}, which was not written whole")
        clear(folder)
        folder.commit_bytes(PLAN_PATH, canonical_json(plan))
    new = Folder(folder.path(NEW_FOLDER))
    return Work(folder, new, manifest, asked, progress, digest(canonical_json(plan)))

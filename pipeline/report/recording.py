"""Records a run of a build, from its begin to whatever ends it."""

import contextlib
import os
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import HaybaleError
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.secrets import redacted
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.report.event_log import EventLog
from haybale.pipeline.report.journal import RunJournal
from haybale.pipeline.report.machine import describe_machine
from haybale.pipeline.report.reading import collect
from haybale.pipeline.report.runs import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    KILLED,
    RUNNING,
    RUNS,
    STOPPED,
    RunRecord,
    read_runs,
)
from haybale.pipeline.report.text import report_text

REPORT_PATH = "run/report.json"
TEXT_PATH = "run/report.txt"


@contextlib.contextmanager
def recorded(
    context: BuildContext,
    stages: tuple[str, ...],
    recipe: Path,
    overrides: tuple[str, ...],
    log: Path | None,
) -> Iterator[None]:
    """Record the build that the block runs, and in the end write the report of all its runs.

    Args:
        context: The build.
        stages: That it is to run.
        recipe: Its file.
        overrides: As after `--set`.
        log: Where the log goes besides the corpus folder.
    """
    folder = context.folder
    now = datetime.now(UTC).isoformat(timespec="seconds")
    earlier = read_runs(folder, folder.list(RUNS))
    _bury(folder, earlier)
    record = RunRecord(
        number=1 + len(earlier),
        begun=now,
        updated=now,
        build=_build(context, stages),
        engine=_engine(context),
        command=_command(context, recipe, overrides),
        machine=describe_machine(),
        process=os.getpid(),
    )
    journal = RunJournal(folder, record, EventLog(folder, record.log_path, log))
    journal.begin()
    state, error = INTERRUPTED, None
    try:
        with context.progress.recorded(journal):
            yield
        state = FINISHED if folder.exists(MANIFEST_PATH) else STOPPED
    except Exception as raised:
        state, error = FAILED, _described(raised)
        raise
    finally:
        journal.end(state, error)
        # What the work met it has raised; a report that cannot be written must not hide that.
        with contextlib.suppress(OSError, HaybaleError):
            write_report(folder)


def _bury(folder: Folder, runs: list[RunRecord]) -> None:
    """Note of runs that never said that they ended that they were killed: this one has the lock."""
    for run in runs:
        if run.state == RUNNING:
            run.state = KILLED
            folder.commit_bytes(run.path, canonical_json(run.as_json()))


def settle(folder: Folder) -> None:
    """See to it that a finished corpus has its report: the run may have been killed before it."""
    if not folder.exists(REPORT_PATH):
        _bury(folder, read_runs(folder, folder.list(RUNS)))
        write_report(folder)


def write_report(folder: Folder) -> None:
    """Write the report, for machines and for people."""
    report = collect(folder)
    folder.commit_bytes(REPORT_PATH, canonical_json(report.as_json()))
    folder.commit_bytes(TEXT_PATH, report_text(report).encode())


def _build(context: BuildContext, stages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": context.loaded.recipe.name,
        "recipe_digest": digest(canonical_json(context.loaded.raw)),
        "input_bytes": sum(part.num_bytes for part in context.parts),
        "parts": len(context.parts),
        "stages": stages,
    }


def _engine(context: BuildContext) -> dict[str, Any]:
    """Beam's options may hold passwords, so none of them is kept but the runner's name."""
    engine = context.engine
    local = {"workers": engine.workers, "max_memory_bytes": engine.memory_bytes}
    told = {"runner": engine.runner, "description": engine.describe()}
    return {**told, **(local if engine.is_local else {})}


def _command(context: BuildContext, recipe: Path, overrides: tuple[str, ...]) -> str:
    """What goes on with the build; Beam's options are left to the user to repeat."""
    engine = context.engine
    words = ["haybale", "build", str(recipe), "--output", context.folder.uri]
    if engine.workers > 1:
        words += ["--workers", str(engine.workers)]
    if engine.max_memory_bytes is not None:
        words += ["--max-memory", f"{engine.max_memory_bytes >> 20}MiB"]
    for override in overrides:
        words += ["--set", override]
    command = redacted(shlex.join(words))
    if engine.is_local:
        return command
    return f"{command} -- --runner={engine.runner} (and its other options, as before)"


def _described(error: Exception) -> dict[str, str]:
    """Ours say what a user can know; those of others may quote the text they stumbled over."""
    message = redacted(str(error)) if isinstance(error, HaybaleError) else ""
    return {"type": type(error).__name__, "message": message}

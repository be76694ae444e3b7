"""Whether a build is at work in a folder, and if not, what became of it."""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil

from haybale.corpus.errors import RecipeError
from haybale.pipeline.report.amounts import count_of
from haybale.pipeline.report.collected import BuildReport
from haybale.pipeline.report.runs import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    KILLED,
    RUNNING,
    SILENT_SECONDS,
    STOPPED,
    RunRecord,
)


@dataclass(frozen=True)
class State:
    """What a build is doing.

    Attributes:
        name: RUNNING, FINISHED, STOPPED, INTERRUPTED or FAILED.
        reason: One line on how that came to be, or is known.
        command: What goes on with it; None where nothing is to be done, or no run was recorded.
    """

    name: str
    reason: str
    command: str | None = None


def check_build(report: BuildReport, where: str) -> None:
    """Check that a build was begun in this folder, or a corpus is there.

    Args:
        report: What `collect` found.
        where: The folder, for the message.

    Raises:
        RecipeError: If neither.
    """
    if not (report.finished or report.stages or report.runs):
        raise RecipeError(
            f"{where}: expected a folder that haybale build writes, found neither records of a "
            "build below run/ nor corpus.json; give the folder that was its --output"
        )


def state_of(report: BuildReport) -> State:
    """What the build is doing, by its last run and by what is on storage."""
    last = report.runs[-1] if report.runs else None
    if last is None:
        if report.finished:
            return State(FINISHED, "no run of its build is recorded here")
        return State(STOPPED, "no run is recorded; run the same command again to go on")
    if last.state == RUNNING:
        silent = silence(last)
        if silent is None:
            return State(RUNNING, f"run {last.number}, begun {last.begun}")
        if not report.finished:
            return State(STOPPED, silent, last.command)
    if report.finished:
        return State(FINISHED, f"after {count_of(last.number, 'run')}")
    if last.state == FAILED:
        assert last.error is not None
        message = last.error["message"] or "`haybale --debug build ...` shows where"
        return State(FAILED, f"{last.error['type']}: {message}", last.command)
    if last.state == INTERRUPTED:
        return State(INTERRUPTED, f"at {last.updated}", last.command)
    if last.state == KILLED:
        return State(STOPPED, "its process was killed, or the machine went down", last.command)
    after = f", after stage {last.stages[-1].name}" if last.stages else ""
    return State(STOPPED, f"as asked{after}", last.command)


def silence(run: RunRecord) -> str | None:
    """Why a run that has not said that it ended is not at work; None if it is, as far as known."""
    if run.machine["host"] == socket.gethostname() and not _is_alive(run.process):
        return f"its process {run.process} was killed, or the machine went down"
    age = datetime.now(UTC) - datetime.fromisoformat(run.updated)
    if age > timedelta(seconds=SILENT_SECONDS):
        return f"no sign of life since {run.updated} on {run.machine['host']}"
    return None


def _is_alive(process: int) -> bool:
    try:
        # A killed process whose parent has not heard of it still has its number.
        return bool(psutil.Process(process).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # another user's
        return True

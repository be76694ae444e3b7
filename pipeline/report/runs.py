"""Runs of a build: each time that `haybale build` works in a folder it leaves one record there.

`run/runs/0001.json` is the first run's, rewritten while it is at work, so that it tells of a killed
run as well; beside it stands the run's log.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from haybale.corpus.storage import Folder, read_parsed

RUNS = "run/runs"
REMOTE_BEAT_SECONDS = 15.0
"""Between two signs of life of a run whose folder is in an object store."""
LOCAL_BEAT_SECONDS = 5.0
"""The same of one whose folder is on this computer."""
SILENT_SECONDS = 60.0
"""After so long without a sign of life a run is taken for dead."""

RUNNING = "running"
FINISHED = "finished"
STOPPED = "stopped"
INTERRUPTED = "interrupted"
FAILED = "failed"
KILLED = "killed"


@dataclass
class StepRun:
    """A step, as one run worked at it.

    Attributes:
        name: Such as `deduplicate/exact-text`.
        stage: One of the five.
        num_units: Units in all.
        num_reused: Of these, finished by an earlier run.
        num_done: Units finished when last looked at.
        begun_seconds: After the run's begin.
        seconds: Wall time, until its end or the last sign of life.
        cpu_seconds: Of all processes on the driver's computer.
        shuffled_bytes: Packed rows that crossed a shuffle; None where the engine did not tell.
        state: RUNNING, FINISHED or FAILED.
        events: How often what was reported, such as `unit_retried`.
    """

    name: str
    stage: str
    num_units: int
    num_reused: int
    begun_seconds: float
    num_done: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    shuffled_bytes: int | None = 0
    state: str = RUNNING
    events: dict[str, int] = field(default_factory=dict)


@dataclass
class StageRun:
    """A stage, as one run worked at it; the driver's own work between steps is part of it."""

    name: str
    begun_seconds: float
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass
class RunRecord:
    """One run.

    Attributes:
        number: From 1.
        begun: UTC, ISO 8601.
        updated: The last sign of life, likewise.
        seconds: From one to the other.
        build: Name and digest of the recipe, bytes and parts of the input, stages to run.
        engine: Runner, worker processes, memory.
        command: What goes on with the build.
        machine: See `describe_machine`.
        process: Of the driver.
        state: RUNNING, FINISHED, STOPPED, INTERRUPTED, FAILED, or as the next run found it, KILLED.
        error: `type` and `message` of what ended it; None where nothing did.
        peak_memory_bytes: The most that the driver held.
        stages: In order.
        steps: In order.
        events: How often what was reported.
    """

    number: int
    begun: str
    updated: str
    build: dict[str, Any]
    engine: dict[str, Any]
    command: str
    machine: dict[str, Any]
    process: int
    seconds: float = 0.0
    state: str = RUNNING
    error: dict[str, str] | None = None
    peak_memory_bytes: int = 0
    stages: list[StageRun] = field(default_factory=list)
    steps: list[StepRun] = field(default_factory=list)
    events: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it is recorded."""
        return f"{RUNS}/{self.number:04d}.json"

    @property
    def log_path(self) -> str:
        """Where its log is."""
        return f"{RUNS}/{self.number:04d}.log.jsonl"

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "RunRecord":
        """The inverse of `as_json`."""
        nested = {
            "stages": [StageRun(**stage) for stage in raw["stages"]],
            "steps": [StepRun(**step) for step in raw["steps"]],
        }
        return cls(**{**raw, **nested})


def is_record(path: str) -> bool:
    """Whether this is the path of a run's record."""
    return path.startswith(f"{RUNS}/") and path.endswith(".json")


def read_runs(folder: Folder, paths: list[str]) -> list[RunRecord]:
    """All runs, in order, of a folder that holds these files."""
    records = (RunRecord.from_json(read_parsed(folder, path)) for path in paths if is_record(path))
    return sorted(records, key=lambda record: record.number)

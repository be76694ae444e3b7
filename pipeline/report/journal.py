"""Keeps the record of a run while it is at work."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import HaybaleError
from haybale.corpus.storage import Folder
from haybale.pipeline.report.event_log import EventLog, Level
from haybale.pipeline.report.outlook import build_seconds_left
from haybale.pipeline.report.runs import (
    FAILED,
    FINISHED,
    LOCAL_BEAT_SECONDS,
    REMOTE_BEAT_SECONDS,
    RUNNING,
    RunRecord,
    StageRun,
    StepRun,
)
from haybale.pipeline.units.timing import peak_memory_bytes, process_cpu_seconds


class RunJournal:
    """Notes what a run does, in its record and in its log.

    Args:
        folder: The corpus folder.
        record: The run's, as it begins.
        log: The run's.
    """

    def __init__(self, folder: Folder, record: RunRecord, log: EventLog) -> None:
        self.record = record
        self._folder, self._log = folder, log
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._begun = time.monotonic()
        self._stage: tuple[StageRun, float] | None = None
        self._stop = threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True)

    def begin(self) -> None:
        """The run begins: from now on its record is on storage, and shows signs of life."""
        self.event("run_started", build=self.record.build, engine=self.record.engine)
        self.leave()
        self._beating.start()

    def end(self, state: str, error: dict[str, str] | None = None) -> None:
        """The run ends."""
        self._stop.set()
        self._beating.join()
        with self._lock:
            self._close_stage()
            self.record.state, self.record.error = state, error
            level: Level = "error" if state == FAILED else "info"
            seconds = round(self._seconds(), 3)
            self.event("run_ended", level, state=state, seconds=seconds, error=error)
            self.leave()

    def event(self, name: str, level: Level = "info", **fields: Any) -> None:
        """Log an event, and count it."""
        with self._lock:
            current = self.current
            places: dict[str, Any] = {"run": self.record.number}
            if self._stage is not None:
                places["stage"] = self._stage[0].name
            if current is not None:
                places["step"] = current.name
                current.events[name] = current.events.get(name, 0) + 1
            self.record.events[name] = self.record.events.get(name, 0) + 1
            self._log.write(name, level, {**places, **fields})

    @property
    def current(self) -> StepRun | None:
        """The step that is being done."""
        running = (step for step in reversed(self.record.steps) if step.state == RUNNING)
        return next(running, None)

    def enter_stage(self, name: str) -> None:
        """What comes next belongs to this stage; the one before is over."""
        with self._lock:
            self._close_stage()
            stage = StageRun(name, round(self._seconds(), 3))
            self.record.stages.append(stage)
            self._stage = stage, process_cpu_seconds()
            self.event("stage_started")

    @contextlib.contextmanager
    def step(self, name: str, num_units: int, num_reused: int) -> Iterator[StepRun]:
        """Note a step while the block does it."""
        stage = "" if self._stage is None else self._stage[0].name
        step = StepRun(name, stage, num_units, num_reused, round(self._seconds(), 3), num_reused)
        cpu, begun = process_cpu_seconds(), time.monotonic()
        with self._lock:
            self.record.steps.append(step)
            self.event("step_started", num_units=num_units, num_reused=num_reused)
        self.leave()  # before its units' records, which nobody could tell the step of otherwise

        def close(state: str, level: Level) -> None:
            with self._lock:
                step.seconds = round(time.monotonic() - begun, 3)
                step.cpu_seconds = round(process_cpu_seconds() - cpu, 3)
                figures = {"seconds": step.seconds, "cpu_seconds": step.cpu_seconds}
                self.event(f"step_{state}", level, num_done=step.num_done, **figures)
                step.state = state

        try:
            yield step
        except BaseException:
            close(FAILED, "error")
            raise
        close(FINISHED, "info")

    def seconds_left(self, step_seconds_left: float | None) -> float | None:
        """Of the whole build, roughly; see `build_seconds_left`."""
        with self._lock:
            self._measure_stage(self._seconds())
            return build_seconds_left(self.record, self.record.build["stages"], step_seconds_left)

    def leave(self) -> None:
        """Leave the record on storage as it is now.

        Whoever watches a build must not end it: where storage fails for a moment, the next sign of
        life carries the same news, and the build's own files meet the same failure.
        """
        with self._writing, contextlib.suppress(OSError, HaybaleError):
            self._folder.commit_bytes(self.record.path, self._snapshot())
            self._log.flush()

    def _snapshot(self) -> bytes:
        """The record as it is now; the work does not wait for a slow store to take it."""
        with self._lock:
            record = self.record
            seconds = self._seconds()
            record.seconds = round(seconds, 3)
            record.updated = datetime.now(UTC).isoformat(timespec="seconds")
            record.peak_memory_bytes = peak_memory_bytes()
            self._measure_stage(seconds)
            if (step := self.current) is not None:
                step.seconds = round(seconds - step.begun_seconds, 3)
            return canonical_json(record.as_json())

    def _close_stage(self) -> None:
        if (stage := self._measure_stage(self._seconds())) is not None:
            self.event("stage_ended", seconds=stage.seconds, cpu_seconds=stage.cpu_seconds)
            self._stage = None

    def _measure_stage(self, seconds: float) -> StageRun | None:
        if self._stage is None:
            return None
        stage, cpu = self._stage
        stage.seconds = round(seconds - stage.begun_seconds, 3)
        stage.cpu_seconds = round(process_cpu_seconds() - cpu, 3)
        return stage

    def _seconds(self) -> float:
        return time.monotonic() - self._begun

    def _beat(self) -> None:
        seconds = LOCAL_BEAT_SECONDS if self._folder.is_local else REMOTE_BEAT_SECONDS
        while not self._stop.wait(seconds):
            self.leave()

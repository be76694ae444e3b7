"""What a build has done so far, in all its runs, step by step and stage by stage."""

from dataclasses import dataclass, field
from typing import Any

from haybale.pipeline.report.runs import RunRecord
from haybale.pipeline.report.unit_sums import UnitSums
from haybale.pipeline.units.timing import PEAK_MEMORY

_AGAIN = ("unit_retried", "process_died")


@dataclass
class StepReport:
    """A step over all runs of the build.

    Attributes:
        name: Such as `deduplicate/exact-text`.
        stage: One of the five.
        sums: Of its finished units, whichever run finished them.
        num_units: In all; None where no record tells.
        finished: Whether all is done.
        seconds: Wall time, as the driver waited; None where no run was recorded.
        process_cpu_seconds: Of all processes of the driver's computer, likewise.
        shuffled_bytes: Packed rows that crossed a shuffle; None where the engine did not tell.
        num_reused: Units that its last run found done.
        events: How often what was reported.
    """

    name: str
    stage: str
    sums: UnitSums = field(default_factory=UnitSums)
    num_units: int | None = None
    finished: bool = False
    seconds: float | None = None
    process_cpu_seconds: float | None = None
    shuffled_bytes: int | None = None
    num_reused: int = 0
    events: dict[str, int] = field(default_factory=dict)

    @property
    def num_attempts(self) -> int:
        """Of its finished units: each once, and again for each retry and each process that died."""
        return self.sums.num_units + sum(self.events.get(event, 0) for event in _AGAIN)

    @property
    def documents_per_second(self) -> float | None:
        """Of wall time; None for a step that keeps no account of documents."""
        if not self.seconds or not self.sums.num_documents:
            return None
        return self.sums.num_documents / self.seconds

    def as_json(self) -> dict[str, Any]:
        """Under the names that docs/running.md explains."""
        sums, timing = self.sums, self.sums.measured
        phases = {
            name.removeprefix("cpu_seconds_"): seconds
            for name, seconds in sorted(timing.items())
            if name.startswith("cpu_seconds_")
        }
        return {
            "name": self.name,
            "stage": self.stage,
            "finished": self.finished,
            "units": self.num_units,
            "units_done": sums.num_units,
            "units_reused": self.num_reused,
            "attempts": self.num_attempts,
            "wall_seconds": self.seconds,
            "process_cpu_seconds": self.process_cpu_seconds,
            "unit_wall_seconds": timing.get("wall_seconds", None if sums.num_unread else 0.0),
            "unit_cpu_seconds": sums.cpu_seconds,
            "cpu_seconds_by_phase": phases,
            "read_bytes": timing.get("read_bytes"),
            "written_bytes": timing.get("written_bytes"),
            "shuffled_bytes": self.shuffled_bytes,
            "peak_memory_bytes": timing.get(PEAK_MEMORY),
            "documents_per_second": self.documents_per_second,
            "outcomes": {outcome: vars(amount) for outcome, amount in sums.amounts.items()},
            "events": self.events,
        }


@dataclass
class StageReport:
    """A stage over all runs of the build: its steps, and what the driver did between them.

    Attributes:
        name: Such as `ingest`.
        steps: In the order in which they were begun.
        seconds: Wall time; None where no run was recorded.
        process_cpu_seconds: Of all processes of the driver's computer, likewise.
        num_documents: That came to it; 0 where that is not known.
        finished: Whether all is done.
    """

    name: str
    steps: list[StepReport] = field(default_factory=list)
    seconds: float | None = None
    process_cpu_seconds: float | None = None
    num_documents: int = 0
    finished: bool = False

    @property
    def sums(self) -> UnitSums:
        """Of the units of all steps."""
        sums = UnitSums()
        for step in self.steps:
            sums.merge(step.sums)
        return sums

    def as_json(self) -> dict[str, Any]:
        """Under the names that docs/running.md explains."""
        sums = self.sums
        timing = sums.measured
        shuffled = [step.shuffled_bytes for step in self.steps if step.shuffled_bytes is not None]
        rate = self.num_documents / self.seconds if self.seconds else None
        return {
            "name": self.name,
            "finished": self.finished,
            "wall_seconds": self.seconds,
            "process_cpu_seconds": self.process_cpu_seconds,
            "unit_cpu_seconds": sums.cpu_seconds,
            "read_bytes": timing.get("read_bytes"),
            "written_bytes": timing.get("written_bytes"),
            "shuffled_bytes": sum(shuffled) if shuffled else None,
            "peak_memory_bytes": timing.get(PEAK_MEMORY),
            "documents": self.num_documents,
            "documents_per_second": rate if self.num_documents else None,
            "units_done": sums.num_units,
            "units_reused": sum(step.num_reused for step in self.steps),
            "attempts": sum(step.num_attempts for step in self.steps),
            "steps": [step.as_json() for step in self.steps],
        }


@dataclass(frozen=True)
class BuildReport:
    """What a build has done so far.

    Attributes:
        finished: Whether the corpus exists.
        stages: Those that were begun, in order.
        runs: In order; none where the folder was built before runs were recorded.
    """

    finished: bool
    stages: tuple[StageReport, ...]
    runs: tuple[RunRecord, ...]

    def as_json(self) -> dict[str, Any]:
        """Under the names that docs/running.md explains."""
        stages = [stage.as_json() for stage in self.stages]
        return {
            "finished": self.finished,
            "totals": {
                "wall_seconds": sum(run.seconds for run in self.runs),
                **{name: _total(stages, name) for name in _ADDED},
                "peak_memory_bytes": max((stage[PEAK_MEMORY] or 0 for stage in stages), default=0),
            },
            "stages": stages,
            "runs": [run.as_json() for run in self.runs],
        }


_ADDED = (
    "process_cpu_seconds",
    "unit_cpu_seconds",
    "read_bytes",
    "written_bytes",
    "shuffled_bytes",
    "units_done",
    "units_reused",
    "attempts",
)


def _total(stages: list[dict[str, Any]], name: str) -> float | None:
    known = [stage[name] for stage in stages if stage[name] is not None]
    return sum(known) if known else None

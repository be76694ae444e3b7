"""Collects from the folder `run/` what a build has done so far, in all its runs.

Of a finished step its own record is read, which holds the sums of its units; of a step that is not
finished the records of its units, as long as they are few: each is a request to an object store.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.ledger import Ledger
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.report.collected import BuildReport, StageReport, StepReport
from haybale.pipeline.report.runs import FINISHED, RUNS, STOPPED, RunRecord, read_runs
from haybale.pipeline.report.unit_sums import UnitSums

MOST_READ = 4000
"""Records of units that are read of a step: a few seconds from a local disk."""
MOST_READ_REMOTE = 100
"""The same from an object store, at some 50 ms a request."""

_NO_STEPS = ("run/attempts/", "run/files/", "run/plan.json", "run/report.json", f"{RUNS}/")
"""Below `run/`, and of no step."""
_STAGES = {
    "tokenizer-sample": "tokenizer",
    "repeats": "deduplicate",
    "decontaminate": "deduplicate",
    "lookup": "tokenize",
}
"""Stages of steps that are not named after them."""


def collect(folder: Folder) -> BuildReport:
    """Read what the build's records say; a build at work may go on meanwhile."""
    paths = [path for path in folder.list("run") if path.endswith(".json")]
    runs, finished = read_runs(folder, paths), folder.exists(MANIFEST_PATH)
    steps = _steps_of_runs(runs)
    _add_records(folder, [path for path in paths if not path.startswith(_NO_STEPS)], steps)
    stages: dict[str, StageReport] = {}
    for run in runs:
        for part in run.stages:
            stage = stages.setdefault(part.name, StageReport(part.name))
            stage.seconds = (stage.seconds or 0.0) + part.seconds
            stage.process_cpu_seconds = (stage.process_cpu_seconds or 0.0) + part.cpu_seconds
    for step in steps.values():
        stages.setdefault(step.stage, StageReport(step.stage)).steps.append(step)
    ended = set(stages) if finished else _ended(runs, list(stages))
    for stage in stages.values():
        stage.finished = stage.name in ended and all(step.finished for step in stage.steps)
    _pass_documents(list(stages.values()))
    return BuildReport(finished, tuple(stages.values()), tuple(runs))


def _ended(runs: Sequence[RunRecord], stages: Sequence[str]) -> set[str]:
    """Stages that came to their end: one came after, or their run ended with them, as asked.

    Where no run is recorded the steps alone must tell.
    """
    if not runs:
        return set(stages)
    ended: set[str] = set()
    for run in runs:
        last = len(run.stages) if run.state in (FINISHED, STOPPED) else -1
        ended |= {stage.name for stage in run.stages[:last]}
    return ended


def _steps_of_runs(runs: Iterable[RunRecord]) -> dict[str, StepReport]:
    steps: dict[str, StepReport] = {}
    for run in runs:
        for part in run.steps:
            step = steps.setdefault(part.name, StepReport(part.name, part.stage))
            step.num_units, step.num_reused = part.num_units, part.num_reused
            step.seconds = (step.seconds or 0.0) + part.seconds
            step.process_cpu_seconds = (step.process_cpu_seconds or 0.0) + part.cpu_seconds
            if part.shuffled_bytes is not None:
                step.shuffled_bytes = (step.shuffled_bytes or 0) + part.shuffled_bytes
            for name, count in part.events.items():
                step.events[name] = step.events.get(name, 0) + count
    return steps


def _add_records(folder: Folder, paths: list[str], steps: dict[str, StepReport]) -> None:
    """Add what is on storage of each step: its own record if it is finished, else its units."""
    most = MOST_READ if folder.is_local else MOST_READ_REMOTE
    whole: set[str] = set()
    units: dict[str, list[str]] = {}
    strays: dict[str, StepReport] = {}
    num_strays = 0
    for path in sorted(paths, key=lambda path: (path.count("/"), path)):
        name = path.removeprefix("run/").removesuffix(".json")
        above = _step_above(name, steps)
        if above is not None:
            if above not in whole:
                units.setdefault(above, []).append(path)
        elif name in steps or num_strays < most:
            record = _read(folder, path)
            if {"units", "content"} <= record.keys():
                step = steps.setdefault(name, StepReport(name, _stage_of(name)))
                step.finished, step.num_units = True, record["units"]
                if "sums" in record:
                    step.sums = UnitSums.from_json(record["sums"])
                    whole.add(name)
            else:  # of a unit whose step no run tells of, or of no work at all
                num_strays += 1
                first = name.partition("/")[0]
                _add_unit(strays.setdefault(first, StepReport(first, _stage_of(first))), record)
    for name, mine in units.items():
        if len(mine) > most:
            steps[name].sums = UnitSums(len(mine), num_unread=len(mine))
        else:
            for path in mine:
                _add_unit(steps[name], _read(folder, path))
    for name, step in strays.items():
        if step.sums.num_units:
            steps.setdefault(name, step)


def _add_unit(step: StepReport, record: Mapping[str, Any]) -> None:
    """Add the record of a unit, if it is one."""
    if "timing" in record:
        step.sums.add(record["timing"], Ledger.from_json(record["ledger"]))


def _read(folder: Folder, path: str) -> Mapping[str, Any]:
    """An object of JSON; empty where it is another thing, or gone."""
    try:
        record = read_parsed(folder, path)
    except CorruptShardError:  # the build removed it after it was listed
        return {}
    return record if isinstance(record, dict) else {}


def _stage_of(step: str) -> str:
    """The stage of a step that no run tells of."""
    first = step.partition("/")[0]
    return _STAGES.get(first, first)


def _step_above(unit: str, steps: dict[str, StepReport]) -> str | None:
    """The step that a record of a unit belongs to."""
    places = [at for at, letter in enumerate(unit) if letter == "/"]
    return next((unit[:at] for at in reversed(places) if unit[:at] in steps), None)


def _pass_documents(stages: Sequence[StageReport]) -> None:
    """Count what came to each stage: as its ledger says, else what the stage before kept."""
    kept = 0
    for stage in stages:
        stage.num_documents = next(
            (step.sums.num_documents for step in stage.steps if step.sums.num_documents), kept
        )
        for step in stage.steps:
            if "kept" in step.sums.amounts:
                kept = step.sums.amounts["kept"].documents

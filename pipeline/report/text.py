"""The report of a build as plain text."""

from collections.abc import Sequence

from haybale.pipeline.report.amounts import duration, size
from haybale.pipeline.report.collected import BuildReport, StageReport, StepReport
from haybale.pipeline.report.runs import KILLED, RUNNING
from haybale.pipeline.report.state import silence
from haybale.pipeline.report.unit_sums import OUTCOMES
from haybale.pipeline.units.timing import PEAK_MEMORY

_HEADINGS = (
    "stage, step",
    "units",
    "wall",
    "CPU",
    "CPU in units",
    "read",
    "written",
    "shuffled",
    "documents/s",
    "memory",
)
_UNKNOWN = "-"


def report_text(report: BuildReport) -> str:
    """Where the time went, stage by stage and step by step; ends with a newline."""
    totals = report.as_json()["totals"]
    lines = [*_machines(report), ""]
    rows = []
    for stage in report.stages:
        rows.append(_stage_row(stage))
        rows += [_step_row(step) for step in stage.steps]
    rows.append(
        (
            "all",
            str(totals["units_done"]),
            duration(totals["wall_seconds"]) if report.runs else _UNKNOWN,
            _seconds(totals["process_cpu_seconds"]),
            _seconds(totals["unit_cpu_seconds"]),
            *(_size(totals[f"{what}_bytes"]) for what in ("read", "written", "shuffled")),
            "",
            _size(totals[PEAK_MEMORY]),
        )
    )
    lines += _table_lines(_HEADINGS, rows)
    lines += ["", *outcome_lines(report), *_phase_lines(report), *event_lines(report)]
    return "\n".join(lines) + "\n"


def status_table(report: BuildReport) -> list[str]:
    """How far each step is, in few columns."""
    headings = ("stage, step", "units", "wall", "CPU in units", "documents/s")
    rows: list[tuple[str, ...]] = []
    for stage in report.stages:
        figures = stage.as_json()
        cpu, rate = figures["unit_cpu_seconds"], figures["documents_per_second"]
        rows.append((stage.name, "", _duration(stage.seconds), _seconds(cpu), _rate(rate)))
        for step in stage.steps:
            cpu, rate = step.sums.cpu_seconds, step.documents_per_second
            figured = (_duration(step.seconds), _seconds(cpu), _rate(rate))
            rows.append(("  " + step.name, units_done(step), *figured))
    return _table_lines(headings, rows)


def _table_lines(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they must be; the first flush left, the others flush right."""
    table = [headings, *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(headings))]
    return [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def outcome_lines(report: BuildReport) -> list[str]:
    """What became of the documents so far, by stage."""
    lines = []
    for stage in report.stages:
        for step in stage.steps:
            amounts = step.sums.amounts
            counts = [
                f"{amounts[outcome].documents:,} {outcome}"
                for outcome in OUTCOMES
                if outcome in amounts
            ]
            if counts:
                lines.append(f"documents, {step.name}: {', '.join(counts)}")
    return lines


def _stage_row(stage: StageReport) -> tuple[str, ...]:
    figures = stage.as_json()
    return (
        stage.name,
        "",
        _duration(stage.seconds),
        _seconds(stage.process_cpu_seconds),
        _seconds(figures["unit_cpu_seconds"]),
        *(_size(figures[f"{what}_bytes"]) for what in ("read", "written", "shuffled")),
        _rate(figures["documents_per_second"]),
        _size(figures[PEAK_MEMORY]),
    )


def _step_row(step: StepReport) -> tuple[str, ...]:
    figures = step.as_json()
    return (
        "  " + step.name,
        units_done(step),
        _duration(step.seconds),
        _seconds(step.process_cpu_seconds),
        _seconds(figures["unit_cpu_seconds"]),
        *(_size(figures[f"{what}_bytes"]) for what in ("read", "written", "shuffled")),
        _rate(step.documents_per_second),
        _size(figures[PEAK_MEMORY]),
    )


def units_done(step: StepReport) -> str:
    """Such as `12`, or `3 of 12` where some are left."""
    done = step.sums.num_units
    if step.finished:
        return f"{done:,}"
    # A step that was cut short, or is being done.
    return f"{done:,} of {_UNKNOWN if step.num_units is None else f'{step.num_units:,}'}"


def _machines(report: BuildReport) -> list[str]:
    """A line for each run: when, where, how it ended."""
    lines = []
    for run in report.runs:
        engine, machine = run.engine, run.machine
        versions = ", ".join(f"{name} {text}" for name, text in machine["versions"].items())
        dead = run.state == RUNNING and silence(run) is not None
        state = KILLED if dead else run.state
        lines.append(
            f"run {run.number}: {state}; begun {run.begun}, {duration(run.seconds)}; "
            f"{engine['description']}; {machine['cores']} cores, "
            f"{size(machine['memory_bytes'])}; Python {machine['python']}, {versions}"
        )
    return lines or ["no run is recorded: built before runs were, or imported"]


def _phase_lines(report: BuildReport) -> list[str]:
    """Where the CPU time of units went, for the steps that tell."""
    lines = []
    for stage in report.stages:
        for step in stage.steps:
            figures = step.as_json()
            phases, whole = figures["cpu_seconds_by_phase"], figures["unit_cpu_seconds"]
            if phases and whole:
                ordered = sorted(phases.items(), key=lambda item: -item[1])
                shares = ", ".join(f"{name} {value / whole:.0%}" for name, value in ordered)
                lines.append(f"CPU, {step.name}: {shares}")
    return lines


def event_lines(report: BuildReport) -> list[str]:
    """What went wrong, was retried, lost or taken over."""
    usual = ("run_", "stage_", "step_started", "step_finished")
    counts: dict[str, int] = {}
    for run in report.runs:
        for name, count in run.events.items():
            if not name.startswith(usual):
                counts[name] = counts.get(name, 0) + count
    return [f"{name.replace('_', ' ')}: {count}" for name, count in sorted(counts.items())]


def _duration(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else duration(seconds)


def _seconds(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{seconds:,.1f} s"


def _size(num_bytes: float | None) -> str:
    return _UNKNOWN if num_bytes is None else size(num_bytes)


def _rate(per_second: float | None) -> str:
    return _UNKNOWN if per_second is None else f"{per_second:,.0f}"

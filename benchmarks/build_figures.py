"""What a finished build says of itself, for the benchmarks that run whole builds."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import ROOT

MAP_STEPS = ("ingest", "tokenize/tokens")
"""The steps that read or encode all text, part by part."""


@dataclass(frozen=True)
class Figures:
    """Of a build.

    Attributes:
        report: `run/report.json`.
        cpu_seconds: User and system, of all its processes, start-up included; None for a build
            that was not run here and now.
        text_bytes: UTF-8 of the documents read.
        documents: Read.
        kept_bytes: UTF-8 of the documents in the corpus.
        tokens: Of these.
        output_bytes: Folder of the output to the bytes in it.
    """

    report: dict[str, Any]
    cpu_seconds: float | None
    text_bytes: int
    documents: int
    kept_bytes: int
    tokens: int
    output_bytes: dict[str, int]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """All steps, in the order in which they were begun."""
        return [step for stage in self.report["stages"] for step in stage["steps"]]

    @property
    def peak_memory_bytes(self) -> int:
        """The most that a process held."""
        return int(self.report["totals"]["peak_memory_bytes"])

    def seconds_of(self, *steps: str) -> float:
        """CPU seconds of the units of steps."""
        return float(sum(step["unit_cpu_seconds"] for step in self.steps if step["name"] in steps))


def run_build(recipe: Path | str, output: Path, *options: str, **environment: str) -> float:
    """Build, or go on with a build; returns CPU seconds, user and system, of all its processes.

    Args:
        recipe: File, or name of a shipped one.
        output: The corpus folder.
        *options: Of `haybale build`.
        **environment: Variables to set.
    """
    command = [sys.executable, "-m", "haybale.cli", "build", str(recipe), "--quiet"]
    command += ["--output", str(output), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    # The usage of a process holds that of its children, once it has waited for them.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def build(recipe: Path | str, output: Path, *options: str, **environment: str) -> Figures:
    """Build as `run_build`, and read the figures."""
    cpu_seconds = run_build(recipe, output, *options, **environment)
    return read_figures(output, cpu_seconds)


def read_figures(output: Path, cpu_seconds: float | None = None) -> Figures:
    """The figures of a finished build."""
    report = json.loads((output / "run" / "report.json").read_text())
    ledger = json.loads((output / "card" / "inputs.json").read_text())["ledger"]
    totals = json.loads((output / "corpus.json").read_text())["totals"]
    read = [row for row in ledger if row["outcome"] == "read"]
    sizes = {
        folder.name: sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        for folder in sorted(output.iterdir())
        if folder.is_dir()
    }
    counts = [counts for subsets in totals.values() for counts in subsets.values()]
    return Figures(
        report,
        cpu_seconds,
        text_bytes=sum(row["text_bytes"] for row in read),
        documents=sum(row["documents"] for row in read),
        kept_bytes=sum(count["text_bytes"] for count in counts),
        tokens=sum(count["tokens"] for count in counts),
        output_bytes=sizes,
    )


def print_stages(figures: Figures) -> None:
    """Where the time goes: each stage, its costliest steps, and the phases of these.

    The CPU seconds of a stage are those of all processes while it ran; what its units do not
    account for is the engine's and the driver's.
    """
    megabytes = figures.text_bytes / 1e6
    whole = float(figures.report["totals"]["process_cpu_seconds"])
    print(f"{'':38}{'CPU s':>9}{'share':>8}{'MB/s':>9}{'peak MB':>9}")

    def line(name: str, seconds: float, peak: int | None = None) -> None:
        rate = f"{megabytes / seconds:9.1f}" if seconds > 0.005 else f"{'':9}"
        held = "" if peak is None else f"{peak / 1e6:9.0f}"
        print(f"{name:38}{seconds:9.2f}{100 * seconds / whole:7.1f}%{rate}{held}")

    for stage in figures.report["stages"]:
        line(stage["name"], stage["process_cpu_seconds"], stage["peak_memory_bytes"])
        for step in sorted(stage["steps"], key=lambda step: -step["unit_cpu_seconds"])[:4]:
            if step["unit_cpu_seconds"] >= 0.01 * whole or step["name"] in MAP_STEPS:
                line(f"  {step['name']}", step["unit_cpu_seconds"])
                phases = step["cpu_seconds_by_phase"].items()
                for phase, seconds in sorted(phases, key=lambda phase: -phase[1]):
                    line(f"    {phase}", seconds)
        units = sum(step["unit_cpu_seconds"] for step in stage["steps"])
        line("  engine and driver", stage["process_cpu_seconds"] - units)
    if figures.cpu_seconds is not None:
        line("start-up and end", figures.cpu_seconds - whole)

"""One build of much text, all stages, with a table of what it took.

    python benchmarks/big_build.py FOLDER [--gigabytes 20] [--workers 2]

Makes the text (`varied_text.py`: not real, and docs/scale.md says how it differs), builds it and
writes `figures.json`, from which `scale_table.py` computes the tables of docs/scale.md. Stopped at
any moment, the same command goes on where it was. 20 GB take about 35 GB of disk.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import apache_beam as beam
from build_figures import MAP_STEPS, Figures, build, print_stages
from varied_subset import CLUSTERED, EXACT, expected_copies

from haybale import __version__


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    if not os.environ.get("HAYBALE_DATA"):
        print("skipped: HAYBALE_DATA names no folder of real text")
        return
    text = args.folder / "text"
    if not (text / "recipe.toml").exists():  # written last
        make_text(text, args.gigabytes, args.workers)
    start = time.monotonic()
    output = args.folder / "corpus"
    figures = build(text / "recipe.toml", output, "--workers", str(args.workers))
    found = table(figures, args.workers, time.monotonic() - start)
    found["input_bytes"] = sum(file.stat().st_size for file in text.rglob("*.*"))
    found |= copies(output)
    (args.folder / "figures.json").write_text(json.dumps(found, indent=2) + "\n")
    print_stages(figures)
    for name, value in found.items():
        if not isinstance(value, dict | list):
            print(f"{name:28}{value:>20,}" if isinstance(value, int) else f"{name:28}{value:>20}")
    print(f"{args.folder / 'figures.json'}")


def make_text(folder: Path, gigabytes: float, processes: int) -> None:
    """In a process of its own, whose memory is gone before the build begins."""
    script = str(Path(__file__).with_name("varied_text.py"))
    command = [sys.executable, script, str(folder), "--gigabytes", str(gigabytes)]
    subprocess.run([*command, "--processes", str(processes)], check=True)


def table(figures: Figures, workers: int, seconds: float) -> dict[str, Any]:
    """What a build took, as JSON; times are sums over all its runs, where it was stopped."""
    totals = figures.report["totals"]
    cpu_seconds = float(totals["process_cpu_seconds"])
    training = figures.seconds_of("tokenizer")
    return {
        "haybale": __version__,
        "beam": beam.__version__,
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "workers": workers,
        "runs": len(figures.report["runs"]),
        "wall_seconds": round(float(totals["wall_seconds"]), 1),
        "last_run_seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "vocabulary_cpu_seconds": round(training, 1),
        "map_cpu_seconds": round(figures.seconds_of(*MAP_STEPS), 1),
        "text_bytes": figures.text_bytes,
        "documents": figures.documents,
        "kept_bytes": figures.kept_bytes,
        "tokens": figures.tokens,
        "shuffled_bytes": totals["shuffled_bytes"],
        "read_bytes": totals["read_bytes"],
        "written_bytes": totals["written_bytes"],
        "peak_memory_bytes": figures.peak_memory_bytes,
        "output_bytes": figures.output_bytes,
        "stages": [
            {name: value for name, value in stage.items() if name != "steps"}
            for stage in figures.report["stages"]
        ],
        "steps": [step for step in figures.steps if step["unit_cpu_seconds"] > 0],
    }


def copies(output: Path) -> dict[str, Any]:
    """Copies that were planted, as a fraction of documents, beside what deduplication removed."""
    ledger = json.loads((output / "card" / "inputs.json").read_text())["ledger"]
    rows = [row for row in ledger if row["stage"] == "deduplicate"]
    removed: dict[str, int] = {}
    for row in rows:
        if row["outcome"] == "removed":
            removed[row["rule"]] = removed.get(row["rule"], 0) + row["documents"]
    seen = sum(row["documents"] for row in rows if row["outcome"] in ("removed", "kept"))
    return {
        "planted_in_clusters_fraction": CLUSTERED,
        "planted_exact_fraction_of_these": EXACT,
        "expected_removed_fraction": round(expected_copies(), 4),
        "removed_fraction": round(sum(removed.values()) / seen, 4),
        "removed": removed,
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()

"""How cost grows with the amount of text: 1, 2, 4 and 8 times of the same distribution.

    python benchmarks/scaling.py [--base-megabytes 60] [--folder DIR]

Text is made by `varied_text.py`; the vocabulary is learned once, on the least amount, and given to
all builds, each with one worker. Exponents are slopes of least squares through the logarithms of
bytes and CPU seconds, with 95 % intervals of four points. Map stages read or encode all text, part
by part; of deduplication everything counts that its processes do, driver and engine too, less what
they do for hardly any text, which is start-up. The goals are 1.05 and 1.10, and flat memory.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np
from build_figures import MAP_STEPS, Figures, build, run_build
from scipy import stats
from varied_text import make, read_pools

FACTORS = (1, 2, 4, 8)
LEAST_BYTES = 1e6  # for start-up
MAX_MAP, MAX_DEDUP, MAX_MEMORY_RATIO = 1.05, 1.10, 1.15


def exponent(num_bytes: list[float], seconds: list[float]) -> tuple[float, float]:
    """The slope of the logarithms, and half the width of its 95 % interval."""
    line = stats.linregress(np.log(num_bytes), np.log(seconds))
    return line.slope, float(stats.t.ppf(0.975, len(seconds) - 2)) * line.stderr


def stage_seconds(figures: Figures, name: str) -> float:
    """CPU seconds of all processes while a stage ran."""
    stages = figures.report["stages"]
    return float(sum(stage["process_cpu_seconds"] for stage in stages if stage["name"] == name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--base-megabytes", type=float, default=60)
    parser.add_argument("--folder", type=Path, help="keep everything here; default: nothing kept")
    args = parser.parse_args()
    if not os.environ.get("HAYBALE_DATA"):
        print("skipped: HAYBALE_DATA names no folder of real text")
        return
    with tempfile.TemporaryDirectory() as name:
        run(args.folder or Path(name), args.base_megabytes * 1e6)


def run(folder: Path, base_bytes: float) -> None:
    pools = read_pools()
    first = make(folder / "text-1", pools, base_bytes)
    run_build(first, folder / "vocabulary", "--stage", "tokenizer")
    model = folder / "vocabulary" / "tokenizer" / "tokenizer.model"
    given = ("--set", f'tokenizer={{model="{model}"}}')
    least = build(make(folder / "text-0", pools, LEAST_BYTES), folder / "built-0", *given)
    built = []
    print(
        f"{'MB':>8}{'documents':>11}{'map CPU s':>11}{'dedup CPU s':>13}{'all CPU s':>11}{'GB':>7}"
    )
    for factor in FACTORS:
        recipe = make(folder / f"text-{factor}", pools, base_bytes * factor)
        figures = build(recipe, folder / f"built-{factor}", *given)
        built.append(figures)
        print(
            f"{figures.text_bytes / 1e6:8.0f}{figures.documents:11,}"
            f"{figures.seconds_of(*MAP_STEPS):11.2f}{stage_seconds(figures, 'deduplicate'):13.2f}"
            f"{figures.cpu_seconds:11.2f}{figures.peak_memory_bytes / 1e9:7.2f}",
            flush=True,
        )
    sizes = [float(figures.text_bytes) for figures in built]
    measured = {
        **{step: [each.seconds_of(step) for each in built] for step in MAP_STEPS},
        "map": [each.seconds_of(*MAP_STEPS) for each in built],
        "deduplicate": [
            stage_seconds(each, "deduplicate") - stage_seconds(least, "deduplicate")
            for each in built
        ],
    }
    exponents = {name: exponent(sizes, seconds) for name, seconds in measured.items()}
    for name, (slope, margin) in exponents.items():
        print(f"{name:20} exponent {slope:.3f} +- {margin:.3f}")
    steepest(built, sizes)
    peaks = [each.peak_memory_bytes for each in built]
    ratio = peaks[-1] / peaks[0]
    print(f"{'peak memory':20} {FACTORS[-1]} times the text takes {ratio:.2f} times the memory")
    print(
        json.dumps(
            {
                "name": "scaling",
                "ours": round(exponents["deduplicate"][0], 3),
                "peer": MAX_DEDUP,
                "unit": "exponent of deduplication's CPU seconds; the peer is the goal",
                "ratio": round(MAX_DEDUP / exponents["deduplicate"][0], 2),
                "peer_version": "none",
                "map": round(exponents["map"][0], 3),
                "margins": {name: round(margin, 3) for name, (_, margin) in exponents.items()},
                "peak_memory_ratio": round(ratio, 2),
            }
        )
    )


def steepest(built: list[Figures], sizes: list[float]) -> None:
    """Print the steps of deduplication that take longest, and how each grows."""
    names = [step["name"] for step in built[-1].steps if step["stage"] == "deduplicate"]
    found = {name: [each.seconds_of(name) for each in built] for name in names}
    costly = sorted(found, key=lambda name: -found[name][-1])[:6]
    for name in costly:
        if min(found[name]) > 0:
            slope, margin = exponent(sizes, found[name])
            print(f"  {name:30} {found[name][-1]:8.2f} s, exponent {slope:.2f} +- {margin:.2f}")


if __name__ == "__main__":
    main()

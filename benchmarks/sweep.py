"""`haybale sweep` on real text, on one core: what it says, and whether its approaches agree.

    python benchmarks/sweep.py [--budgets 1.5e11 4e11 1e12] [--folder DIR] [--plot sweep.png]

The corpus is web pages and news of HAYBALE_DATA in 1,000 pieces. Printed are what the command
prints, and a line for each budget: the best size and tokens of the runs themselves, against what
Hoffmann et al. 2022 (arXiv 2203.15556) plan for it.

About a quarter of an hour of a core that does nothing else. With a folder the same command goes on
where it was stopped.
"""

import argparse
import csv
import tempfile
from pathlib import Path

from small_corpus import WEB, build, has_real_text, haybale

from haybale.scaling.laws import HOFFMANN_2

BUDGETS = ("1.5e11", "4e11", "1e12")


def print_best(runs: Path) -> None:
    """Of each budget the best run, as a line of a table."""
    with runs.open() as file:
        last = {row["run"]: row for row in csv.DictReader(file)}
    budgets = sorted({name.split("-flops-")[0] for name in last}, key=float)
    print("| FLOPs | sizes | best, parameters | its tokens | bits per byte | planned parameters |")
    print("|--:|--:|--:|--:|--:|--:|")
    for budget in budgets:
        rows = [row for name, row in last.items() if name.split("-flops-")[0] == budget]
        best = min(rows, key=lambda row: float(row["loss"]))
        print(
            f"| {budget} | {len(rows)} | {int(best['params']):,} | {int(best['tokens']):,} | "
            f"{float(best['bits_per_byte']):.3f} | {HOFFMANN_2.parameters(float(budget)):,.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budgets", nargs="+", default=BUDGETS, metavar="C", help="FLOPs")
    parser.add_argument("--folder", type=Path, help="by default one that is removed")
    parser.add_argument("--plot", type=Path, metavar="FILE", help=".png or .svg")
    args = parser.parse_args()
    if not has_real_text():
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        corpus = build(WEB, folder / "web")
        plot = ("--plot", args.plot.resolve()) if args.plot else ()
        output = folder / "sweep"
        print(haybale("sweep", corpus, "--budgets", *args.budgets, "--output", output, *plot))
        print_best(output / "runs.csv")


if __name__ == "__main__":
    main()

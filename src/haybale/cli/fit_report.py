"""What `haybale fit` prints."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haybale.scaling.fit import FittedApproach
    from haybale.scaling.runs import Runs

_TITLES = {
    1: "envelope of training curves",
    2: "IsoFLOP parabolas",
    3: "loss E + A / N^alpha + B / D^beta",
}
_LABELS = {"a": "a, N ~ C^a", "b": "b, D ~ C^b", "params": "parameters", "tokens": "tokens"}


def print_json(
    approach: str,
    runs: "Runs",
    fitted: list["FittedApproach"],
    refused: dict[int, str],
) -> None:
    """The object of one approach, or of `all` the list of them."""
    rows = json_rows(fitted, refused)
    if approach == "all":
        json.dump({"runs": len(runs), "approaches": rows}, sys.stdout, indent=2)
    else:
        json.dump({"runs": len(runs), **rows[0]}, sys.stdout, indent=2)
    print()


def json_rows(fitted: list["FittedApproach"], refused: dict[int, str]) -> list[dict[str, Any]]:
    """An object for each approach, in order: what was found, or why nothing was."""
    rows = [_row(found) for found in fitted]
    rows += [{"approach": approach, "error": reason} for approach, reason in refused.items()]
    return sorted(rows, key=lambda row: row["approach"])


def _row(found: "FittedApproach") -> dict[str, Any]:
    from haybale.scaling.envelope import EnvelopeFit
    from haybale.scaling.isoflop import IsoFlopFit

    row: dict[str, Any] = {"approach": found.approach, **found.quantities, "flops": found.flops}
    row["coefficient"] = found.frontier.coefficient
    if isinstance(found.details, EnvelopeFit):
        row["near_end_fraction"] = found.details.near_end_fraction
    elif isinstance(found.details, IsoFlopFit):
        row["budgets"] = [
            {
                "flops": profile.flops,
                "runs": len(profile.losses),
                "params": profile.best_parameters if profile.used else None,
                "used": profile.used,
            }
            for profile in found.details.profiles
        ]
    else:
        row["objective"] = found.details.objective
        row["fitted_runs"] = found.details.num_runs
        row["dropped_runs"] = found.details.num_dropped
        row["starts"] = found.details.num_starts
    row["intervals"] = {
        name: {
            "80": [interval.low_80, interval.high_80],
            "95": [interval.low_95, interval.high_95],
        }
        for name, interval in found.bootstrap.intervals.items()
    }
    row["draws"] = found.bootstrap.num_draws
    row["failed_draws"] = found.bootstrap.num_failed
    row["warnings"] = list(found.warnings)
    return row


def print_text(
    path: Path,
    runs: "Runs",
    fitted: list["FittedApproach"],
    refused: dict[int, str],
) -> None:
    """Tables for people, of the runs in a file."""
    low, high = runs.flops.min(), runs.flops.max()
    print(f"{path}: {len(runs):,} runs of {low:.3g} to {high:.3g} FLOPs (6ND)")
    for found in fitted:
        print(f"\napproach {found.approach}: {_TITLES[found.approach]}{_extent(found)}")
        print(f"{'':14}{'fitted':>10}  {'80 % of draws':>22}  {'95 % of draws':>22}".rstrip())
        for name, value in found.quantities.items():
            if name == "params":
                print(f"best for {found.flops:.3g} FLOPs:")
            print(
                f"{_LABELS.get(name, name):14}{_shown(value):>10}{_between(found, name)}".rstrip()
            )
        for warning in found.warnings:
            print(f"note: {warning}")
        if found.bootstrap.num_failed:
            failed, drawn = found.bootstrap.num_failed, found.bootstrap.num_draws
            print(f"note: {failed} of {drawn} draws gave no law; the intervals leave them out")
    for reason in refused.values():
        print(f"\nnot fitted: {reason}")
    print(f"\npublished a: {_published()}")


def _extent(found: "FittedApproach") -> str:
    from haybale.scaling.parametric import ParametricFit

    details = found.details
    if not isinstance(details, ParametricFit):
        return ""
    dropped = (
        f"{details.num_dropped} of highest loss left out" if details.num_dropped else "all kept"
    )
    return f", {details.num_runs:,} runs ({dropped}), objective {details.objective:.6g}"


def _between(found: "FittedApproach", name: str) -> str:
    interval = found.bootstrap.intervals.get(name)
    if interval is None:
        return ""
    inner = f"{_shown(interval.low_80)} to {_shown(interval.high_80)}"
    outer = f"{_shown(interval.low_95)} to {_shown(interval.high_95)}"
    return f"  {inner:>22}  {outer:>22}"


def _shown(value: float) -> str:
    return f"{value:.4g}" if value < 1e5 else f"{value:.3e}".replace("e+", "e")


def _published() -> str:
    from haybale.scaling import kaplan, laws

    ours = (laws.HOFFMANN_1, laws.HOFFMANN_2, laws.HOFFMANN_3.frontier)
    exponents = ", ".join(f"{frontier.exponent:.2f}" for frontier in ours)
    besiroglu = laws.BESIROGLU.frontier.exponent
    return (
        f"{exponents} by approaches 1 to 3 (Hoffmann et al. 2022), {besiroglu:.2f} by 3 "
        f"(Besiroglu et al. 2024), {kaplan.KAPLAN.exponent:.2f} (Kaplan et al. 2020)"
    )

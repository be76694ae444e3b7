"""Approach 2: several sizes at each of several budgets, and the bottom of each budget's parabola.

Hoffmann et al. 2022 (arXiv 2203.15556), section 3.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from haybale.scaling.laws import ComputeFrontier
from haybale.scaling.power_law import fit_power_law
from haybale.scaling.runs import Floats, Runs, RunsError

SAME_BUDGET = 1.1
"""Runs within this factor of FLOPs belong to one budget."""

LOPSIDED = 3.0
"""How many times further, in log N, a grid may reach to one side of the minimum than to the other
before it is told: a loss is no parabola, and its far side then pulls the minimum along."""


@dataclass(frozen=True)
class Profile:
    """The runs of one budget and the parabola in log N through their losses.

    Attributes:
        flops: The budget: geometric mean of its runs.
        parameters: N, float64 [runs].
        losses: Float64 [runs].
        coefficients: Of the parabola in log(N / `centre`), highest power first, float64 [3].
        centre: Geometric mean of the sizes.
        used: Whether the frontier goes through the minimum.
        warning: What is wrong with the minimum, or nothing.
    """

    flops: float
    parameters: Floats
    losses: Floats
    coefficients: Floats
    centre: float
    used: bool = True
    warning: str = ""

    def loss(self, parameters: Floats) -> Floats:
        """The parabola at these sizes, float64 of their shape."""
        return np.asarray(np.polyval(self.coefficients, np.log(parameters / self.centre)))

    @property
    def log_offset(self) -> float:
        """Of the parabola's turning point from `centre`, in log N."""
        square, linear, _ = self.coefficients
        return float(-linear / (2.0 * square))

    @property
    def best_parameters(self) -> float:
        """Where the parabola is least."""
        return float(self.centre * np.exp(self.log_offset))

    @property
    def least_loss(self) -> float:
        """The parabola there."""
        return float(np.polyval(self.coefficients, self.log_offset))


@dataclass(frozen=True)
class IsoFlopFit:
    """The profiles, cheapest first, and the frontier through the minima of those used."""

    frontier: ComputeFrontier
    profiles: tuple[Profile, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before believing it."""
        return tuple(profile.warning for profile in self.profiles if profile.warning)


def by_budget(runs: Runs) -> list[Runs]:
    """Runs by budget, cheapest first: those within `SAME_BUDGET` of the cheapest of theirs."""
    order = np.argsort(runs.flops, kind="stable")
    groups: list[list[int]] = []
    for index in order:
        if not groups or runs.flops[index] > SAME_BUDGET * runs.flops[groups[-1][0]]:
            groups.append([])
        groups[-1].append(index)
    return [runs.take(np.sort(np.array(group))) for group in groups]


def fit_isoflop(budgets: Iterable[Runs]) -> IsoFlopFit:
    """Fit each budget that has three sizes, then the power law.

    Args:
        budgets: As of `by_budget`.

    Raises:
        RunsError: Fewer than two budgets have a minimum among their sizes.
    """
    wide = [runs for runs in budgets if len(set(runs.parameters)) >= 3]
    if len(wide) < 2:
        raise RunsError(
            "approach 2 needs two or more budgets (runs whose FLOPs are within "
            f"{SAME_BUDGET - 1:.0%}) with at least 3 sizes of model each; found {len(wide)}"
        )
    profiles = tuple(_profile(runs) for runs in wide)
    used = [profile for profile in profiles if profile.used]
    if len(used) < 2:
        raise RunsError(
            f"approach 2: {len(used)} of {len(profiles)} budgets have their least loss among the "
            f"sizes tried, two are needed; {_first_warning(profiles)}"
        )
    frontier = fit_power_law(
        np.array([profile.flops for profile in used]),
        np.array([profile.best_parameters for profile in used]),
    )
    return IsoFlopFit(frontier, profiles)


def _profile(runs: Runs) -> Profile:
    flops = float(np.exp(np.log(runs.flops).mean()))
    log_sizes = np.log(runs.parameters)
    centred = log_sizes - log_sizes.mean()
    coefficients = np.polyfit(centred, runs.losses, 2)
    centre = float(np.exp(log_sizes.mean()))
    found = Profile(flops, runs.parameters, runs.losses, coefficients, centre)
    used, warning = _judged(found)
    return replace(found, used=used, warning=warning)


def _judged(profile: Profile) -> tuple[bool, str]:
    budget = f"{profile.flops:.3g} FLOPs"
    if profile.coefficients[0] <= 0:
        return False, f"{budget}: the parabola opens downwards and is left out; add sizes or seeds"
    smallest, largest = profile.parameters.min(), profile.parameters.max()
    # In logarithms: a nearly flat parabola may turn at e^1000.
    below = profile.log_offset - np.log(smallest / profile.centre)
    above = np.log(largest / profile.centre) - profile.log_offset
    more = "add smaller models" if below < above else "add larger models"
    if min(below, above) <= 0:
        end = f"smallest size tried, {smallest:.3g}," if below <= 0 else f"largest, {largest:.3g},"
        return False, f"{budget}: the minimum lies beyond the {end} and is left out; {more}"
    lowest = profile.parameters[profile.losses.argmin()]
    if lowest in (smallest, largest):
        more = "add smaller models" if lowest == smallest else "add larger models"
        return True, f"{budget}: the best run is at the edge of the grid, {lowest:.3g}; {more}"
    if max(below, above) > LOPSIDED * min(below, above):
        best = f"{profile.best_parameters:.3g}"
        return True, f"{budget}: the minimum, {best}, is far off the middle of the grid; {more}"
    distances = np.abs(np.log(profile.parameters / profile.best_parameters))
    nearest = profile.parameters[distances.argmin()]
    if nearest != lowest:
        best = f"{profile.best_parameters:.3g}"
        return True, (
            f"{budget}: the parabola's minimum, {best}, is nearer to the run of {nearest:.3g} than "
            f"to the best one, of {lowest:.3g}: losses rise unevenly to the sides, or by chance; "
            "add sizes between"
        )
    return True, ""


def _first_warning(profiles: tuple[Profile, ...]) -> str:
    return next(profile.warning for profile in profiles if not profile.used)

"""What crosses shuffles: rows that follow from documents and recipe, times the size of a row.

    exact-KEY     EXACT for each document that is still there, EXACT_REMOVED for each that goes
    candidates    BAND for each band of each document with shingles, PAIR for each pair found, twice
                  where its documents lie in two regions
    stars         only where the driver cannot hold the graph of duplicates: LINK both ways, then
                  once, in each of the rounds
    live          ANCHOR for each place where repeated text may stand, and back for those that live
    verdicts      SHARED for each key of a block that others have too, and VERDICT back

Texts never cross. The numbers of units that every pipeline spreads are left out: 10 bytes each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from haybale.pipeline.dedup.graph import NODE_BYTES
from haybale.pipeline.dedup.repeats.rows import ANCHOR, SHARED, VERDICT
from haybale.pipeline.dedup.rows import EXACT, EXACT_REMOVED, PAIR, VERIFIED, band_type
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.stars import LINK
from haybale.pipeline.engines.memory import default_bytes
from haybale.pipeline.estimate.observed import Observed
from haybale.pipeline.estimate.quantities import Quantity, total_of
from haybale.pipeline.estimate.workload import Workload
from haybale.pipeline.jobs.exact import exact_step
from haybale.pipeline.jobs.shared_keys import PASS_PARTITIONS
from haybale.pipeline.jobs.survivors import fits_driver, shuffled_bytes
from haybale.pipeline.recipe.build_recipe import BuildRecipe
from haybale.pipeline.runners import Engine
from haybale.pipeline.shuffle import PARTITION_BYTES

STAR_ROUNDS = 5
"""Of star rounds until components are found. Assumed: stars halve a chain in each round, and
duplicates are near-cliques."""


@dataclass(frozen=True)
class Capacity:
    """How much can be shuffled and held.

    Attributes:
        shuffle_bytes: Across the shuffle of one pipeline.
        star_bytes: The same, of links.
        driver_bytes: Memory of the driver.
    """

    shuffle_bytes: int
    star_bytes: int
    driver_bytes: int

    @classmethod
    def of(cls, engine: Engine) -> "Capacity":
        """That of an engine."""
        stars = shuffled_bytes(engine.is_local, engine.memory_bytes)
        return cls(engine.shuffle_bytes, stars, engine.memory_bytes)


ELSEWHERE = Capacity(1 << 40, shuffled_bytes(False, 0), default_bytes())
"""That of a service which shuffles, with a driver of the default memory."""


@dataclass(frozen=True)
class Shuffle:
    """What crosses the shuffle of one step.

    Attributes:
        num_bytes: Packed rows, over all its passes.
        num_passes: Pipelines, one after another, that it is made in.
    """

    num_bytes: Quantity
    num_passes: int


def shuffles(
    observed: Observed, load: Workload, recipe: BuildRecipe, capacity: Capacity
) -> dict[str, Shuffle]:
    """Every shuffle of a build, by step.

    Args:
        observed: The sample.
        load: What is to be done.
        recipe: Validated.
        capacity: How much can be shuffled at a time; it decides on passes.
    """
    found: dict[str, Shuffle] = {}
    if recipe.dedup is not None:
        for key in recipe.dedup.exact_keys:
            step = exact_step(key)
            removed = Quantity.exact(_facts(observed, step, "removed")).times(rises(load))
            rows = load.total("kept").scaled(EXACT.itemsize, "computed")
            back = removed.scaled(_growth(observed, load) * EXACT_REMOVED.itemsize, "computed")
            found[step] = Shuffle(rows + back, _num_passes(rows, capacity))
        if recipe.dedup.scheme is not None:
            found["deduplicate/candidates"] = _candidates(observed, load, recipe.dedup, capacity)
            if star := _stars(observed, load, capacity):
                found["deduplicate/stars"] = star
    if recipe.repeats is not None:
        anchors = _of_parts(observed, load, "repeats/anchors", "anchors")
        shared = _of_parts(observed, load, "repeats/occurrences", "shared")
        found["repeats/live"] = _exchange(anchors, ANCHOR.itemsize, ANCHOR.itemsize)
        found["repeats/verdicts"] = _exchange(shared, SHARED.itemsize, VERDICT.itemsize)
    return found


def rises(load: Workload) -> Quantity:
    """Duplicates of the whole, as a multiple of what the sample's share would make them."""
    duplicates = load.total("duplicates")
    at_rate = sum(
        subset.duplicates.value / max(subset.rises, 1e-9) for subset in load.subsets.values()
    )
    return duplicates.scaled(1 / at_rate) if at_rate else Quantity.exact(1.0)


def banded_rows(observed: Observed, load: Workload) -> Quantity:
    """Rows of all bands: documents with shingles that are no exact duplicates, times bands."""
    return _of_parts(observed, load, "deduplicate/bands", "rows")


def num_nodes(observed: Observed, load: Workload) -> Quantity:
    """Documents that have a verified neighbour."""
    found = _facts(observed, "deduplicate/survivors", "documents")
    return rises(load).scaled(found * _growth(observed, load), "computed")


def _num_passes(rows: Quantity, capacity: Capacity) -> int:
    return max(1, -(-int(rows.value) // capacity.shuffle_bytes))


def _candidates(
    observed: Observed, load: Workload, settings: DedupSettings, capacity: Capacity
) -> Shuffle:
    row_type = band_type(settings.hub_words)
    rows = banded_rows(observed, load).scaled(row_type.itemsize, "computed")
    found = _facts(observed, "deduplicate/verified", "candidate_pairs")
    pairs = rises(load).scaled(found * _growth(observed, load))
    # One row for each region that a pair's ends lie in: one or two.
    ends = Quantity(1.5, 1.0, 2.0, "assumed").scaled(PAIR.itemsize)
    return Shuffle(rows + pairs.times(ends), _num_passes(rows, capacity))


def _stars(observed: Observed, load: Workload, capacity: Capacity) -> Shuffle | None:
    num_pairs = rises(load).scaled(
        _facts(observed, "deduplicate/verified", "verified_pairs") * _growth(observed, load)
    )
    nodes = num_nodes(observed, load)
    if fits_driver(int(nodes.value), int(num_pairs.value), capacity.driver_bytes):
        return None
    # After contraction a component of n documents has n - 1 links.
    num_bytes = nodes.scaled(3 * STAR_ROUNDS * LINK.itemsize) + num_pairs.scaled(VERIFIED.itemsize)
    each = -(-int(2 * nodes.value * LINK.itemsize) // capacity.star_bytes)
    return Shuffle(num_bytes, 2 * STAR_ROUNDS * max(1, each))


def driver_graph_bytes(observed: Observed, load: Workload) -> Quantity:
    """Memory of the graph of duplicates where the driver decides it."""
    return num_nodes(observed, load).scaled(NODE_BYTES, "computed")


def _exchange(rows: Quantity, there_bytes: int, back_bytes: int) -> Shuffle:
    """Answers come for a part of the rows; at most for all."""
    there = rows.scaled(there_bytes, "computed")
    back = rows.scaled(back_bytes, "computed")
    partitions = max(1, -(-int(there.value) // PARTITION_BYTES))
    high = there.high + back.high
    both = Quantity(there.value + back.value / 2, there.low, high, "computed")
    return Shuffle(both, -(-partitions // PASS_PARTITIONS))


def _of_parts(observed: Observed, load: Workload, step: str, fact: str) -> Quantity:
    totals = observed.totals(step, lambda unit: unit.facts[fact])
    return total_of(totals.values()).scaled(load.scale, "computed")


def _facts(observed: Observed, step: str, fact: str) -> float:
    """A fact of the sample's units, added up."""
    units = (unit for unit in observed.build.units if unit.step == step)
    return float(sum(unit.facts.get(fact, 0) for unit in units))


def _growth(observed: Observed, load: Workload) -> float:
    """Documents kept, as a multiple of the sample's."""
    found = _facts(observed, "ingest", "documents")
    return load.total("kept").value / max(1.0, found)


def num_pipelines_more(found: Mapping[str, Shuffle], observed: Observed) -> dict[str, int]:
    """Pipelines more than the sample had, by step."""
    more = {}
    for name, shuffle in found.items():
        had = sum(step.startswith(name) for step in observed.build.steps)
        more[name] = max(0, shuffle.num_passes - had)
    return more

"""What the sample tells of the whole: per-piece numbers to totals of subsets."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from haybale.pipeline.estimate.drawn import Drawn
from haybale.pipeline.estimate.pieces import Stratum
from haybale.pipeline.estimate.quantities import Quantity
from haybale.pipeline.estimate.records import Unit, part_units
from haybale.pipeline.estimate.sample import MeasuredBuild
from haybale.pipeline.estimate.seen_clusters import read_clusters
from haybale.pipeline.estimate.strata import ratio_total
from haybale.pipeline.estimate.twins import Lost, count_lost


@dataclass(frozen=True)
class Observed:
    """A sample and its build.

    Attributes:
        strata: What was drawn; their pieces, one after another, are the build's parts.
        build: Of the pieces, then perhaps of a part with an empty file.
        first: A build of a little of each piece's kind, before anything was loaded; up to who
            survives.
    """

    strata: tuple[Stratum, ...]
    build: MeasuredBuild
    first: MeasuredBuild

    @cached_property
    def part_numbers(self) -> dict[str, range]:
        """Parts of each subset's pieces."""
        found, start = {}, 0
        for stratum in self.strata:
            found[stratum.subset] = range(start, start + len(stratum.pieces))
            start += len(stratum.pieces)
        return found

    @property
    def empty_part(self) -> int | None:
        """Number of the part with an empty file."""
        count = sum(len(stratum.pieces) for stratum in self.strata)
        return count if len(self.build.parts) > count else None

    def of_parts(self, step: str) -> dict[int, Unit]:
        """Units of a step by part."""
        return part_units(self.build.units, step, self.build.parts)

    def totals(self, step: str, count: Callable[[Unit], float]) -> dict[str, Quantity]:
        """What a step's units tell of each subset's whole input.

        Args:
            step: Of which units are parts.
            count: A number of at least 0 that grows with the input.
        """
        units = self.of_parts(step)
        totals = {}
        for stratum in self.strata:
            numbers = self.part_numbers[stratum.subset]
            values = [count(units[number]) if number in units else 0.0 for number in numbers]
            sizes = [piece.num_bytes for piece in stratum.pieces]
            totals[stratum.subset] = ratio_total(sizes, values, stratum.num_bytes)
        return totals

    def above_empty(
        self, step: str, count: Callable[[Unit], float]
    ) -> tuple[dict[str, Quantity], float]:
        """Totals of what is above that of an empty part, and what an empty part takes."""
        units, empty = self.of_parts(step), self.empty_part
        fixed = count(units[empty]) if empty in units else 0.0
        return self.totals(step, lambda unit: max(0.0, count(unit) - fixed)), fixed

    def whole_share(self) -> float:
        """How many times as much as the sample all input is, in bytes."""
        sampled = sum(stratum.sampled_bytes for stratum in self.strata)
        return sum(stratum.num_bytes for stratum in self.strata) / max(1, sampled)

    @cached_property
    def lost(self) -> dict[str, Lost]:
        """Duplicates of each subset; none where none are looked for."""
        if not any(step == "deduplicate/removals" for step in self.build.steps):
            nothing = Lost(0, 0, Quantity.exact(0.0, "measured"))
            return {stratum.subset: nothing for stratum in self.strata}
        kept = self.totals("ingest", lambda unit: unit.facts["documents"])
        sizes = {subset: round(quantity.value) for subset, quantity in kept.items()}
        drawn = {
            stratum.subset: Drawn(stratum.sampled_fraction, len(stratum.pieces))
            for stratum in self.strata
        }
        parts = self.build.parts
        subset_of = {part.number: part.subset for part in parts}
        clusters, num_bytes = read_clusters(self.build.folder, parts)
        whole = count_lost(clusters, subset_of, drawn, sizes)
        found = Counter(
            subset_of[piece] for cluster in clusters for piece in cluster.removed.elements()
        )
        return {
            subset: Lost(found[subset], num_bytes.get(subset, 0), quantity)
            for subset, quantity in whole.items()
        }

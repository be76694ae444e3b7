"""What a build of the same recipe would end at, as far as a sample tells.

The sample itself goes on: records that cannot be read are counted, however many, and a vocabulary
has as many pieces as its text supports.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from haybale.pipeline.estimate.piece_parts import name_of_whole
from haybale.pipeline.estimate.records import Unit, part_units
from haybale.pipeline.planning.plan import Part


class Unreadable(NamedTuple):
    """Records of a sample that could not be read.

    Attributes:
        read: Records by subset, readable or not.
        unreadable: Those that could not be read.
        first: The first of them: `file`, `reason` and `detail`; None where there is none.
    """

    read: Mapping[str, int]
    unreadable: Mapping[str, int]
    first: Mapping[str, Any] | None

    @classmethod
    def of(cls, units: tuple[Unit, ...], parts: tuple[Part, ...]) -> "Unreadable":
        """Those of a build's parts."""
        ingested, first = part_units(units, "ingest", parts), None
        read: Counter[str] = Counter()
        unreadable: Counter[str] = Counter()
        for part in parts:
            if (unit := ingested.get(part.number)) is None:
                continue
            read[part.subset] += unit.ledger.total(outcome="read").documents
            unreadable[part.subset] += unit.ledger.total(outcome="unreadable").documents
            first = first or unit.facts["first_unreadable"]
        return cls(read, unreadable, first)

    def refused(self, limit: float, whole: Mapping[str, tuple[float, float]]) -> str | None:
        """What the build's error would say.

        Args:
            limit: The recipe's `max_unreadable_fraction`.
            whole: Of each subset's whole input, unreadable records and all.

        Returns:
            None if the build would go on.
        """
        lost, all_ = (sum(column) for column in zip(*whole.values(), strict=True))
        if self.first is None or lost <= limit * all_:
            return None
        subsets = ", ".join(
            f"{subset} {number:,.0f} of {among:,.0f}"
            for subset, (number, among) in whole.items()
            if number
        )
        where = name_of_whole(self.first["file"])
        about = "" if lost == sum(self.unreadable.values()) else "about "
        return (
            f"a build would end in error after reading: {about}{lost:,.0f} of {all_:,.0f} records "
            f"cannot be read ({subsets}), more than ingest.max_unreadable_fraction = {limit} "
            f"allows; the first, in {where}, is {self.first['reason']}: {self.first['detail']}"
        )

    def refused_here(self, limit: float) -> str | None:
        """The same of the sample alone."""
        counts = {name: (self.unreadable[name], read) for name, read in self.read.items()}
        return self.refused(limit, counts) if counts else None

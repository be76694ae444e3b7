"""What a build of the same recipe would end at, as far as a sample tells.

The sample itself goes on: records that cannot be read are counted, however many, and a vocabulary
has as many pieces as its text supports.
"""

from collections.abc import Mapping

from haybale.pipeline.estimate.piece_parts import name_of_whole
from haybale.pipeline.estimate.records import Unit, part_units
from haybale.pipeline.ingesting.unreadable import Unreadable
from haybale.pipeline.planning.plan import Part


def unreadable_of(units: tuple[Unit, ...], parts: tuple[Part, ...]) -> Unreadable:
    """Those of a build's parts, as far as they are ingested."""
    ingested = part_units(units, "ingest", parts)
    done = ((part.subset, ingested.get(part.number)) for part in parts)
    return Unreadable.of((subset, unit.ledger, unit.facts) for subset, unit in done if unit)


def refused(
    found: Unreadable, limit: float, whole: Mapping[str, tuple[float, float]]
) -> str | None:
    """What the build's error would say.

    Args:
        found: Of a sample.
        limit: The recipe's `max_unreadable_fraction`.
        whole: Of each subset's whole input, unreadable records and all.

    Returns:
        None if the build would go on.
    """
    lost, all_ = (sum(column) for column in zip(*whole.values(), strict=True))
    if found.first is None or lost <= limit * all_:
        return None
    subsets = ", ".join(
        f"{subset} {number:,.0f} of {among:,.0f}"
        for subset, (number, among) in whole.items()
        if number
    )
    where = name_of_whole(found.first["file"])
    about = "" if lost == sum(found.unreadable.values()) else "about "
    return (
        f"a build would end in error after reading: {about}{lost:,.0f} of {all_:,.0f} records "
        f"cannot be read ({subsets}), more than ingest.max_unreadable_fraction = {limit} "
        f"allows; the first, in {where}, is {found.first['reason']}: {found.first['detail']}"
    )


def refused_here(found: Unreadable, limit: float) -> str | None:
    """The same of the sample alone."""
    counts = {name: (found.unreadable[name], read) for name, read in found.read.items()}
    return refused(found, limit, counts) if counts else None

"""What ingest found out about input files, put together where a file was read in pieces."""

from collections.abc import Iterable, Sequence
from typing import Any

from haybale.pipeline.planning.plan import Part

_KEPT = ("name", "bytes", "digest", "records")


def file_facts(facts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each file, as the manifest's lineage has it.

    Args:
        facts: Of a subset's parts, in order, the `inputs` of each.
    """
    files: dict[str, dict[str, Any]] = {}
    for each in facts:
        if file := files.get(each["name"]):
            file["records"] += each["records"]
        else:
            files[each["name"]] = {name: each[name] for name in _KEPT}
    return list(files.values())


def first_records(parts: Sequence[Part], num_read: Sequence[Sequence[int]]) -> list[int]:
    """How many documents of a part's file were read in the parts that it goes on from.

    Args:
        parts: Of the plan.
        num_read: Documents read of each file of each part.

    Returns:
        One number for each part; 0 where it goes on with nothing.
    """
    firsts: list[int] = []
    before = 0
    for part, counts in zip(parts, num_read, strict=True):
        before = before if part.goes_on else 0
        firsts.append(before)
        before += sum(counts)
    return firsts

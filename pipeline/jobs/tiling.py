"""Checks that the pieces of a file were read without gap or overlap, and mends what was not.

A reader that has to search for the first record of a piece may be deceived: an archive may hold
another one, stored as it is, whose records look like its own. So each piece tells where the record
behind its last one begins, which is where the next piece has to begin. A piece that began elsewhere
is read again from there. The first piece of a file begins right, so each round makes one more piece
right at least.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import HaybaleError
from haybale.corpus.storage import Folder, find_parsed
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.units.steps import Step, UnitResult, finished_units

Covered = list[int] | None


def known_begin(folder: Folder, part: Part) -> int | None:
    """Where the first record of a part begins, if its reader is not to search for it."""
    found = find_parsed(folder, _begin_path(part)) if part.goes_on else None
    return None if found is None else int(found["begin"])


def tile(
    folder: Folder, step: Step, parts: Sequence[Part], run_again: Callable[[], object]
) -> None:
    """Read again what does not tile its file, until everything does.

    Args:
        folder: The corpus.
        step: Ingest, finished.
        parts: Of the plan.
        run_again: Does the units of the step that are not done, and finishes it.

    Raises:
        HaybaleError: If it does not come to an end.
    """
    if not any(part.goes_on for part in parts):
        return
    rounds = sum(part.goes_on for part in parts) + 1
    for _ in range(rounds):
        wrong = dict(misplaced(parts, finished_units(folder, step)))
        if not wrong:
            return
        for number, begin in wrong.items():
            folder.commit_bytes(_begin_path(parts[number]), canonical_json({"begin": begin}))
        folder.remove(step.record_path)
        for number in wrong:
            folder.remove(step.unit_path(parts[number].name))
        run_again()
    part = parts[min(wrong)]
    raise HaybaleError(
        f"{part.files[0].name}: its pieces were read {rounds} times and still do not fit together "
        f"at byte {wrong[part.number]}; give it a part of its own with a larger ingest.part_bytes"
    )


def misplaced(
    parts: Sequence[Part], results: Mapping[str, UnitResult]
) -> Iterator[tuple[int, int]]:
    """Numbers of parts that did not begin where the piece before them ended, and where that is."""
    expected: int | None = None
    for part in parts:
        if part.piece is None:
            continue
        covered = _covered(results[part.name].facts)
        if not part.goes_on:
            expected = None if covered is None else covered[1]
            continue
        if expected is None:  # a reader that need not search
            continue
        right = None if expected >= part.piece[1] else expected
        if (covered[0] if covered else None) != right:
            yield part.number, expected
        if right is not None and covered is not None:
            expected = max(expected, covered[1])


def _covered(facts: Mapping[str, Any]) -> Covered:
    (file,) = facts["inputs"]
    covered: Covered = file["covered"]
    return covered


def _begin_path(part: Part) -> str:
    return f"run/begins/{part.name}.json"

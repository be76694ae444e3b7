"""What the records of a build say, step by step: all that estimates take from `run/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.units.steps import UnitResult


@dataclass(frozen=True)
class Unit:
    """A finished unit of work.

    Attributes:
        step: Name of its step.
        name: Its own.
        cpu_seconds: Of the work itself.
        peak_memory_bytes: Of its process, so far.
        written: Bytes of its files by path.
        ledger: What it decided.
        facts: What it counted.
    """

    step: str
    name: str
    cpu_seconds: float
    peak_memory_bytes: float
    written: Mapping[str, int]
    ledger: Ledger
    facts: Mapping[str, Any]


def read_units(folder: Folder) -> tuple[Unit, ...]:
    """All units of all finished steps whose records are still there."""
    paths = [path for path in folder.list("run") if path.endswith(".json")]
    steps = sorted((path[4:-5] for path in paths), key=len, reverse=True)
    found = []
    for path in paths:
        raw = read_parsed(folder, path)
        if not isinstance(raw, dict) or not {"files", "ledger", "facts", "timing"} <= raw.keys():
            continue
        name = path[4:-5]
        step = next(each for each in steps if name.startswith(f"{each}/"))
        result = UnitResult.from_json(raw)
        found.append(
            Unit(
                step,
                name.removeprefix(f"{step}/"),
                result.timing["cpu_seconds"],
                result.timing["peak_memory_bytes"],
                {file.path: file.num_bytes for file in result.files},
                result.ledger,
                result.facts,
            )
        )
    return tuple(found)


def part_units(units: tuple[Unit, ...], step: str, parts: tuple[Part, ...]) -> dict[int, Unit]:
    """The units of a step whose units are parts, by number of the part; others are left out."""
    numbers = {part.name: part.number for part in parts}
    # Units of the end of stage 4 say that they are of a part, since others are of a shard.
    names = ((unit.name.removeprefix("parts/"), unit) for unit in units if unit.step == step)
    return {numbers[name]: unit for name, unit in names if name in numbers}

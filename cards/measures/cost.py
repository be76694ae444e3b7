"""What building the corpus took: bytes in and out, and where they are known time, money, carbon."""

from collections.abc import Iterator

from haybale.cards.fact import Fact, derived, exact, not_measured
from haybale.cards.inputs import CardInputs
from haybale.cards.timings import MEMORY, TIMES

CLOCK = "the operating system's clocks: other numbers in every run"
NO_TIMINGS = (
    "timings differ from run to run, so they are outside the corpus; haybale card build DIR "
    "--output NEW adds them while DIR/run is there"
)
_SECONDS_PER_HOUR = 3600

MEASURES = {
    "cost.input_bytes": "Bytes of the files that were read, compressed where they are.",
    "cost.output_bytes": (
        "Bytes of the ids in the shards: tokens times the bytes of an id. Tables, texts and what "
        "frames ids in a file are not among them."
    ),
    "cost.cpu_seconds": (
        "CPU seconds of all finished units of work, in the processes that did them; what the "
        "engine spends between units, and attempts that were broken off, are not among them."
    ),
    "cost.wall_seconds": (
        "Seconds from begin to end of all finished units of work, added up also where several ran "
        "at once."
    ),
    "cost.peak_memory_bytes": "The most memory that a process held which did units of work.",
    "cost.core_hours": "CPU seconds divided by 3,600.",
    "cost.money": "Core hours times the declared price of one.",
    "cost.grams_co2": "Core hours times the declared grams of CO2 of one.",
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Bytes always; time, money and carbon where they are known, and else why not."""
    return [*_bytes(inputs), *_times(inputs), *_factors(inputs)]


def _bytes(inputs: CardInputs) -> Iterator[Fact]:
    read = {
        subset: sum(file["bytes"] for file in files)
        for subset, files in inputs.lineage["inputs"].items()
    }
    yield exact("cost.input_bytes", sum(read.values()), "bytes", "ingest")
    for subset, size in read.items():
        yield exact("cost.input_bytes", size, "bytes", "ingest", subset=subset)
    tokens = sum(
        counts["tokens"] for subsets in inputs.totals.values() for counts in subsets.values()
    )
    width = inputs.tokens.dtype.itemsize
    source = f"{tokens:,} tokens of {width} bytes"
    yield derived("cost.output_bytes", tokens * width, "bytes", "tokenize", source)


def _times(inputs: CardInputs) -> Iterator[Fact]:
    if not inputs.timings:
        for name in TIMES:
            yield not_measured(f"cost.{name}", NO_TIMINGS, "seconds")
        return
    for name in TIMES:
        for stage, timing in inputs.timings.items():
            yield _timed(f"cost.{name}", round(timing[name], 1), "seconds", stage=stage)
        total = sum(timing[name] for timing in inputs.timings.values())
        yield _timed(f"cost.{name}", round(total, 1), "seconds")
    for stage, timing in inputs.timings.items():
        yield _timed(f"cost.{MEMORY}", round(timing[MEMORY]), "bytes", stage=stage)
    most = max(timing[MEMORY] for timing in inputs.timings.values())
    yield _timed(f"cost.{MEMORY}", round(most), "bytes")
    yield derived("cost.core_hours", round(_core_hours(inputs), 4), "core hours")


def _timed(measure: str, value: float, unit: str, **of: str) -> Fact:
    return Fact(measure, value, unit, "exact", of, of.get("stage", ""), source=CLOCK)


def _core_hours(inputs: CardInputs) -> float:
    seconds = sum(timing["cpu_seconds"] for timing in inputs.timings.values())
    return seconds / _SECONDS_PER_HOUR


def _factors(inputs: CardInputs) -> Iterator[Fact]:
    declared = inputs.declared
    for measure, key, unit in (
        ("cost.money", "price_per_core_hour", declared.currency),
        ("cost.grams_co2", "grams_co2_per_core_hour", "grams of CO2"),
    ):
        factor = getattr(declared, key)
        if factor is None:
            why = f"nobody declared what a core hour takes: set {key} in [card] or card.toml"
            yield not_measured(measure, why, unit)
        elif not inputs.timings:
            yield not_measured(measure, NO_TIMINGS, unit)
        else:
            hours = _core_hours(inputs)
            source = f"{hours:.4g} core hours, {factor:g} {unit} each ({key}, declared)"
            yield derived(measure, round(hours * factor, 4), unit, "", source)

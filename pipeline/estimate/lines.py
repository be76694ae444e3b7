"""An estimate as lines for people, and the same as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from haybale.pipeline.estimate.forecast import Estimate, Forecast
from haybale.pipeline.estimate.money import costs_here, costs_on_dataflow
from haybale.pipeline.estimate.prices import Prices
from haybale.pipeline.estimate.quantities import Origin, Quantity, total_of
from haybale.pipeline.estimate.refusals import refused, unreadable_of
from haybale.pipeline.estimate.strata import CONFIDENCE


@dataclass(frozen=True)
class Line:
    """A number of the whole input, and of the scaled one.

    Attributes:
        section: Heading that it stands under.
        name: What it is.
        unit: Such as `documents`, `bytes`, `core-seconds`.
        whole: Of the recipe's input; None where only the scaled one has it.
        scaled: Of as much input as gives the tokens asked for; None where none were.
    """

    section: str
    name: str
    unit: str
    whole: Quantity | None
    scaled: Quantity | None

    @property
    def origin(self) -> Origin:
        """Where the number of the whole comes from, or else the scaled one."""
        known = self.whole or self.scaled
        assert known is not None
        return known.origin


Numbers = dict[tuple[str, str, str], Quantity]
"""Section, name and unit to number."""


def lines(estimate: Estimate, prices: Prices | None) -> list[Line]:
    """All numbers of an estimate, in the order in which they are read."""
    whole = numbers(estimate.whole, prices)
    scaled = numbers(estimate.scaled, prices) if estimate.scaled else {}
    sections = list(dict.fromkeys(section for section, _, _ in whole))
    keys = sorted(dict.fromkeys([*whole, *scaled]), key=lambda key: sections.index(key[0]))
    return [Line(*key, whole.get(key), scaled.get(key)) for key in keys]


def numbers(forecast: Forecast, prices: Prices | None) -> Numbers:
    """All numbers of a forecast."""
    found: Numbers = {}
    for section, rows in (
        ("documents", _documents(forecast)),
        ("tokens", _tokens(forecast)),
        ("dropped by rule", _dropped(forecast)),
        ("core-seconds here", _costs(forecast)),
        ("shuffles", _shuffles(forecast)),
        ("disk", _disk(forecast)),
        ("this computer", _here(forecast)),
        ("Dataflow", _dataflow(forecast)),
    ):
        for name, unit, quantity in rows:
            found[section, name, unit] = quantity
    if prices is not None:
        for section, sums in (
            ("money, this computer", costs_here(forecast, prices)),
            ("money, Dataflow", costs_on_dataflow(forecast, prices)),
        ):
            for name, quantity in sums.items():
                found[section, name, prices.currency] = quantity
    if forecast.load.scale != 1:  # of what was not there nothing was measured
        return {key: replace(each, origin=_unmeasured(each)) for key, each in found.items()}
    return found


def _unmeasured(quantity: Quantity) -> Origin:
    return "computed" if quantity.origin == "measured" else quantity.origin


Rows = Iterator[tuple[str, str, Quantity]]


def _documents(forecast: Forecast) -> Rows:
    load = forecast.load
    yield "input", "bytes", Quantity.exact(load.input_bytes)
    yield "parts", "parts", Quantity.exact(load.num_parts)
    yield "read", "documents", load.total("read")
    yield "text as read", "bytes", load.total("text_bytes")
    if load.total("unreadable").value:
        yield "unreadable", "documents", load.total("unreadable")
    yield "kept by rules", "documents", load.total("kept")
    if load.total("duplicates").high:
        yield "removed as duplicates", "documents", load.total("duplicates")
    yield "left", "documents", load.total("left")
    yield "text left", "bytes", load.total("left_bytes")


def _tokens(forecast: Forecast) -> Rows:
    for name, subset in forecast.load.subsets.items():
        yield name, "tokens", subset.tokens
    yield "in all", "tokens", forecast.load.total("tokens")
    yield "shards", "files", forecast.num_shards


def _dropped(forecast: Forecast) -> Rows:
    for name, subset in forecast.load.subsets.items():
        for rule, quantity in subset.dropped.items():
            yield f"{name}: {rule}", "documents", quantity


def _costs(forecast: Forecast) -> Rows:
    for stage, cost in forecast.costs.items():
        yield stage, "core-seconds", cost.total
    yield "in all", "core-seconds", forecast.here.core_seconds


def _shuffles(forecast: Forecast) -> Rows:
    whole = Quantity.exact(0.0)
    for step, shuffle in forecast.shuffles.items():
        whole += shuffle.num_bytes
        yield step, "bytes", shuffle.num_bytes
        yield f"{step}, passes", "pipelines", Quantity.exact(shuffle.num_passes)
    yield "in all", "bytes", whole


def _disk(forecast: Forecast) -> Rows:
    for folder, size in forecast.folders.items():
        yield f"{folder}/", "bytes", size
    corpus = total_of(forecast.folders.values())
    yield "finished corpus", "bytes", corpus
    yield "run/ besides, at most", "bytes", forecast.temporary
    yield "at most at a time", "bytes", corpus + forecast.temporary


def _here(forecast: Forecast) -> Rows:
    place = forecast.here
    yield "workers", "processes", Quantity.exact(place.workers, "given")
    yield "wall time", "seconds", place.wall_seconds
    yield "memory of the driver", "bytes", place.driver_bytes
    yield "memory of a worker", "bytes", place.worker_bytes
    yield "text to learn a vocabulary from", "bytes", Quantity.exact(forecast.training_bytes)


def _dataflow(forecast: Forecast) -> Rows:
    job = forecast.dataflow
    yield "vCPUs", "vCPUs", Quantity.exact(job.num_vcpus, "given")
    yield "jobs", "jobs", Quantity.exact(job.num_jobs)
    yield "wall time", "seconds", job.wall_seconds
    yield "vCPU-hours", "hours", job.vcpu_hours
    yield "memory", "GB-hours", job.memory_gb_hours
    yield "memory for each vCPU", "GB", job.worker_gb_per_core
    yield "shuffle", "GB", job.shuffle_gb
    yield "files written", "files", job.requests


def as_json(estimate: Estimate, prices: Prices | None) -> dict[str, Any]:
    """Everything: what was sampled, and for each section its numbers."""
    return {
        "recipe": estimate.loaded.recipe.name,
        "confidence": CONFIDENCE,
        "sample": {
            stratum.subset: {
                "input_bytes": stratum.num_bytes,
                "sampled_bytes": stratum.sampled_bytes,
                "sampled_fraction": stratum.sampled_fraction,
                "pieces": len(stratum.pieces),
                "unreachable_bytes": stratum.unreachable_bytes,
            }
            for stratum in estimate.strata
        },
        "vocabulary": {
            "pieces": estimate.observed.build.vocabulary_size,
            "learned_from_bytes": estimate.observed.build.vocabulary_bytes,
        },
        "warnings": warnings(estimate),
        "notes": notes(estimate),
        "machine_advice": estimate.whole.dataflow.machine_advice,
        "whole": _nested(numbers(estimate.whole, prices)),
        "scaled": None if estimate.scaled is None else _nested(numbers(estimate.scaled, prices)),
    }


def _nested(found: Mapping[tuple[str, str, str], Quantity]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for (section, name, unit), quantity in found.items():
        nested.setdefault(section, {})[name] = {**quantity.as_json(), "unit": unit}
    return nested


def warnings(estimate: Estimate) -> list[str]:
    """What a build would end at."""
    build, load = estimate.observed.build, estimate.whole.load
    whole = {
        name: (subset.unreadable.value, subset.read.value) for name, subset in load.subsets.items()
    }
    limit = estimate.loaded.recipe.ingest.max_unreadable_fraction
    found = [refused(unreadable_of(build.units, build.parts), limit, whole)]
    if build.unsupported and estimate.is_of_all:
        found.append(f"a build would end at the tokenizer: {build.unsupported}")
    return [each for each in found if each is not None]


def notes(estimate: Estimate) -> list[str]:
    """What a reader must know to read the numbers right."""
    build, recipe = estimate.observed.build, estimate.loaded.recipe
    if estimate.is_of_all:
        found = ["All input was read: what is counted is what a build will count."]
    else:
        found = [
            f"Intervals hold the truth {CONFIDENCE:.0%} of the time where pieces are many and "
            "alike: Student's t over the sampled pieces of each subset."
        ]
    if recipe.tokenizer.train is None:
        found.append("Tokens are those of the recipe's own tokenizer.")
    else:
        size, asked = build.vocabulary_size, recipe.tokenizer.train.vocabulary_size
        fewer = f", not the {asked:,} that the recipe asks for," if size < asked else ""
        own = (
            "the same text in another order, and may have a few other pieces"
            if estimate.is_of_all
            else "other text, perhaps more of it, and fits a little better or worse"
        )
        found.append(
            f"Tokens are those of a vocabulary of {size:,} pieces{fewer} learned from "
            f"{build.vocabulary_bytes:,} bytes of the sample; the build's own is learned from "
            f"{own}."
        )
    if not estimate.is_of_all and any(step == "deduplicate/removals" for step in build.steps):
        found.append(
            "Duplicates do not extrapolate by their share: a sample rarely holds both copies. Each "
            "cluster that it shows is weighted by the inverse of its chance to be seen."
        )
    if recipe.repeats is not None:
        found.append(
            "Repeated text is cut by the sample's share, which is too little, for the same reason."
        )
    for stratum in estimate.strata:
        if estimate.whole.load.subsets[stratum.subset].read.value == 0 < stratum.num_bytes:
            found.append(
                f"{stratum.subset}: no record begins in any of its {len(stratum.pieces)} pieces, "
                "so nothing is known of it; give a larger --sample."
            )
        if stratum.unreachable_bytes:
            found.append(
                f"{stratum.subset}: {stratum.unreachable_bytes:,} bytes lie too deep in compressed "
                "files to be sampled; the beginnings stand for them."
            )
    if estimate.scaled is not None:
        found.append(
            "Scaled numbers are of the same mixture with the same share of duplicates: computed, "
            "not measured."
        )
    return found

"""What a build writes: each folder of the output, and the most that `run/` holds at a time.

    shards        ids of 2 or 4 bytes, and 20 bytes a document (its id, an offset)
    run/, while duplicates are found: bands (12 bytes each, 16 to 32 a document) and
                                      candidates' shingles
    run/, while tokens are made:      the ids of all parts, counts, and rows of the lookup
    others        what the sample's units wrote, above what an empty part writes

The tokenizer and the card are taken to be as large as the sample's.
"""

import re
from collections.abc import Callable
from functools import partial

from haybale.pipeline.dedup.rows import BANDED
from haybale.pipeline.estimate.observed import Observed
from haybale.pipeline.estimate.quantities import Quantity, total_of
from haybale.pipeline.estimate.records import Unit
from haybale.pipeline.estimate.shuffles import banded_rows, rises
from haybale.pipeline.estimate.workload import Workload
from haybale.pipeline.ingesting.dropped import SAMPLE_SIZE
from haybale.pipeline.jobs.bands import BANDS_FOLDER
from haybale.pipeline.jobs.exact import exact_step
from haybale.pipeline.jobs.lookup_runs import RUNS_FOLDER
from haybale.pipeline.jobs.shared_keys import ROWS
from haybale.pipeline.jobs.shingles import SETS_FOLDER
from haybale.pipeline.jobs.tokens import TOKENS_FOLDER
from haybale.pipeline.recipe.build_recipe import BuildRecipe

_ID_AND_OFFSET_BYTES = 20
_SHORT_IDS = 1 << 16
_EXACT_PASS = re.compile(rf"run/{exact_step('')}[^/]+-\d{{4}}-of-\d{{4}}/")
_TEMPORARY = (BANDS_FOLDER, SETS_FOLDER, TOKENS_FOLDER, RUNS_FOLDER, ROWS)
"""Below `run/`, gone when the build is done."""


def id_bytes(vocabulary_size: int) -> int:
    """Bytes of a token id in a shard."""
    return 2 if vocabulary_size <= _SHORT_IDS else 4


def token_bytes(load: Workload, vocabulary_size: int) -> Quantity:
    """Bytes of shards."""
    ids = load.total("tokens").scaled(id_bytes(vocabulary_size), "computed")
    return ids + load.total("left").scaled(_ID_AND_OFFSET_BYTES, "computed")


def folder_bytes(
    observed: Observed, load: Workload, recipe: BuildRecipe, vocabulary_size: int
) -> dict[str, Quantity]:
    """Bytes of each folder of a finished corpus; `run` without what is temporary."""
    kinds = {_kind(path) for unit in observed.build.units for path in unit.written}
    sizes = {
        kind: _written(observed, load, partial(_is_of, kind)) for kind in kinds - {"shards", ""}
    }
    sizes["shards"] = token_bytes(load, vocabulary_size)
    if recipe.ingest.keep_dropped == "sample" and "dropped" in sizes:
        sizes["dropped"] = _dropped(observed, load)
    for folder in ("card", "tokenizer"):
        paths = observed.build.folder.list(folder)
        fixed = sum(observed.build.folder.size(path) for path in paths)
        sizes[folder] = Quantity.exact(fixed, "measured")
    return dict(sorted(sizes.items()))


def temporary_bytes(observed: Observed, load: Workload, recipe: BuildRecipe) -> Quantity:
    """The most of what is temporary below `run/`."""

    def written(*folders: str) -> Quantity:
        return _written(observed, load, lambda path: path.startswith(folders))

    tokens = written(TOKENS_FOLDER, RUNS_FOLDER)
    duplicates = Quantity.exact(0.0)
    if recipe.dedup is not None and recipe.dedup.scheme is not None:
        rows = banded_rows(observed, load).scaled(BANDED.itemsize, "computed")
        orders = load.total("kept").scaled(8 * recipe.dedup.hub_words, "computed")
        duplicates = rows + orders + written(SETS_FOLDER).times(rises(load))
    phases = (tokens, duplicates, written(ROWS))
    ends = zip(*((one.value, one.low, one.high) for one in phases), strict=True)
    return Quantity.of((max(end) for end in ends), "computed")


def _is_of(kind: str, path: str) -> bool:
    return _kind(path) == kind


def _kind(path: str) -> str:
    """The folder of a file; empty where it is temporary."""
    temporary = path.startswith(_TEMPORARY) or _EXACT_PASS.match(path)
    return "" if temporary else path.partition("/")[0]


def _written(observed: Observed, load: Workload, chosen: Callable[[str], bool]) -> Quantity:
    """What the units of all steps write of some files."""

    def count(unit: Unit) -> float:
        return sum(size for path, size in unit.written.items() if chosen(path))

    sums = []
    for step in sorted({unit.step for unit in observed.build.units if count(unit)}):
        parts = observed.of_parts(step)
        above, fixed = observed.above_empty(step, count)
        grows = total_of(above.values()).scaled(load.scale)
        others = sum(count(unit) for unit in observed.build.units if unit.step == step)
        others -= sum(count(unit) for unit in parts.values())
        of_others = load.total("kept").scaled(others / max(1, _kept(observed)))
        num_parts = load.num_parts if parts else 0
        sums.append(grows + Quantity.exact(fixed * num_parts) + of_others)
    return total_of(sums)


def _kept(observed: Observed) -> float:
    return float(sum(unit.facts["documents"] for unit in observed.of_parts("ingest").values()))


def _dropped(observed: Observed, load: Workload) -> Quantity:
    """A part keeps SAMPLE_SIZE of each rule at most, and whole parts lose more than pieces do."""
    num_bytes = Quantity.exact(0.0)
    units = observed.of_parts("ingest")
    for name, subset in load.subsets.items():
        mine = [units[number] for number in observed.part_numbers[name]]
        held = sum(
            min(SAMPLE_SIZE, unit.ledger.total(outcome="dropped", rule=rule).documents)
            for unit in mine
            for rule in subset.dropped
        )
        size = sum(
            size
            for unit in mine
            for path, size in unit.written.items()
            if path.startswith("dropped/")
        )
        for quantity in subset.dropped.values():
            ends = (
                subset.num_parts * min(SAMPLE_SIZE, end / subset.num_parts)
                for end in (quantity.value, quantity.low, quantity.high)
            )
            num_bytes += Quantity.of(ends).scaled(size / held if held else 0.0)
    return num_bytes

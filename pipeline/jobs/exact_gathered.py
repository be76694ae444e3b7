"""Twins that passes found, gathered part by part, as one pass leaves them."""

from collections.abc import Iterator
from functools import partial

import apache_beam as beam
import numpy as np

from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import Rows
from haybale.pipeline.jobs.exact import twins_path, write_twins
from haybale.pipeline.jobs.fates import rows_of_part
from haybale.pipeline.jobs.regions import num_regions, parts_of_region
from haybale.pipeline.rows.tables import read_rows
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit


class GatherRegion(beam.DoFn):  # type: ignore[misc]
    """Region to the files of its parts: what passes left of it is read once for all of them."""

    def __init__(self, output: str, step: Step, num_parts: int, passes: tuple[str, ...]) -> None:
        self._folder, self._step = Folder(output), step
        self._num_parts, self._passes = num_parts, passes

    def process(self, region: int) -> Iterator[int]:
        """Gather one region's."""
        with reported(self._folder):
            found = [read_rows(self._folder, twins_path(name, region)) for name in self._passes]
            for part in parts_of_region(region, self._num_parts):
                work = partial(self._write, found, part)
                do_unit(self._folder, self._step, f"{part:05d}", work)
        yield region

    def _write(self, found: list[Rows], part: int) -> UnitResult:
        rows = np.concatenate([rows_of_part(each, part) for each in found])
        return write_twins(self._folder, twins_path(self._step.name, part), rows)


class GatherTwins(beam.PTransform):  # type: ignore[misc]
    """Leave for each part what all passes found of it.

    Args:
        output: The corpus folder.
        step: What is being done.
        num_parts: Of the plan.
        passes: Names of their steps, which left EXACT_REMOVED by region.
    """

    def __init__(self, output: str, step: Step, num_parts: int, passes: tuple[str, ...]) -> None:
        super().__init__(label=step.name)
        self._num_regions = num_regions(num_parts)
        self._gather = GatherRegion(output, step, num_parts, passes)

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        return (
            root
            | "Number" >> beam.Create(range(self._num_regions), reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "GatherRegion" >> beam.ParDo(self._gather).with_output_types(int)
        )

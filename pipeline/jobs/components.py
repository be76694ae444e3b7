"""Connected components of graphs of pairs by star rounds: Beam's part in them.

    pairs -> links -> [ large star -> small star ] until none is unsettled -> labels

Each half of a round is one step per pass: links go to partitions of id space, and a partition's
links are a unit, left in a file. Rounds end when a large star counts no unsettled node among its
input, which then is the answer; see `haybale.pipeline.dedup.stars`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import apache_beam as beam

from haybale.corpus.errors import HaybaleError
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.rows import VERIFIED, hash_ids
from haybale.pipeline.dedup.stars import (
    LINK,
    both_ways,
    large_star,
    small_star,
    spanning_stars,
)
from haybale.pipeline.rows.passes import Pass, cut_passes
from haybale.pipeline.rows.row_files import RowFile, RowFiles, path_of
from haybale.pipeline.rows.tables import write_rows
from haybale.pipeline.shuffle import partition, unpack
from haybale.pipeline.units.drive import run_graph, run_units
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit, finished_units

Packed = tuple[int, bytes]
Kind = Literal["large", "small"]

STARS = "deduplicate/stars"
MAX_ROUNDS = 64
"""More are a fault: a chain, the worst shape that Kiveris et al. report, halves in every round, and
2^64 documents do not exist."""


def find_components(
    context: BuildContext,
    bound: str,
    pairs: Sequence[RowFiles],
    count: int,
    pass_bytes: int,
    name: str = STARS,
    max_rounds: int = MAX_ROUNDS,
) -> RowFiles:
    """Label every document of any pair with its component's smallest id.

    Args:
        context: The build.
        bound: Fingerprint of what the pairs follow from.
        pairs: VERIFIED; the graph is of all of them.
        count: Partitions of id space.
        pass_bytes: About so many bytes are shuffled at a time.
        name: Of the steps.
        max_rounds: More than these are an error.

    Returns:
        LINK from each document to the smallest one of its component, which itself has none; file i
        holds the i-th range of `hash_ids` of the documents.

    Raises:
        HaybaleError: If the components are not found within the rounds.
    """
    contract = ContractWorker(context.folder.uri, Step(f"{name}-links", bound), tuple(pairs))
    num_files = sum(files.count for files in pairs)
    num_bytes = sum(files.num_rows for files in pairs) * VERIFIED.itemsize
    contracted = run_units(context, contract, num_files, num_bytes).values()
    num_links = sum(result.facts["links"] for result in contracted)
    links, unsettled = RowFiles(contract.folder, num_files, num_links), 0
    rounds = _Rounds(context, bound, count, pass_bytes, name)
    for number in range(max_rounds):
        large, unsettled = rounds.half(links, number, "large")
        if number > 0 and unsettled == 0:
            context.folder.remove(large.folder)
            return links
        small, _ = rounds.half(large, number, "small")
        for done in (links, large):
            context.folder.remove(done.folder)  # the records of its units stay
        links = small
    raise HaybaleError(
        f"connected components: not found within {max_rounds} rounds; the last one left "
        f"{unsettled} documents unsettled. This is a fault of the program, not of the data: "
        "please report it"
    )


@dataclass(frozen=True)
class _Rounds:
    """What all rounds have in common; see `find_components`."""

    context: BuildContext
    bound: str
    count: int
    pass_bytes: int
    name: str

    def half(self, links: RowFiles, number: int, kind: Kind) -> tuple[RowFiles, int]:
        """One operation over all links: where the new ones are, how many nodes were unsettled."""
        sides = 2 if kind == "large" else 1
        name, folder = f"{self.name}-{number:02d}-{kind}", self.context.folder
        num_links = unsettled = 0
        num_bytes = links.num_rows * sides * LINK.itemsize
        for each in cut_passes(self.count, num_bytes, self.pass_bytes):
            step = Step(f"{name}-{each}", self.bound)
            star = Star(folder.uri, step, links, f"run/{name}", kind, each)
            run_graph(self.context, step, star.begin, len(each), each.num_bytes)
            for result in finished_units(folder, step).values():
                num_links += result.facts["links"]
                unsettled += result.facts["unsettled"]
        return RowFiles(f"run/{name}", self.count, num_links), unsettled


@dataclass
class ContractWorker:
    """Turns a file of pairs into the fewest links that join the same documents.

    Attributes:
        output: The corpus folder.
        step: What is being done.
        pairs: VERIFIED.
    """

    output: str
    step: Step
    pairs: tuple[RowFiles, ...]

    @property
    def folder(self) -> str:
        """Where the links are left."""
        return f"run/{self.step.name}-rows"

    def load(self) -> None:
        """Nothing."""

    def name(self, unit: int) -> str:
        """The file's number."""
        return f"{unit:05d}"

    def do(self, unit: int) -> UnitResult:
        """Contract one file."""
        folder = Folder(self.output)
        pairs = RowFile(folder, path_of(self.pairs, unit))[:]
        links = spanning_stars(pairs["a_id"], pairs["b_id"])
        record = write_rows(folder, f"{self.folder}/{self.name(unit)}.npy", links)
        return UnitResult((record,), facts={"links": len(links)})


class Star(beam.PTransform):  # type: ignore[misc]
    """One large-star or small-star operation over the links of one pass."""

    def __init__(
        self, output: str, step: Step, source: RowFiles, target: str, kind: Kind, each: Pass
    ) -> None:
        super().__init__(label=step.name)
        self._source, self._pass = source, each
        self._read = _ReadLinks(output, source, kind, each)
        self._apply = _ApplyStar(output, step, target, kind)

    def begin(self, root: beam.Pipeline) -> None:
        """Make it a pipeline of its own."""
        root | self

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        links = (
            root
            | "Number" >> beam.Create(range(self._source.count), reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadLinks" >> beam.ParDo(self._read).with_output_types(Packed)
        )
        # A partition without any must leave a file too: the next step reads all of them.
        nothing = (
            root
            | "EveryPartition"
            >> beam.Create(range(self._pass.first, self._pass.stop), reshuffle=False)
            | "Nothing" >> beam.Map(no_rows).with_output_types(Packed)
        )
        return (
            (links, nothing)
            | "WithEveryPartition" >> beam.Flatten()
            | "GroupByNode" >> beam.GroupByKey()
            | "ApplyStar" >> beam.ParDo(self._apply).with_output_types(int)
        )


def no_rows(partition_: int) -> Packed:
    """A partition without rows."""
    return partition_, b""


class _ReadLinks(beam.DoFn):  # type: ignore[misc]
    """Number of a file to packed LINK rows, by node."""

    def __init__(self, output: str, source: RowFiles, kind: Kind, each: Pass) -> None:
        self._folder, self._source = Folder(output), source
        self._kind, self._pass = kind, each

    def process(self, number: int) -> Iterator[Packed]:
        links = RowFile(self._folder, self._source.path(number))[:]
        if self._kind == "large":
            links = both_ways(links)
        for place, block in partition(hash_ids(links["node"]), links, self._pass.count):
            if place in self._pass:
                yield place, block


class _ApplyStar(beam.DoFn):  # type: ignore[misc]
    """Packed LINK rows of one partition to the links that take their place, in a file."""

    def __init__(self, output: str, step: Step, target: str, kind: Kind) -> None:
        self._folder, self._step = Folder(output), step
        self._target, self._kind = target, kind

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        number, blocks = group

        def work() -> UnitResult:
            rows = unpack(blocks, LINK)
            links, unsettled = large_star(rows) if self._kind == "large" else (small_star(rows), 0)
            record = write_rows(self._folder, f"{self._target}/{number:05d}.npy", links)
            facts = {"links": len(links), "unsettled": unsettled}
            return UnitResult(files=(record,), facts=facts)

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{number:05d}", work)
        yield number

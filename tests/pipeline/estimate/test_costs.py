"""What stages cost, from a sample whose times are given."""

from types import SimpleNamespace

import pytest

from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.pipeline.estimate.costs import stage_costs
from haybale.pipeline.estimate.observed import Observed
from haybale.pipeline.estimate.pieces import Piece, Stratum
from haybale.pipeline.estimate.quantities import Quantity
from haybale.pipeline.estimate.records import Unit
from haybale.pipeline.estimate.sample import MeasuredBuild, StepCost
from haybale.pipeline.planning.plan import Part

PARTS = tuple(Part(number, "web", ()) for number in range(4))
STRATUM = Stratum("web", 4000, tuple(Piece(part, 0, 100) for part in PARTS), 0)
TEN_TIMES = SimpleNamespace(  # as the sample's 400 of 4000 bytes and its 40 documents
    subsets={"web": SimpleNamespace(rises=1.0)},
    scale=1.0,
    num_parts=4,
    total=lambda name: Quantity.exact(400.0),
)


def build(beside_work):
    """Of steps whose 4 units take a second each, and which take so much beside that."""
    units = [
        Unit(step, part.name, 1.0, 0.0, {}, Ledger(), {"documents": 10})
        for step in ("ingest", *beside_work)
        for part in PARTS
    ]
    steps = {name: StepCost("deduplicate", 4 + more, 9.0) for name, more in beside_work.items()}
    return MeasuredBuild(Folder(""), PARTS, tuple(units), steps, {}, 0, 0, None, 0.0)


def deduplicating(beside_work):
    measured = build(beside_work)
    costs = stage_costs(Observed((STRATUM,), measured, measured), TEN_TIMES, None, {})
    return costs["deduplicate"].work.value


def test_only_a_shuffle_grows_with_documents_not_what_the_engine_happens_to_take():
    steps = {"deduplicate/bands": 0.0, "deduplicate/shingles": 0.0, "deduplicate/removals": 0.0}
    assert deduplicating(steps) == pytest.approx(3 * 40)
    # Half a second of the engine in one of three steps: the median of these, 0, is its overhead.
    assert deduplicating(steps | {"deduplicate/shingles": 0.5}) == pytest.approx(3 * 40)
    # A shuffle of half a second beside 40 documents takes 5 beside 400.
    shuffled = steps | {"deduplicate/exact-text": 0.5}
    assert deduplicating(shuffled) == pytest.approx(4 * 40 + 5)

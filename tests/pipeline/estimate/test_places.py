"""What core-seconds mean in a place, worked out by hand."""

import pytest

from haybale.pipeline.estimate.costs import StageCost
from haybale.pipeline.estimate.places import (
    JOB_IDLE_SECONDS,
    JOB_START_SECONDS,
    dataflow,
    here,
)
from haybale.pipeline.estimate.quantities import Quantity, total_of
from haybale.pipeline.estimate.shuffles import Shuffle

COSTS = {
    "ingest": StageCost(Quantity(100, 80, 120), Quantity.exact(10), 1),
    "tokenizer": StageCost(Quantity.exact(0), Quantity.exact(50), 0),
}
GB = Quantity.exact(2e9)


@pytest.mark.parametrize(
    ("workers", "cores", "wall"),
    [(1, 2, (160, 140, 180)), (2, 2, (110, 100, 120)), (8, 2, (110, 100, 120))],
)
def test_workers_share_the_work_but_not_the_driver_nor_cores_that_are_not_there(
    workers, cores, wall
):
    # 100 / min(workers, cores) and 10 + 50 by the driver alone.
    found = here(COSTS, workers, cores, GB, GB).wall_seconds
    assert (found.value, found.low, found.high) == wall


def test_dataflow_pays_for_slower_cores_and_for_every_jobs_start():
    found = dataflow(COSTS, {"a": Shuffle(Quantity.exact(3e9), 1)}, 2, 10, 0.5, GB, 7)
    # 100 / 0.5 = 200 core-seconds of work; two jobs keep ten vCPUs waiting for a minute each.
    assert found.vcpu_hours.value == pytest.approx((200 + 2 * 10 * JOB_IDLE_SECONDS) / 3600)
    # 200 over ten vCPUs, 60 by the driver, two starts.
    assert found.wall_seconds.value == pytest.approx(20 + 60 + 2 * JOB_START_SECONDS)
    assert found.shuffle_gb.value == pytest.approx(3)
    assert found.memory_gb_hours.value == pytest.approx(4 * found.vcpu_hours.value)
    assert "4 GB per vCPU is enough" in found.machine_advice


@pytest.mark.parametrize(
    ("process_gb", "gb_per_core", "advice"),
    [
        (0.5, 1, "a compute-optimised type with 1 GB"),
        (0.98, 4, "an ordinary type with 4 GB"),  # half of 1 GB is the system's and the engine's
        (2.0, 4, "an ordinary type with 4 GB"),
        (3.0, 8, "a memory-optimised type with 8 GB"),
        (5.2, 11, "a type with 11 GB"),
    ],
)
def test_machines_have_twice_the_memory_of_a_process_and_are_paid_for_so(
    process_gb, gb_per_core, advice
):
    found = dataflow(COSTS, {}, 2, 10, 1.0, Quantity.exact(process_gb * 1e9), 7)
    assert found.machine_advice.startswith(advice)
    assert found.memory_gb_hours.value == pytest.approx(gb_per_core * found.vcpu_hours.value)


def test_what_follows_from_an_assumption_is_assumed():
    job = dataflow(COSTS, {"a": Shuffle(Quantity(3e9, 1e9, 5e9), 1)}, 2, 10, 0.5, GB, 7)
    for quantity in (job.wall_seconds, job.vcpu_hours, job.memory_gb_hours, job.requests):
        assert quantity.origin == "assumed"
    assert job.shuffle_gb.origin == "computed"
    measured, assumed = Quantity(1, 1, 1), Quantity.exact(2, "assumed")
    for derived in (
        measured + assumed,
        assumed + measured,
        measured.times(assumed),
        assumed.scaled(2, "computed"),
        total_of([measured, assumed]),
    ):
        assert derived.origin == "assumed"
    assert (measured + measured).origin == total_of([measured]).origin == "measured"
    assert total_of([measured], "computed").origin == "computed"
    assert (measured + Quantity.exact(1, "given")).origin == "measured"


def test_independent_errors_add_as_squares_and_dependent_ones_plainly():
    parts = Quantity(10, 7, 14), Quantity(20, 16, 23)
    independent, together = total_of(parts), parts[0] + parts[1]
    # sqrt(3^2 + 4^2) = 5 below, and sqrt(4^2 + 3^2) = 5 above.
    assert (independent.value, independent.low, independent.high) == (30, 25, 35)
    assert (together.value, together.low, together.high) == (30, 23, 37)

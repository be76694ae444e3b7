"""What a forecast means in a place: this computer, or a Dataflow job."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from haybale.pipeline.estimate.costs import StageCost
from haybale.pipeline.estimate.quantities import Quantity
from haybale.pipeline.estimate.shuffles import Shuffle

JOB_START_SECONDS = 240.0
"""From submission until a job's workers work. Assumed: two to six minutes are usual."""
JOB_IDLE_SECONDS = 60.0
"""For which all workers of a job are paid for without working: while they start, and while the last
one ends. Assumed."""
FILES_PER_PART = 12
"""Files that are committed for a part over all stages, records included. Assumed for the number of
requests alone."""
GB_PER_CORE = {1.0: "a compute-optimised", 4.0: "an ordinary", 8.0: "a memory-optimised"}
"""Memory of a cloud's kinds of machine types. Assumed."""
PROCESS_SHARE = 0.5
"""Of a machine's memory, for the processes that do the work; the rest is for the system, the
engine's own process and what it buffers. Assumed."""
_HOUR = 3600.0
_GB = 1e9


@dataclass(frozen=True)
class Here:
    """A build on this computer.

    Attributes:
        workers: Processes.
        wall_seconds: From begin to end.
        core_seconds: Of all processes.
        driver_bytes: Memory of the driver at most.
        worker_bytes: Memory of a worker process at most.
    """

    workers: int
    wall_seconds: Quantity
    core_seconds: Quantity
    driver_bytes: Quantity
    worker_bytes: Quantity


@dataclass(frozen=True)
class Dataflow:
    """The same build as Dataflow jobs, one after another.

    Attributes:
        num_vcpus: Of all workers.
        num_jobs: Pipelines that are not left to the driver.
        wall_seconds: Over all jobs, and what the driver does between them.
        vcpu_hours: Paid for.
        memory_gb_hours: The same times the memory of a core, of such machines as are advised.
        shuffle_gb: Over all jobs.
        worker_gb_per_core: Memory that a core's process needs.
        requests: Files that are written to the object store.
    """

    num_vcpus: int
    num_jobs: int
    wall_seconds: Quantity
    vcpu_hours: Quantity
    memory_gb_hours: Quantity
    shuffle_gb: Quantity
    worker_gb_per_core: Quantity
    requests: Quantity

    @property
    def machine_advice(self) -> str:
        """What kind of machine type its workers want."""
        need = machine_gb_per_core(self.worker_gb_per_core.value)
        if need in GB_PER_CORE:
            return f"{GB_PER_CORE[need]} type with {need:.0f} GB per vCPU is enough"
        return f"a type with {need:.0f} GB per vCPU"


def machine_gb_per_core(process_gb: float) -> float:
    """Memory that a machine should have for each core: that of a kind of types, if one has it."""
    need = process_gb / PROCESS_SHARE
    return next((has for has in sorted(GB_PER_CORE) if need <= has), float(math.ceil(need)))


def here(
    costs: Mapping[str, StageCost],
    workers: int,
    num_cores: int,
    driver_bytes: Quantity,
    worker_bytes: Quantity,
) -> Here:
    """A build on this computer.

    Work of units is shared by as many processes as have a core of their own; what the driver does
    is not.

    Args:
        costs: Of each stage.
        workers: Processes asked for.
        num_cores: Of this computer.
        driver_bytes: Its memory.
        worker_bytes: A worker's.
    """
    at_once = min(workers, num_cores)
    wall = core = Quantity.exact(0.0)
    for cost in costs.values():
        wall = wall + cost.work.scaled(1 / at_once, "computed") + cost.driver
        core += cost.total
    return Here(workers, wall, core, driver_bytes, worker_bytes)


def dataflow(
    costs: Mapping[str, StageCost],
    found: Mapping[str, Shuffle],
    num_jobs: int,
    num_vcpus: int,
    core_speed: float,
    worker_bytes: Quantity,
    num_parts: int,
) -> Dataflow:
    """The same build on Dataflow; the driver stays here, and learns the vocabulary.

    Args:
        costs: Of each stage, with the passes that Dataflow needs.
        found: Its shuffles.
        num_jobs: How many pipelines are jobs.
        num_vcpus: Of all workers.
        core_speed: Of a vCPU, relative to a core of this computer.
        worker_bytes: Memory of a process.
        num_parts: Of the plan.
    """
    work = driver = Quantity.exact(0.0)
    for cost in costs.values():
        work, driver = work + cost.work.scaled(1 / core_speed, "assumed"), driver + cost.driver
    starting = Quantity.exact(num_jobs * JOB_START_SECONDS, "assumed")
    idle = Quantity.exact(num_jobs * JOB_IDLE_SECONDS * num_vcpus, "assumed")
    hours = (work + idle).scaled(1 / _HOUR, "computed")
    shuffled = Quantity.exact(0.0)
    for shuffle in found.values():
        shuffled += shuffle.num_bytes
    return Dataflow(
        num_vcpus,
        num_jobs,
        work.scaled(1 / num_vcpus, "computed") + driver + starting,
        hours,
        hours.scaled(machine_gb_per_core(worker_bytes.value / _GB), "assumed"),
        shuffled.scaled(1 / _GB, "computed"),
        worker_bytes.scaled(1 / _GB),
        Quantity.exact(FILES_PER_PART * num_parts, "assumed"),
    )

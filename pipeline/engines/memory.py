"""How much memory a build on this computer may take, and what of it is the driver's.

The bound covers the driver and the processes beside it. Each of these holds libraries, models and a
batch of documents, whatever there is to do; what is left is the driver's, and decides how much it
shuffles and sorts at a time. Smaller memory makes more passes, and never another result. It is a
plan, not a limit that the system enforces: a single document may need more.
"""

import os
from pathlib import Path

from haybale.corpus.errors import RecipeError

DEFAULT_SHARE = 3, 4
"""Of what the machine has, without --max-memory: the rest is for the system and its file cache."""
IDLE_BYTES = 400 << 20
"""Of the driver before any work: libraries, models, compiled kernels."""
LEAST_DRIVER_BYTES = IDLE_BYTES * 5 // 4
"""Of the driver: what it has beyond IDLE_BYTES, it shuffles with."""
WORKER_BYTES = 1 << 30
"""Of a process beside the driver; 0.9 GB were measured, over web pages with every rule."""

_CGROUP_V2 = "/sys/fs/cgroup"
_CGROUP_V1 = "/sys/fs/cgroup/memory"


def machine_bytes(
    groups: str = "/proc/self/cgroup", roots: tuple[str, str] = (_CGROUP_V2, _CGROUP_V1)
) -> int:
    """What this process could take at most: the machine's memory, or its control group's limit.

    Args:
        groups: Where Linux says which groups this process is in.
        roots: Where groups of version 2 and the memory groups of version 1 lie.
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for line in _lines(groups):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            limits += _limits(Path(roots[0]), path, "memory.max")
        elif "memory" in controllers.split(","):
            limits += _limits(Path(roots[1]), path, "memory.limit_in_bytes")
    return min(limits)


def default_bytes() -> int:
    """What a build takes without --max-memory."""
    return machine_bytes() * DEFAULT_SHARE[0] // DEFAULT_SHARE[1]


def beside_bytes(workers: int, *, isolated: bool = False) -> int:
    """What the processes beside the driver take.

    A search for documents that kill takes a process and a fork of it more, 0.3 GB over web pages:
    out of the driver's share, who waits and holds no shuffle meanwhile. After a build that was
    killed there may be as many searches as workers.

    Args:
        workers: How many; a single one is the driver itself.
        isolated: Whether a single one is a process beside it, too.
    """
    return workers * WORKER_BYTES if workers > 1 or isolated else 0


def least_bytes(workers: int) -> int:
    """Less than this cannot hold the driver and so many workers."""
    return LEAST_DRIVER_BYTES + beside_bytes(workers)


def most_workers(max_bytes: int) -> int:
    """How many workers fit: at least one, which is the driver itself."""
    return max(1, (max_bytes - LEAST_DRIVER_BYTES) // WORKER_BYTES)


def check_holds(given: int | None, without: int, workers: int) -> None:
    """Check that a build with so many workers fits.

    Args:
        given: What it may take, by --max-memory; None: that was not given.
        without: What it may take then.
        workers: How many.

    Raises:
        RecipeError: If it does not, with how many workers would.
    """
    least, most = least_bytes(workers), without if given is None else given
    if most >= least:
        return
    fit = most_workers(most)
    said = f"at most {fit} worker{' fits' if fit == 1 else 's fit'}"
    if given is not None:
        beside = f" for --workers {workers}" if workers > 1 else ""
        advice = f"; {said}" if workers > 1 and most >= LEAST_DRIVER_BYTES else ""
        raise RecipeError(
            f"--max-memory: expected at least {least >> 20} MiB{beside}, found "
            f"{most >> 20} MiB{advice}"
        )
    share = f"{most >> 20} MiB, three quarters of what this computer gives"
    if workers > 1 and most >= LEAST_DRIVER_BYTES:
        raise RecipeError(
            f"--workers {workers}: {said} into {share}; give fewer, or --max-memory {least >> 20}M "
            "if it has as much"
        )
    raise RecipeError(
        f"a build takes at least {LEAST_DRIVER_BYTES >> 20} MiB of memory, found {share}; use a "
        "larger one, or give --max-memory"
    )


def driver_bytes(max_bytes: int, workers: int, *, isolated: bool) -> int:
    """What the processes beside the driver leave it, and no less than it cannot do without.

    Args:
        max_bytes: What the build may take, at least `least_bytes`.
        workers: See `beside_bytes`.
        isolated: See there. A build that has crashed goes on isolated, and is not to be refused
            now for a bound that was enough before: it may then take more than the bound.
    """
    return max(max_bytes - beside_bytes(workers, isolated=isolated), LEAST_DRIVER_BYTES)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []  # no Linux


def _limits(root: Path, group: str, name: str) -> list[int]:
    """Limits of a group and of those above it: each counts. In a container the root is its own."""
    found = []
    here = root / group.lstrip("/")
    for folder in (here, *here.parents):
        if folder.is_relative_to(root):
            found += [int(line) for line in _lines(str(folder / name)) if line.strip().isdigit()]
    return found

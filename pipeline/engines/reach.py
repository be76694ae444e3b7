"""Whether the workers of an engine can open files that lie on this computer."""

import argparse
import enum
import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from haybale.corpus.errors import RecipeError
from haybale.pipeline.engines.runner_names import DATAFLOW, FLINK, LOCAL, PRISM, SPARK

ENVIRONMENTS = ("DOCKER", "EXTERNAL", "LOOPBACK", "PROCESS")
_HERE = ("localhost", "127.0.0.1", "::1", "[::1]")

Places = Mapping[str, str]
"""What a place is called, such as `--output`, to its path or URI."""


class Reach(enum.Enum):
    """Where workers are, as far as the options tell."""

    HERE = "on this computer"
    MAYBE = "on other computers, which may share a file system with this one"
    NOT = "where files of this computer cannot be opened"


def absolute(place: str) -> str:
    """A path that means the same in any process of this computer; URIs are left as they are."""
    return place if "://" in place else str(Path(place).absolute())


def environment_type(options: argparse.Namespace, runner: str) -> str:
    """How a runner other than Dataflow starts workers, by Beam's rules.

    Raises:
        RecipeError: If it is nothing that Beam knows, or workers would be containers of Beam's own
            image, which holds no haybale.
    """
    given = str(options.environment_type or "").upper()
    if given not in ("", *ENVIRONMENTS):
        raise RecipeError(
            f"--environment_type: expected one of {', '.join(ENVIRONMENTS)}, found {given}"
        )
    found = given or ("LOOPBACK" if _is_embedded(options, runner) else "DOCKER")
    if found == "DOCKER" and not _setting(options, "docker_container_image"):
        raise RecipeError(
            f"--runner={runner}: workers would be containers of Beam's own image, which holds no "
            "haybale; give --environment_type=LOOPBACK (workers in this process), EXTERNAL (a "
            "worker pool), or DOCKER with --environment_config=IMAGE"
        )
    return found


def find_reach(options: argparse.Namespace, runner: str) -> Reach:
    """Where the workers of a runner are.

    Args:
        options: As `parse_options` gives them.
        runner: The runner's name.

    Raises:
        RecipeError: As `environment_type` does.
    """
    if runner == LOCAL:
        return Reach.HERE
    if runner == DATAFLOW:
        return Reach.NOT
    kind = environment_type(options, runner)
    if kind == "LOOPBACK":
        return Reach.HERE
    if kind == "DOCKER":
        return Reach.NOT
    # Where a pool is, is told to the engine's own workers: their localhost may be another.
    pool = _setting(options, "external_service_address") if kind == "EXTERNAL" else "localhost"
    engine = _engine_address(options, runner)
    here = engine is not None and _is_here(pool) and _is_here(engine)
    return Reach.HERE if here else Reach.MAYBE


def check_reach(reach: Reach, runner: str, places: Places) -> list[str]:
    """Check that workers can open what they are to read and write.

    Args:
        reach: Where the workers are.
        runner: The runner's name.
        places: What workers read and write.

    Returns:
        Warnings: local places that only a shared file system makes right.

    Raises:
        RecipeError: If workers cannot open a place.
    """
    local = [(what, place) for what, place in places.items() if "://" not in place]
    if reach is Reach.HERE or not local:
        return []
    what, place = local[0]
    if reach is Reach.NOT:
        raise RecipeError(
            f"{what}: {place} lies on this computer, and workers of {runner} run "
            f"{reach.value}; give gs:// or s3://"
        )
    return [
        f"warning: workers of {runner} run {reach.value}: they must see {place} too"
        for _, place in local
    ]


def _setting(options: argparse.Namespace, name: str) -> str:
    """What `--environment_options=name=...` or else `--environment_config` says."""
    for option in options.environment_options or ():
        if option.startswith(f"{name}="):
            return str(option.partition("=")[2])
    config = str(options.environment_config or "")
    if not config.startswith("{"):
        return config
    try:
        return str(json.loads(config).get("url", ""))
    except ValueError:
        raise RecipeError(f"--environment_config: expected JSON, found {config}") from None


def _engine_address(options: argparse.Namespace, runner: str) -> str | None:
    """What starts workers, as an address; None where only a job server knows.

    A job server, wherever it is itself, may stand before a cluster. Prism's own runs the work.
    """
    if runner == PRISM:
        return str(options.job_endpoint or "localhost")
    if options.job_endpoint or runner not in (FLINK, SPARK):
        return None
    if _is_embedded(options, runner):
        return "localhost"
    return str(options.flink_master if runner == FLINK else options.spark_master_url)


def _is_embedded(options: argparse.Namespace, runner: str) -> bool:
    """Whether the engine runs within its job server, which Beam starts on this computer."""
    if runner == FLINK:
        return options.flink_master in ("[local]", "[auto]")
    local = runner == SPARK and re.match(r"local(\[.+\])?$", options.spark_master_url)
    return runner == PRISM or bool(local)


def _is_here(address: str) -> bool:
    host = urlsplit(address if "://" in address else f"//{address}").hostname
    return host in _HERE

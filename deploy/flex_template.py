"""What the Flex Template runs: a job that runs `haybale build`, which starts the steps' jobs.

A template's launcher accepts one job from this program, and a build is several; so that one job is
the driver, on one worker. Parameters are those of `metadata.json`; whatever else arrives are Beam
options by which Dataflow describes the launch.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from haybale.pipeline.engines.launch import Launch, LaunchBuild

PASSED_ON = (
    "--dataflow_kms_key",
    "--network",
    "--no_use_public_ips",
    "--project",
    "--region",
    "--sdk_container_image",
    "--service_account_email",
    "--subnetwork",
    "--temp_location",
)
"""Options of the launch that the steps' jobs need as well."""
ONE_WORKER = (
    "--autoscaling_algorithm=NONE",
    "--max_num_workers=1",
    "--no_save_main_session",
    "--num_workers=1",
    "--sdk_location=container",
)


def read_arguments(arguments: Sequence[str]) -> tuple[Launch, list[str]]:
    """The build that parameters ask for, and options of the job that runs its driver."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--overrides", default="")
    parser.add_argument("--sdk_container_image", required=True)
    parser.add_argument("--job_machine_type", default="n2-highmem-8")
    parser.add_argument("--job_max_workers", type=int, default=100)
    parser.add_argument("--job_options", default="")
    found, beam_options = parser.parse_known_args(list(arguments))
    image = f"--sdk_container_image={found.sdk_container_image}"
    launch_options = [*_joined(beam_options), image]
    passed = [one for one in launch_options if one.partition("=")[0] in PASSED_ON]
    options = (
        "--runner=DataflowRunner",
        *passed,
        f"--worker_machine_type={found.job_machine_type}",
        f"--max_num_workers={found.job_max_workers}",
        *shlex.split(found.job_options),
    )
    overrides = tuple(one.strip() for one in found.overrides.split(";") if one.strip())
    launch = Launch(found.recipe, found.output, overrides, options)
    return launch, [*launch_options, *ONE_WORKER]


def _joined(options: Sequence[str]) -> list[str]:
    """The same options, each with its value in one word."""
    joined: list[str] = []
    for word in options:
        if word.startswith("--") or not joined:
            joined.append(word)
        else:
            joined[-1] = f"{joined[-1]}={word}"
    return joined


def main(arguments: Sequence[str]) -> None:
    """Submit the job that runs the driver; not waited for, as the launcher only takes its graph."""
    launch, options = read_arguments(arguments)
    pipeline = beam.Pipeline(options=PipelineOptions(options))
    _ = pipeline | "LaunchBuild" >> LaunchBuild(launch)
    pipeline.run()


if __name__ == "__main__":
    main(sys.argv[1:])

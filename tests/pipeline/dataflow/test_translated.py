"""Levels 1 and 2: every Beam step of a build, translated for Dataflow, and what it is made of."""

import importlib
import inspect
import pkgutil

import apache_beam as beam
import pytest
from apache_beam.internal import pickler
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2 as api
from dataflow_here import IMAGE

from haybale.pipeline import jobs
from haybale.pipeline.units.spread import DoUnit

pytestmark = pytest.mark.slow

MAX_PAYLOAD_BYTES = 64 << 10
MAX_GRAPH_BYTES = 1 << 20  # Dataflow takes 10 MB
KEY_CODERS = {"beam:coder:varint:v1", "beam:coder:bytes:v1", "beam:coder:string_utf8:v1"}


def par_dos(proto):
    """The user's functions of a pipeline."""
    for transform in proto.components.transforms.values():
        if transform.spec.urn == common_urns.primitives.PAR_DO.urn:
            payload = api.ParDoPayload.FromString(transform.spec.payload)
            yield pickler.loads(payload.do_fn.payload)[0]


def work_of_a_build():
    """Every function of Beam and every worker in the folder of jobs."""
    for module in pkgutil.iter_modules(jobs.__path__, f"{jobs.__name__}."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if found.__module__ == module.name and (
                issubclass(found, beam.DoFn) or (hasattr(found, "do") and hasattr(found, "load"))
            ):
                yield found


def test_every_function_and_worker_of_a_build_was_translated(translated):
    functions = [function for step in translated.steps for function in par_dos(step.proto)]
    seen = {type(function) for function in functions}
    seen |= {type(function._worker) for function in functions if isinstance(function, DoUnit)}
    # A base of other workers is never sent itself.
    seen |= {base for worker in seen for base in worker.__mro__}
    expected = set(work_of_a_build())
    assert len(expected) > 35
    assert {one.__name__ for one in expected - seen} == set()


def test_all_code_runs_in_one_container_of_the_image_asked_for(translated):
    for step in translated.steps:
        (environment,) = step.proto.components.environments.values()
        assert environment.urn == common_urns.environments.DOCKER.urn, step.job
        docker = api.DockerPayload.FromString(environment.payload)
        assert docker.container_image == IMAGE
        roles = (one.role_payload for one in environment.dependencies)
        names = {api.ArtifactStagingToRolePayload.FromString(one).staged_name for one in roles}
        assert names == {"submission_environment_dependencies.txt"}, step.job  # a list, for people


def test_graphs_and_what_functions_carry_are_small(translated):
    for step in translated.steps:
        assert len(step.proto.SerializeToString()) < MAX_GRAPH_BYTES, step.job
        for transform in step.proto.components.transforms.values():
            assert len(transform.spec.payload) < MAX_PAYLOAD_BYTES, (step.job, transform)


def test_only_numbers_bytes_and_strings_are_keys(translated):
    grouped = 0
    for step in translated.steps:
        parts = step.proto.components
        for transform in parts.transforms.values():
            if transform.spec.urn != common_urns.primitives.GROUP_BY_KEY.urn:
                continue
            (collection,) = transform.inputs.values()
            pair = parts.coders[parts.pcollections[collection].coder_id]
            assert parts.coders[pair.component_coder_ids[0]].spec.urn in KEY_CODERS, step.job
            grouped += 1
    # A step without a shuffle of its own spreads its units, which is a group by key too.
    assert grouped >= len(translated.steps)


def test_no_pickle_coder_stands_on_a_data_path(translated):
    for step in translated.steps:
        parts = step.proto.components
        for collection in parts.pcollections.values():
            # Beam's own reshuffle pickles the window of a number, which is no data of ours.
            if "Reshuffle" in collection.unique_name or "Spread" in collection.unique_name:
                continue
            pending = [collection.coder_id]
            while pending:
                coder = parts.coders[pending.pop()]
                assert "pickle" not in coder.spec.urn, (step.job, collection.unique_name)
                pending += coder.component_coder_ids


def test_jobs_have_names_of_their_own(translated):
    jobs_of_a_build = [step.job for step in translated.steps]
    assert len(set(jobs_of_a_build)) == len(jobs_of_a_build)

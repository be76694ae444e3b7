"""What the translated pipelines are made of: nothing on a data path is encoded by pickle."""

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from haybale.pipeline.coders import RecordBatchCoder
from haybale.pipeline.jobs.bands import BandsWorker
from haybale.pipeline.jobs.candidates import FindCandidates
from haybale.pipeline.jobs.components import ContractWorker, Star
from haybale.pipeline.jobs.exact import FindExact, Twins
from haybale.pipeline.jobs.groups import GroupWorker
from haybale.pipeline.jobs.ingest import IngestWorker
from haybale.pipeline.jobs.labels import LabelPairs
from haybale.pipeline.jobs.names import NameDocuments
from haybale.pipeline.jobs.removals import RemovalsWorker
from haybale.pipeline.jobs.shingles import ShinglesWorker
from haybale.pipeline.jobs.tokenize import ShardsWorker
from haybale.pipeline.jobs.tokenizer import SampleWorker
from haybale.pipeline.jobs.tokens import TokensWorker
from haybale.pipeline.jobs.verified import VerifyWorker
from haybale.pipeline.rows.passes import Pass
from haybale.pipeline.rows.row_files import RowFiles
from haybale.pipeline.units.spread import DoUnits
from haybale.pipeline.units.steps import Step
from haybale.tokenization.train import TokenizerTraining

STEP = Step("name", "fingerprint")
FILES = RowFiles("run/rows", 3, 100)
PASS = Pass(0, 2, 4, 1000)
TRANSFORMS = {
    "ingest": lambda: DoUnits(IngestWorker("out", STEP, {}), 3),
    "exact": lambda: FindExact("out", STEP, 3, 4, 3, 2, Twins("text", ("url",))),
    "candidates": lambda: FindCandidates("out", STEP, 2, 3, 4, 2, 0, 1 << 64),
    "bands": lambda: DoUnits(BandsWorker("out", STEP), 3),
    "shingles": lambda: DoUnits(ShinglesWorker("out", STEP, 1, 4), 3),
    "verify": lambda: DoUnits(VerifyWorker("out", STEP, 1), 3),
    "links": lambda: DoUnits(ContractWorker("out", STEP, (FILES, FILES)), 3),
    "star": lambda: Star("out", STEP, FILES, "run/links", "large", PASS),
    "named": lambda: NameDocuments("out", STEP, (FILES, FILES), FILES, PASS),
    "labelled": lambda: LabelPairs("out", STEP, FILES, FILES, PASS),
    "groups": lambda: DoUnits(GroupWorker("out", STEP, 3, 2), 2),
    "removals": lambda: DoUnits(RemovalsWorker("out", STEP), 3),
    "sample": lambda: DoUnits(SampleWorker("out", STEP, TokenizerTraining()), 3),
    "tokens": lambda: DoUnits(TokensWorker("out", STEP), 3),
    "shards": lambda: DoUnits(ShardsWorker("out", STEP), 3),
}


def translated(name):
    pipeline = beam.Pipeline(FnApiRunner(), options=PipelineOptions([]))
    _ = pipeline | TRANSFORMS[name]()
    return pipeline.to_runner_api()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_no_pickle_coder_stands_on_a_data_path(name):
    components = translated(name).components
    checked = 0
    for collection in components.pcollections.values():
        # Beam's own reshuffle pickles the window of a number, which is no data of ours.
        if "Reshuffle" in collection.unique_name or "Spread" in collection.unique_name:
            continue
        checked += 1
        pending = [collection.coder_id]
        while pending:
            coder = components.coders[pending.pop()]
            assert "pickle" not in coder.spec.urn, collection.unique_name
            pending += coder.component_coder_ids
    assert checked >= 2


@pytest.mark.parametrize("name", TRANSFORMS)
def test_what_a_step_sends_to_workers_is_small(name):
    transforms = translated(name).components.transforms.values()
    assert max(len(transform.spec.payload) for transform in transforms) < 8192


def test_a_slice_of_a_batch_is_encoded_without_its_parent():
    batch = pa.RecordBatch.from_pydict({"text": ["x" * 1000] * 1000})
    coder = RecordBatchCoder()
    encoded = coder.encode(batch.slice(10, 2))
    assert len(encoded) < 4000
    assert coder.decode(encoded).equals(batch.slice(10, 2))
    assert beam.coders.registry.get_coder(pa.RecordBatch).__class__ is RecordBatchCoder

"""What the translated transforms are made of: no pickle on a data path, and small payloads."""

import json

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from piece_models import learn

from haybale.pipeline.transforms import (
    ApplyRules,
    Deduplicate,
    Encode,
    FromDocuments,
    IdentifyLanguage,
    MaskPersonalData,
    ToDocuments,
)

MAX_PAYLOAD_BYTES = 64 << 10


def write_results(root, folder):
    """Kept documents as lines of JSON."""
    words = ["hay bale field farm winter summer corn barn wagon horse river stone"] * 4
    texts = [f"{' '.join(words)} {number % 7} {number}" for number in range(40)]
    documents = root | beam.Create(texts) | ToDocuments()
    found = (documents | ApplyRules("signals")).kept | Deduplicate(exact=["text", "normalised"])
    lines = found.kept | FromDocuments() | beam.Map(json.dumps, sort_keys=True)
    _ = lines | beam.io.WriteToText(str(folder / "kept"))


@pytest.mark.slow
def test_worker_processes_give_the_same_documents(tmp_path):
    kept = {}
    for mode in ("in_memory", "multi_processing"):
        options = [f"--direct_running_mode={mode}"]
        options += ["--direct_num_workers=2"] if mode == "multi_processing" else []
        (tmp_path / mode).mkdir()
        with beam.Pipeline(FnApiRunner(), options=PipelineOptions(options)) as root:
            write_results(root, tmp_path / mode)
        lines = [path.read_text() for path in sorted((tmp_path / mode).glob("kept*"))]
        kept[mode] = sorted("".join(lines).splitlines())
    assert kept["multi_processing"] == kept["in_memory"]
    assert 0 < len(kept["in_memory"]) < 40


def everything(root, model):
    """All transforms in one graph."""
    documents = root | beam.Create(["some text"]) | ToDocuments()
    documents = documents | IdentifyLanguage() | MaskPersonalData()
    ruled = documents | ApplyRules("signals")
    found = ruled.kept | Deduplicate(exact=["url", "text", "normalised"])
    estimated = ruled.kept | "Estimate" >> Deduplicate("fineweb", verify="estimate")
    tokens = found.kept | Encode(model)
    return (
        *(ruled.dropped, ruled.measures, found.removed, *estimated, tokens),
        ruled.dropped | FromDocuments(),
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tokenizer.model"
    path.write_bytes(learn("unigram"))
    return path


@pytest.fixture(scope="module")
def components(model):
    root = beam.Pipeline(FnApiRunner(), options=PipelineOptions([]))
    everything(root, model)
    return root.to_runner_api().components


def test_no_pickle_coder_stands_on_a_data_path(components):
    checked = 0
    for collection in components.pcollections.values():
        # Beam's own reshuffle of an example; dictionaries for users, of anything.
        name = collection.unique_name
        if any(part in name for part in ("Reshuffle", "FromDocuments")):
            continue
        pending = [components.coders[collection.coder_id]]
        while pending:
            coder = pending.pop()
            pending += [components.coders[name] for name in coder.component_coder_ids]
            if "pickle" in coder.spec.urn:  # as every coder of Python's own; named in front
                assert b"RecordBatchCoder" in coder.spec.payload, name
        checked += 1
    assert checked > 60


def test_what_is_sent_to_workers_is_small(components):
    payloads = {name: len(each.spec.payload) for name, each in components.transforms.items()}
    assert max(payloads.values()) < MAX_PAYLOAD_BYTES
    assert components.ByteSize() < 1 << 20


def test_every_step_has_a_name_of_its_own(components):
    names = [each.unique_name for each in components.transforms.values()]
    assert len(set(names)) == len(names)
    ours = [name for name in names if name.startswith(("Deduplicate", "ApplyRules", "Encode"))]
    assert not [name for name in ours if "ParDo(" in name and name.count("/") < 2]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_dataflow_accepts_the_graph(model):
    pytest.importorskip("google.cloud.storage", reason="apache-beam[gcp] is not installed")
    options = (
        "--runner=DataflowRunner",
        "--dry_run=True",
        "--project=some-project",
        "--region=europe-west4",
        "--temp_location=gs://some-bucket/temp",
        "--staging_location=gs://some-bucket/staging",
        "--sdk_location=container",
        "--no_auth",
    )
    root = beam.Pipeline(options=PipelineOptions(list(options)))
    everything(root, model)
    result = root.run()
    transforms = result.job.proto_pipeline.components.transforms.values()
    assert max(len(each.spec.payload) for each in transforms) < MAX_PAYLOAD_BYTES

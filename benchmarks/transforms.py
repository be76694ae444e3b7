"""The public transforms in megabytes of text per core-second, beside datatrove's filters.

    python benchmarks/transforms.py [--megabytes 20]

CPU seconds of a Beam pipeline in this process, less those of one that only hands the same elements
over: what a transform adds to somebody's pipeline, Beam's own work included; the median of three.
What it adds for a single document, to build and start the graph, is told apart. datatrove's two
Gopher filters get the same texts one by one, in its own environment and without Beam, which is to
its advantage. Without HAYBALE_DATA the sources of Python's standard library stand in for real text.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import sentencepiece
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from peers import DATATROVE, peer_python
from samples import BATCH_BYTES, library_text, real_text, spread_sample

from haybale.corpus.digests import document_ids
from haybale.corpus.documents import DOCUMENTS
from haybale.pipeline.transforms import (
    ApplyRules,
    Deduplicate,
    Encode,
    IdentifyLanguage,
    MaskPersonalData,
    ToDocuments,
)

REPEATS = 3
PEER_SCRIPT = Path(__file__).with_name("quality_peer.py")


class ReadTexts(beam.DoFn):  # type: ignore[misc]
    """A file of texts to texts."""

    def process(self, path: str) -> Iterator[str]:
        yield from json.loads(Path(path).read_text())


class ReadBatches(beam.DoFn):  # type: ignore[misc]
    """An Arrow IPC file to its record batches."""

    def process(self, path: str) -> Iterator[pa.RecordBatch]:
        with pa.ipc.open_file(path) as reader:
            for at in range(reader.num_record_batches):
                yield reader.get_batch(at)


def cpu_seconds(reader: beam.DoFn, path: Path, transform: Callable[[Any], Any]) -> float:
    def once() -> float:
        start = time.process_time()
        with beam.Pipeline(FnApiRunner(), options=PipelineOptions([])) as root:
            kind = str if isinstance(reader, ReadTexts) else pa.RecordBatch
            read = beam.ParDo(reader).with_output_types(kind)
            found = transform(root | beam.Create([str(path)], reshuffle=False) | read)
            for number, each in enumerate(found if isinstance(found, tuple) else (found,)):
                _ = each | f"Take{number}" >> beam.Map(len).with_output_types(int)
        return time.process_time() - start

    return statistics.median([once() for _ in range(REPEATS + 1)][1:])  # the first one compiles


def added(reader: beam.DoFn, path: Path, make: Callable[[], beam.PTransform]) -> float:
    """CPU seconds that a transform adds to a pipeline."""
    bare = cpu_seconds(reader, path, lambda arriving: arriving)
    return cpu_seconds(reader, path, lambda arriving: arriving | make()) - bare


def write_documents(texts: list[str], folder: Path) -> Path:
    """The texts as batches of documents, in a file."""
    path = folder / "documents.arrow"
    rows = max(1, round(len(texts) * BATCH_BYTES / sum(map(len, texts))))
    with pa.ipc.new_file(path, DOCUMENTS) as writer:
        for first in range(0, len(texts), rows):
            some = texts[first : first + rows]
            columns = {
                name: pa.nulls(len(some), DOCUMENTS.field(name).type) for name in DOCUMENTS.names
            }
            columns["doc_id"] = document_ids("some", "texts", range(first, first + len(some)))
            columns["text"] = pa.array(some, pa.large_string())
            columns["subset"] = pa.repeat(pa.scalar("some"), len(some))
            columns["language"] = pa.repeat(pa.scalar("en"), len(some))
            writer.write_batch(pa.RecordBatch.from_pydict(columns, schema=DOCUMENTS))
    return path


def write_tokenizer(texts: list[str], folder: Path) -> Path:
    model = io.BytesIO()
    lines = [line for text in spread_sample(texts, 2_000_000) for line in text.splitlines() if line]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="unigram",
        vocab_size=16000,
        byte_fallback=True,
        minloglevel=2,
    )
    path = folder / "tokenizer.model"
    path.write_bytes(model.getvalue())
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=20.0, help="size of the sample")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = real_text() if os.environ.get("HAYBALE_DATA") else library_text()
    texts = spread_sample(texts, int(args.megabytes * 1e6))
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} documents, {megabytes:.1f} MB, one core\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = write_tokenizer(texts, folder)
        transforms: dict[str, Callable[[], beam.PTransform]] = {
            "IdentifyLanguage()": IdentifyLanguage,
            "MaskPersonalData()": MaskPersonalData,
            'ApplyRules("gopher")': lambda: ApplyRules("gopher"),
            "Deduplicate()": Deduplicate,
            'Encode("tokenizer.model")': lambda: Encode(model),
        }
        sizes = {}
        for size, some in (("one", texts[:1]), ("all", texts)):
            documents, records = write_documents(some, folder), folder / "texts.json"
            records.write_text(json.dumps(some))
            sizes[size] = {
                what: added(ReadBatches(), documents, make) for what, make in transforms.items()
            }
            sizes[size]["ToDocuments()"] = added(ReadTexts(), records, ToDocuments)
        python = peer_python("datatrove", *DATATROVE)
        command = [python, PEER_SCRIPT, "datatrove", records]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=sys.stderr)
        peer = float(json.loads(answer.stdout.splitlines()[-1])["seconds"])
    seconds = {what: spent - sizes["one"][what] for what, spent in sizes["all"].items()}
    for what, spent in seconds.items():
        rate = f"{megabytes / spent:8.2f} MB per core-second"
        print(f"{what:40} {rate}, {sizes['one'][what]:5.2f} s for a graph of one document")
    print(
        f"{'datatrove 0.10.1: both Gopher filters':40} {megabytes / peer:8.2f} MB per core-second\n"
    )
    rules = seconds['ApplyRules("gopher")']
    print(
        json.dumps(
            {
                "name": "transforms",
                "ours": round(megabytes / rules, 2),
                "peer": round(megabytes / peer, 3),
                "unit": 'MB of text per core-second, ApplyRules("gopher") in a Beam pipeline',
                "ratio": round(peer / rules, 1),
                "peer_version": "datatrove 0.10.1",
                "haybale": version("haybale"),
            }
        )
    )


if __name__ == "__main__":
    main()

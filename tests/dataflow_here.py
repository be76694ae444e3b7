"""Dataflow without a cloud: steps are translated for it, and the translation is run here."""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from haybale.cli import main
from haybale.pipeline.engines.dataflow import Job
from haybale.pipeline.runners import Engine

IMAGE = "europe-west4-docker.pkg.dev/some-project/haybale/worker:1"
OPTIONS = (
    "--runner=DataflowRunner",
    "--project=some-project",
    "--region=europe-west4",
    "--temp_location=gs://some-bucket/tmp",
    f"--sdk_container_image={IMAGE}",
)


@dataclass(frozen=True)
class Translated:
    """A step as Dataflow would get it."""

    job: Job
    proto: Any


@dataclass(frozen=True)
class DataflowHere(Engine):
    """Translates each step for Dataflow, and does it by running that very translation here."""

    found: list[Translated] = field(default_factory=list)

    def check_places(self, places):
        return []

    def run(self, graph, job, num_units, num_bytes):
        options = PipelineOptions([*self.remote_options(job), "--dry_run=True"])
        pipeline = beam.Pipeline(options=options)
        graph(pipeline)
        proto = pipeline.run().job.proto_pipeline
        self.found.append(Translated(job, proto))
        result = FnApiRunner().run_via_runner_api(with_workers_here(proto), PipelineOptions([]))
        result.wait_until_finish()
        return result


def with_workers_here(proto):
    """The same pipeline, its containers replaced by this process."""
    copy = beam_runner_api_pb2.Pipeline()
    copy.CopyFrom(proto)
    for environment in copy.components.environments.values():
        environment.urn, environment.payload = python_urns.EMBEDDED_PYTHON, b""
    return copy


def write_everything(folder: Path, make_prose) -> Path:
    """Input and a recipe of which every stage, option and kind of side file has something to do."""
    rng = random.Random(5)
    shared = make_prose(1000, 60)  # a passage in many documents, which [repeats] cuts
    good = [make_prose(seed) for seed in range(40)]
    bad = [" ".join(rng.choices(["sea", "wave", "ship", "sail", "harbour"], k=90)) for _ in good]
    pages = [*good, *bad[:10], good[0], good[3].replace("hay", "straw", 1)]
    pages += [f"{make_prose(seed)}\n{shared}" for seed in range(60, 70)]
    # One word of 120 in the middle: 13 of 108 shingles, 95 / 121 = 0.785 alike, so kin below 0.8.
    pages += [_with_word(good[number], 60, "straw") for number in (7, 8, 9)]
    _write(folder / "web" / "a.jsonl", pages[:30])
    _write(folder / "web" / "b.jsonl", pages[30:])
    _write(
        folder / "books" / "c.jsonl", [*good[35:], *(make_prose(seed) for seed in range(90, 99))]
    )
    items = [f"{' '.join(make_prose(seed).split()[20:60])}" for seed in (5, 200)]
    _write(folder / "side" / "quiz.jsonl", items)
    (folder / "side" / "mine.toml").write_text('about = "Gopher."\nrules = ["gopher/"]\n')
    (folder / "side" / "words.json").write_text('{"en": ["hay", "barn"]}')
    (folder / "side" / "denied.txt").write_text("bad.example\n")
    (folder / "side" / "opted-out.txt").write_text("gone.example\n")
    for name, texts in (("hay", good), ("sea", bad)):
        _write(folder / f"{name}.jsonl", texts)
    argv = ["classifier", "train", "--positive", str(folder / "hay.jsonl"), "--negative"]
    argv += [str(folder / "sea.jsonl"), "--output", str(folder / "side" / "quality.bin"), "--json"]
    argv += ["--buckets", "1000", "--dimensions", "8", "--epochs", "20", "--held-out", "0.3"]
    assert main(argv) == 0
    (folder / "recipe.toml").write_text(_RECIPE)
    return folder / "recipe.toml"


def write_again(folder: Path, corpus: Path) -> Path:
    """A recipe that builds that corpus again, from its lists of ids."""
    text = _RECIPE[: _RECIPE.index("[dedup]")] + _RECIPE[_RECIPE.index("[tokenizer]") :]
    text = text.replace("keep_fraction = 0.8\n", "")
    for name in ("kept", "cuts"):
        path = f"side/{name}.parquet"
        (folder / path).write_bytes((corpus / f"card/ids/{name}.parquet").read_bytes())
    (folder / "again.toml").write_text(
        f'{text}\n[ids]\nkept = "side/kept.parquet"\ncuts = "side/cuts.parquet"\n'
    )
    return folder / "again.toml"


def _with_word(text, place, word):
    words = text.split(" ")
    return " ".join([*words[:place], word, *words[place + 1 :]])


def _write(path, texts):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"id": at, "text": text}) for at, text in enumerate(texts))
    path.write_text("".join(line + "\n" for line in lines))


_RECIPE = """
name = "Every Stage"

[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
quality = "side/mine.toml"
deny_domains = "side/denied.txt"
opt_out = "side/opted-out.txt"

[subsets.classifiers.quality]
models = ["side/quality.bin"]
label = "positive"
keep_fraction = 0.8

[[subsets]]
name = "books"
paths = ["books/*.jsonl"]

[ingest]
part_bytes = 6000
word_list = "side/words.json"

[dedup]
exact = ["text", "url"]

[repeats.spans]
min_words = 40

[[decontaminate.sets]]
name = "quiz"
paths = ["side/quiz.jsonl"]

[tokenizer]
train = { vocabulary_size = 340 }

[shards]
target_tokens = 2000
validation_fraction = 0.1
best_fit = [64]
document_start = [64]
chunk_tokens = 16
"""


def files_of(corpus: Path) -> dict[str, bytes]:
    """All files of a corpus but its scaffolding."""
    paths = (path for path in sorted(corpus.rglob("*")) if path.is_file())
    names = ((path.relative_to(corpus), path) for path in paths)
    return {str(name): path.read_bytes() for name, path in names if name.parts[0] != "run"}

"""The whole road, in megabytes of text per core-second, beside datatrove doing the same steps.

    python benchmarks/end_to_end.py [--whole-peer] [--repeats 3]

1. `real_text.toml` whole, one worker, stage by stage; then over every file twice, for the peak of
   memory.
2. A sample of the same files, by us and by datatrove 0.10.1 in its own environment, one core each:
   language, Gopher quality and repetition rules, MinHash of 13-grams, tokenization with one and the
   same vocabulary. `--whole-peer` gives datatrove every JSON-lines file instead (half an hour).

CPU seconds are the operating system's, of whole processes, start-up included; kernels are compiled
before. Both do the sample in turns, `--repeats` times, and the medians count. The training of the
vocabulary is left out on our side, and datatrove has none. HTML is reported apart. Tokens per
core-hour are those of the text that is read, at the bytes per token of the text that is kept.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from build_figures import build, print_stages, read_figures
from peers import DATATROVE, ROOT, peer_python

SAMPLE = ("massiveweb/*.jsonl.zst",)
EVERYTHING = ("*/*.jsonl.zst",)


def measured(command: list[str]) -> float:
    """CPU seconds, user and system, of a command and all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def warm() -> None:
    """Compile what an installation compiles once, in its first build; measured apart."""
    seconds = measured([sys.executable, "-m", "haybale.pipeline.engines.warm"])
    print(f"{'kernels compiled':<24}{seconds:.1f} CPU s, once for an installation", flush=True)


def html_timing(output: Path) -> dict[str, float]:
    """Timings of the parts of HTML, added up."""
    found: dict[str, float] = {}
    for path in (output / "run" / "ingest" / "html").glob("*.json"):
        for name, value in json.loads(path.read_text())["timing"].items():
            found[name] = found.get(name, 0.0) + float(value)
    return found


def html_bytes(output: Path) -> int:
    """UTF-8 bytes of text extracted from HTML."""
    rows = json.loads((output / "card" / "inputs.json").read_text())["ledger"]
    return sum(
        row["text_bytes"] for row in rows if row["outcome"] == "read" and row["subset"] == "html"
    )


def whole(folder: Path) -> tuple[float, float, Path]:
    """MB of text per core-second over everything, tokens per core-hour, and the corpus."""
    output = folder / "whole"
    figures = build("real_text", output)
    assert figures.cpu_seconds is not None
    training = figures.seconds_of("tokenizer")
    html = html_timing(output)
    megabytes = (figures.text_bytes - html_bytes(output)) / 1e6
    rate = megabytes / (figures.cpu_seconds - training - html["cpu_seconds"])
    tokens = rate * 1e6 * 3600 * figures.tokens / figures.kept_bytes
    print_stages(figures)
    print(
        f"whole build          {figures.cpu_seconds:8.1f} CPU s, {training:.1f} learn a vocabulary"
    )
    print(f"text without HTML    {megabytes:8.1f} MB, {rate:.2f} MB per core-second")
    print(f"                     {tokens / 1e9:8.2f} G tokens per core-hour")
    print(
        f"HTML                 {html_bytes(output) / 1e6:8.1f} MB of text, "
        f"{html['cpu_seconds']:.1f} CPU s in ingest, {html['cpu_seconds_extract']:.1f} of them "
        "extracting"
    )
    return rate, tokens, output


def memory(folder: Path, once: Path) -> None:
    """Peak memory over the data once and over every file twice."""
    data = Path(os.environ["HAYBALE_DATA"])
    doubled = folder / "doubled"
    for path in sorted(data.rglob("*")):
        if path.is_file():
            for name in (path.name, f"again-{path.name}"):
                link = doubled / path.parent.relative_to(data) / name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
    twice = build("real_text", folder / "twice", HAYBALE_DATA=str(doubled))
    peak = read_figures(once).peak_memory_bytes
    print(
        f"peak memory          {peak / 1e9:8.2f} GB; {twice.peak_memory_bytes / 1e9:.2f} GB over "
        "the data twice"
    )


def sample_recipe(folder: Path, patterns: tuple[str, ...], model: Path) -> Path:
    paths = json.dumps([f"${{HAYBALE_DATA}}/{pattern}" for pattern in patterns])
    recipe = folder / "sample.toml"
    recipe.write_text(
        f'name = "sample"\n[[subsets]]\nname = "sample"\npaths = {paths}\nquality = "gopher"\n'
        f"[dedup]\n[tokenizer]\nmodel = {json.dumps(str(model))}\n"
    )
    return recipe


def peer_command(folder: Path, model: Path, patterns: tuple[str, ...]) -> list[str]:
    """What runs datatrove over the same files, with the same models."""
    from haybale.quality.language import find_model
    from haybale.tokenization.encode import SentencePieceTokenizer

    vocabulary = folder / "vocabulary.json"
    vocabulary.write_text(json.dumps(SentencePieceTokenizer(model.read_bytes()).scored_pieces()))
    job = {
        "files": [
            str(path)
            for pattern in patterns
            for path in sorted(Path(os.environ["HAYBALE_DATA"]).glob(pattern))
        ],
        "vocabulary": str(vocabulary),
        "language_model": str(find_model()),
        "output": str(folder / "datatrove"),
    }
    (folder / "job.json").write_text(json.dumps(job))
    script = str(Path(__file__).with_name("datatrove_chain.py"))
    return [str(peer_python("datatrove", *DATATROVE)), script, str(folder / "job.json")]


def versus_datatrove(
    folder: Path, corpus: Path, patterns: tuple[str, ...], repeats: int
) -> tuple[float, float]:
    """Our and datatrove's MB of text per core-second on the same files."""
    model = corpus / "tokenizer" / "tokenizer.model"
    recipe = sample_recipe(folder, patterns, model)
    command = peer_command(folder, model, patterns)
    built, peer_seconds = [], []
    for turn in range(repeats):
        built.append(build(recipe, folder / f"sample-{turn}"))
        shutil.rmtree(folder / "datatrove", ignore_errors=True)
        peer_seconds.append(measured(command))
    built.sort(key=lambda figures: figures.cpu_seconds or 0.0)
    middle = built[len(built) // 2]
    print_stages(middle)
    megabytes, cpu = middle.text_bytes / 1e6, middle.cpu_seconds or 0.0
    peer_cpu = statistics.median(peer_seconds)
    print(f"sample               {megabytes:8.1f} MB")
    print(f"haybale              {cpu:8.1f} CPU s, {megabytes / cpu:.2f} MB per core-second")
    print(f"datatrove 0.10.1     {peer_cpu:8.1f} CPU s, {megabytes / peer_cpu:.2f}")
    return megabytes / cpu, megabytes / peer_cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--whole-peer", action="store_true", help="give datatrove everything")
    parser.add_argument("--repeats", type=int, default=1, help="of the sample, both in turns")
    args = parser.parse_args()
    if not os.environ.get("HAYBALE_DATA"):
        print("skipped: HAYBALE_DATA names no folder of real text")
        return
    os.chdir(ROOT)
    warm()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rate, tokens, corpus = whole(folder)
        memory(folder, corpus)
        patterns = EVERYTHING if args.whole_peer else SAMPLE
        ours, peer = versus_datatrove(folder, corpus, patterns, args.repeats)
    print(
        json.dumps(
            {
                "name": "end_to_end",
                "ours": round(ours, 3),
                "peer": round(peer, 3),
                "unit": "MB of text per core-second, same files, start-up included",
                "ratio": round(ours / peer, 2),
                "peer_version": "datatrove 0.10.1",
                "whole": round(rate, 3),
                "tokens_per_core_hour": round(tokens),
            }
        )
    )


if __name__ == "__main__":
    main()

"""The whole road, in megabytes of text per core-second, beside datatrove doing the same steps.

    python benchmarks/end_to_end.py [--whole-peer]

1. `real_text.toml` whole, one worker; then over every file twice, for the peak of memory.
2. A sample of the same files, by us and by datatrove 0.10.1 in its own environment, one core each:
   language, Gopher quality and repetition rules, MinHash of 13-grams, tokenization with one and the
   same vocabulary. `--whole-peer` gives datatrove every JSON-lines file instead (half an hour).

CPU seconds are the operating system's, of whole processes, start-up included. The training of the
vocabulary is left out on our side, and datatrove has none. HTML is reported apart.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import DATATROVE, ROOT, peer_python

SAMPLE = ("massiveweb/*.jsonl.zst",)
EVERYTHING = ("*/*.jsonl.zst",)


def measured(command: list[str], **environment: str) -> float:
    """CPU seconds, user and system, of a command and all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env={**os.environ, **environment})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def timings(output: Path, pattern: str) -> dict[str, float]:
    """Timings of finished units, added up; memory as the largest."""
    found: dict[str, float] = {}
    for path in sorted((output / "run").glob(pattern)):
        record = json.loads(path.read_text())
        timing = record.get("timing", {}) if isinstance(record, dict) else {}
        for name, value in timing.items():
            add = max if name == "peak_memory_bytes" else float.__add__
            found[name] = add(found.get(name, 0.0), float(value))
    return found


def text_bytes(output: Path, subset: str = "") -> int:
    """UTF-8 bytes of text as read or extracted."""
    rows = json.loads((output / "card" / "inputs.json").read_text())["ledger"]
    return sum(
        row["text_bytes"]
        for row in rows
        if row["outcome"] == "read" and (not subset or row["subset"] == subset)
    )


def build(recipe: Path | str, output: Path, *options: str, **environment: str) -> float:
    command = [sys.executable, "-m", "haybale.cli", "build", str(recipe), "--quiet"]
    return measured([*command, "--output", str(output), *options], **environment)


def whole(folder: Path) -> tuple[float, Path]:
    """MB of text per core-second over everything, and the corpus."""
    output = folder / "whole"
    cpu = build("real_text", output)
    training = timings(output, "tokenizer/*.json")["cpu_seconds"]
    html = timings(output, "ingest/html/*.json")
    megabytes = (text_bytes(output) - text_bytes(output, "html")) / 1e6
    rate = megabytes / (cpu - training - html["cpu_seconds"])
    print(f"whole build          {cpu:8.1f} CPU s, of which {training:.1f} s learn the vocabulary")
    print(f"text without HTML    {megabytes:8.1f} MB, {rate:.2f} MB per core-second")
    extracted = text_bytes(output, "html") / 1e6
    extracting = html["cpu_seconds_extract"]
    print(
        f"HTML                 {extracted:8.1f} MB of text, {html['cpu_seconds']:.1f} CPU s in "
        f"ingest, {extracting:.1f} of them extracting"
    )
    return rate, output


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
    build("real_text", folder / "twice", HAYBALE_DATA=str(doubled))
    peaks = [
        timings(output, "**/*.json")["peak_memory_bytes"] / 1e9
        for output in (once, folder / "twice")
    ]
    print(f"peak memory          {peaks[0]:8.2f} GB; {peaks[1]:.2f} GB over the data twice")


def sample_recipe(folder: Path, patterns: tuple[str, ...], model: Path) -> Path:
    paths = json.dumps([f"${{HAYBALE_DATA}}/{pattern}" for pattern in patterns])
    recipe = folder / "sample.toml"
    recipe.write_text(
        f'name = "sample"\n[[subsets]]\nname = "sample"\npaths = {paths}\nquality = "gopher"\n'
        f"[dedup]\n[tokenizer]\nmodel = {json.dumps(str(model))}\n"
    )
    return recipe


def versus_datatrove(folder: Path, corpus: Path, patterns: tuple[str, ...]) -> tuple[float, float]:
    """Our and datatrove's MB of text per core-second on the same files."""
    from haybale.quality.language import find_model
    from haybale.tokenization.encode import SentencePieceTokenizer

    model = corpus / "tokenizer" / "tokenizer.model"
    recipe = sample_recipe(folder, patterns, model)
    cpu = build(recipe, folder / "sample")
    megabytes = text_bytes(folder / "sample") / 1e6
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
    python = str(peer_python("datatrove", *DATATROVE))
    peer_cpu = measured([python, script, str(folder / "job.json")])
    print(f"sample               {megabytes:8.1f} MB")
    print(f"haybale              {cpu:8.1f} CPU s, {megabytes / cpu:.2f} MB per core-second")
    print(f"datatrove 0.10.1     {peer_cpu:8.1f} CPU s, {megabytes / peer_cpu:.2f}")
    return megabytes / cpu, megabytes / peer_cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--whole-peer", action="store_true", help="give datatrove everything")
    args = parser.parse_args()
    if not os.environ.get("HAYBALE_DATA"):
        print("skipped: HAYBALE_DATA names no folder of real text")
        return
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rate, corpus = whole(folder)
        memory(folder, corpus)
        patterns = EVERYTHING if args.whole_peer else SAMPLE
        ours, peer = versus_datatrove(folder, corpus, patterns)
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
            }
        )
    )


if __name__ == "__main__":
    main()

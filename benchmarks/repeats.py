"""Repeated spans, beside a suffix array: the same words cut, how fast, in how much memory.

    python benchmarks/repeats.py [--megabytes 100] [--min-words 50]

Real documents go through `haybale build` up to and with the stage `repeats`, one worker; counted
are its CPU seconds, reading, decompression and the shuffle in Beam included, and the most memory of
the process. The suffix array (pydivsufsort, words as integers) runs in an environment of its own;
counted are the array, common prefixes and the decision, not its reading and splitting in Python.
Both keep the occurrence in the text of the smallest id; which words go must be the same for every
word. Text is not deduplicated first, and comes again where there is too little of it. Without
HAYBALE_DATA the sources of Python's standard library stand in for real text.
"""

import argparse
import itertools
import json
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from os import environ
from pathlib import Path

import numpy as np
from peers import peer_python
from repeats_peer import word_pattern

PEER = ("pydivsufsort==0.0.20", "numpy")
PEER_SCRIPT = Path(__file__).with_name("repeats_peer.py")
SOURCES = ("dedup", "massiveweb", "news", "multilingual", "github", "books")
RECIPE = """
name = "repeats"
subsets = [{{ name = "all", paths = ["text/*.jsonl"] }}]
ingest = {{ identify_language = false, count_people = false }}
repeats = {{ spans = {{ min_words = {min_words} }} }}
tokenizer = {{ train = {{ vocabulary_size = 400 }} }}
"""
FILE_BYTES = 8 << 20


def real_text() -> Iterator[str]:
    """Documents, those with many repeats first."""
    import orjson
    import zstandard

    for source in SOURCES:
        for path in sorted(Path(environ["HAYBALE_DATA"], source).glob("*.jsonl.zst")):
            with path.open("rb") as file:
                lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
            yield from (orjson.loads(line)["text"] for line in lines)


def library_text() -> Iterator[str]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    return (path.read_text(errors="replace") for path in sorted(folder.rglob("*.py")))


def write_input(folder: Path, num_bytes: int) -> int:
    """Write documents in files of some megabytes; returns their bytes of text."""
    source = real_text if environ.get("HAYBALE_DATA") else library_text
    # Where there is too little text, all of it comes again.
    texts = itertools.chain.from_iterable(source() for _ in itertools.count())
    total, number, lines, held = 0, 0, [], 0
    (folder / "text").mkdir()
    for text in texts:
        total, held = total + len(text.encode()), held + len(text.encode())
        lines.append(json.dumps({"text": text}) + "\n")
        if held >= FILE_BYTES or total >= num_bytes:
            (folder / "text" / f"{number:03d}.jsonl").write_text("".join(lines))
            number, lines, held = number + 1, [], 0
        if total >= num_bytes:
            break
    return total


def run_stage(folder: Path) -> None:
    """In a process of its own: build up to `repeats` where ingest is done; print what it took."""
    from haybale.pipeline.build import build
    from haybale.pipeline.progress import Progress

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    wall, cpu = time.perf_counter(), time.process_time()
    build(
        folder / "recipe.toml",
        str(folder / "out"),
        last_stage="deduplicate",
        progress=Progress(quiet=True),
    )
    facts = {
        "seconds": time.process_time() - cpu,
        "wall_seconds": time.perf_counter() - wall,
        "before_bytes": before,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(facts))


def ask(command: list[str | Path]) -> dict[str, float]:
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return answer


def documents(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Id, text before and text after, of every document."""
    from haybale.corpus.storage import Folder
    from haybale.pipeline.kept.documents import document_batches
    from haybale.pipeline.kept.survivors import surviving_rows, take_survivors
    from haybale.pipeline.planning.workspace import load_workspace

    output = Folder(str(folder / "out"))
    for part in load_workspace(output)[1]:
        first = 0
        num_rows = sum(b.num_rows for b in document_batches(output, part.name, ["doc_id"]))
        for batch in document_batches(output, part.name, ["doc_id", "text"]):
            rows = np.arange(first, first + batch.num_rows)
            first += batch.num_rows
            ids = [doc_id.hex() for doc_id in batch.column("doc_id").to_pylist()]
            left = surviving_rows(output, part, num_rows)[rows]
            # A document of which nothing is left is removed, and its text not touched.
            after = [
                text if stays else ""
                for taken in take_survivors(output, part, rows, ["text"])
                for stays, text in zip(left, taken.column("text").to_pylist(), strict=True)
            ]
            yield from zip(ids, batch.column("text").to_pylist(), after, strict=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=100.0, help="size of the text")
    parser.add_argument("--min-words", type=int, default=50, help="least words of a span")
    parser.add_argument("--run-stage", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run_stage:
        run_stage(args.run_stage)
        return
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), args.megabytes, args.min_words)


def compare(folder: Path, megabytes: float, min_words: int) -> None:
    from haybale.pipeline.build import build
    from haybale.pipeline.progress import Progress

    size = write_input(folder, int(megabytes * 1e6)) / 1e6
    (folder / "recipe.toml").write_text(RECIPE.format(min_words=min_words))
    recipe, output = folder / "recipe.toml", str(folder / "out")
    build(recipe, output, last_stage="ingest", progress=Progress(quiet=True))
    script: list[str | Path] = [sys.executable, Path(__file__), "--run-stage", folder]
    ours = ask(script)

    rows = list(documents(folder))
    texts, marks = folder / "texts.jsonl", folder / "cut.npy"
    texts.write_text("".join(json.dumps(row[:2]) + "\n" for row in rows))
    python = peer_python("pydivsufsort", *PEER)
    peer = ask([python, PEER_SCRIPT, texts, str(min_words), marks])
    cut, pattern = np.load(marks), word_pattern()
    wrong, at = 0, 0
    for _, before, after in rows:
        words = pattern.findall(before)
        stays = cut[at : at + len(words)] == 0
        at += len(words)
        wrong += [w for w, stay in zip(words, stays, strict=True) if stay] != pattern.findall(after)
    assert at == len(cut)
    print(f"{len(rows)} documents, {size:.1f} MB, {peer['words'] / 1e6:.2f} M words")
    print(f"words cut by the suffix array: {int(cut.sum()):,} ({cut.mean():.2%})")
    print(f"documents in which ours are others: {wrong}\n")
    print(f"{'':28} {'CPU s':>8} {'MB/CPU s':>9} {'peak MB':>9}")
    for what, each in (("haybale, the whole stage", ours), ("pydivsufsort 0.0.20", peer)):
        rate = size / each["seconds"]
        print(f"{what:28} {each['seconds']:8.2f} {rate:9.2f} {each['peak_bytes'] / 1e6:9.0f}")
    print(f"(of haybale's peak, {ours['before_bytes'] / 1e6:.0f} MB before the stage began)\n")
    print(
        json.dumps(
            {
                "name": "repeats",
                "ours": round(size / ours["seconds"], 2),
                "peer": round(size / peer["seconds"], 2),
                "unit": f"MB of text per CPU second, repeated spans of {min_words} words",
                "ratio": round(peer["seconds"] / ours["seconds"], 2),
                "peer_version": "pydivsufsort 0.0.20",
                "documents_that_differ": wrong,
                "peak_bytes": ours["peak_bytes"],
                "peer_peak_bytes": peer["peak_bytes"],
                "haybale": version("haybale"),
            }
        )
    )
    if wrong:
        sys.exit(f"{wrong} documents differ from the suffix array")


if __name__ == "__main__":
    main()

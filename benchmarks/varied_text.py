"""Any amount of text that behaves like the real text, made from it by controlled variation.

    python benchmarks/varied_text.py FOLDER --gigabytes 1 [--seed 0] [--processes 1] [--check]

Each document takes the shape of a real one of its subset: in a fraction `CHANGED` of its vocabulary
every occurrence of a word is exchanged for another word, of about the same frequency in the same
subset and language. What repeats in the real document repeats here, and frequencies of words,
lengths, lines and punctuation stay about what they were, so that rules decide about as they do on
the real text; but hardly any 13 words in a row are those of another document.

A fraction `CLUSTERED` of the documents are copies of each other, in clusters of 3 on the average
(sizes are Poisson distributed, so that the largest hardly grows with the amount) scattered over all
files: a third exact, the others with single words exchanged besides, one in 1,000 to one in 50 of
them, which is a Jaccard similarity of word 13-grams of 0.97 down to 0.6.

Written are .jsonl.zst, and of ten files of a subset one as .jsonl and one as .parquet; web pages,
in which only text between tags is varied, as .warc.gz. The same seed and amount give the same
bytes. `--check` ingests what was made, and the real text, and compares what is kept.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from peers import ROOT
from real_documents import pages, texts
from varied_files import write_file
from varied_pool import Pool
from varied_subset import HTML, VariedSubset

SHARES = {
    "massiveweb": 0.435,
    "books": 0.24,
    "news": 0.11,
    "multilingual": 0.10,
    "github": 0.06,
    "wikipedia": 0.04,
    "lid": 0.005,
    "html": 0.01,
}
"""Of the bytes of text; of html, of the bytes that extraction leaves of the real pages."""
GOPHER, ENGLISH = ("massiveweb", HTML), ("massiveweb", "news", HTML)


def read_pools() -> dict[str, Pool]:
    """The real documents of every subset, ready to be varied."""
    data = Path(os.environ["HAYBALE_DATA"])
    pools = {}
    for name in SHARES:
        found = pages(data / name) if name == HTML else texts(data / name)
        pools[name] = Pool.of(found, is_html=name == HTML)
    return pools


def make(
    folder: Path, pools: dict[str, Pool], num_bytes: float, *, seed: int = 0, processes: int = 1
) -> Path:
    """Write the text and a recipe for it, what is there already left out.

    Args:
        folder: Where to.
        pools: Real documents of each subset.
        num_bytes: Of text in all.
        seed: Of everything.
        processes: That write.

    Returns:
        The recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subsets = [
        VariedSubset(name, pool, num_bytes * SHARES[name], seed) for name, pool in pools.items()
    ]
    tasks = [(folder, subset, file) for subset in subsets for file in range(subset.num_files)]

    # Each process takes every n-th file; forked, so that they share the pools.
    def write_some(first: int) -> None:
        for task in tasks[first::processes]:
            write_file(*task)

    context = multiprocessing.get_context("fork")
    others = [context.Process(target=write_some, args=(at,)) for at in range(1, processes)]
    for process in others:
        process.start()
    write_some(0)
    for process in others:
        process.join()
        if process.exitcode:
            raise SystemExit(f"a process that wrote files ended with {process.exitcode}")
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe_text())
    return recipe


def recipe_text(root: str = "", suffix: str = "") -> str:
    """A recipe for all subsets below a folder, rules as in `recipes/real_text.toml`."""
    sections = ['name = "varied-text"\n']
    for name in SHARES:
        files = json.dumps(f"{root}{name}/*{suffix if name != HTML else '.warc.gz'}")
        lines = ["[[subsets]]", f'name = "{name}"', f"paths = [{files}]"]
        if name in GOPHER:
            lines.append('quality = "gopher"')
        if name in ENGLISH:
            lines.append('languages = ["en"]')
        sections.append("\n".join(lines) + "\n")
    sections.append('[dedup]\npreset = "gopher"\n')
    sections.append('[tokenizer]\ntrain = { kind = "unigram", vocabulary_size = 32000 }\n')
    sections.append("[shards]\ntarget_tokens = 100_000_000\n")
    return "\n".join(sections)


def compare(recipe: Path) -> None:
    """Print what ingest keeps of the varied and of the real text, subset by subset."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = folder / "real.toml"
        real.write_text(recipe_text("${HAYBALE_DATA}/", ".jsonl.zst"))
        kept = [kept_fractions(recipe, folder / "varied"), kept_fractions(real, folder / "real")]
    print(f"{'kept of documents':20}{'varied':>10}{'real':>10}")
    for subset in SHARES:
        print(f"{subset:20}" + "".join(f"{found[subset]:10.4f}" for found in kept))


def kept_fractions(recipe: Path, output: Path) -> dict[str, float]:
    """Subset to the fraction of its documents that ingest keeps."""
    command = [sys.executable, "-m", "haybale.cli", "build", str(recipe), "--quiet"]
    command += ["--output", str(output), "--stage", "ingest"]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    counts = {subset: [0, 0] for subset in SHARES}
    for path in (output / "run" / "ingest").rglob("*.json"):
        for row in json.loads(path.read_text())["ledger"]:
            if row["outcome"] in ("kept", "read"):
                counts[row["subset"]][row["outcome"] == "read"] += row["documents"]
    return {subset: kept / read for subset, (kept, read) in counts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="compare what ingest keeps")
    args = parser.parse_args()
    if not os.environ.get("HAYBALE_DATA"):
        print("skipped: HAYBALE_DATA names no folder of real text")
        return
    pools = read_pools()
    start = time.process_time()
    recipe = make(
        args.folder, pools, args.gigabytes * 1e9, seed=args.seed, processes=args.processes
    )
    spent = time.process_time() - start
    if args.processes == 1:
        print(f"{args.gigabytes:.2f} GB of text at {args.gigabytes * 1e3 / spent:.0f} MB/s")
    print(f"haybale build {recipe} --output OUT")
    if args.check:
        compare(recipe)


if __name__ == "__main__":
    main()

"""Searching documents for evaluation items, in megabytes of text per core-second.

    HAYBALE_DATA=... python benchmarks/decontamination.py [--megabytes 30]

The items of GSM8K (question and answer), AGIEval and HumanEval, 13-grams, against English
documents in memory; CPU seconds, the median of five passes; in each of the two readings of
punctuation, and in both, as the pipeline does it. Making the index is timed apart.

What others tell of whole jobs: Marin searched 45.1 million documents, about 90 GB, in 2 h 33 min
(its issue 5519) on a number of workers that it does not give: 9.8 MB a second for all of them.
"""

import argparse
import json
import os
import time

from samples import batches, cpu_seconds, real_text, spread_sample

from haybale.pipeline.decontamination.items import Item, item_ngrams, read_items
from haybale.pipeline.decontamination.ngrams import Scanner
from haybale.pipeline.decontamination.settings import EvaluationSet

SETS = {"gsm8k": ("text", "answer"), "agieval": ("text",), "humaneval": ("text",)}


def main() -> None:
    """Measure, print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=30)
    args = parser.parse_args()
    folder = os.environ["HAYBALE_DATA"]
    sets, items = [], list[Item]()
    for place, (name, fields) in enumerate(SETS.items()):
        paths = (f"{folder}/evalsets/{name}*.jsonl.zst",)
        sets.append(EvaluationSet(name, paths, fields))
        items += read_items(place, sets[-1], list(paths))
    start = time.process_time()
    readings = item_ngrams(items, tuple(sets))
    seconds = time.process_time() - start
    texts = spread_sample(real_text(), int(args.megabytes * 1e6))
    size = sum(len(text.encode()) for text in texts) / 1e6
    arrays = batches(texts)
    print(f"{len(items):,} items, {len(readings[0].index.keys):,} n-grams, {seconds:.1f} CPU s")
    print(f"{len(texts):,} documents, {size:.1f} MB")
    total = 0.0
    for each in readings:
        spent = cpu_seconds(Scanner(each.index).scan, arrays)
        total += spent
        print(f"  punctuation {each.index.reading:12} {size / spent:8.1f} MB per core-second")
    print(f"  both                     {size / total:8.1f} MB per core-second")
    result = {"name": "decontamination", "ours": size / total, "peer": None}
    print(json.dumps({**result, "unit": "MB per core-second", "ratio": None, "peer_version": None}))


if __name__ == "__main__":
    main()

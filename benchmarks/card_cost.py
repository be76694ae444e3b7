"""What a card costs: CPU seconds spent on collecting its facts, against those of the whole build.

    python benchmarks/card_cost.py

Builds `real_text.toml`, or text made here where HAYBALE_DATA names no folder, with one worker. The
card costs what both passes over the text spend on statistics, and the whole stage that documents
the corpus: draws of removed text, tables, and every form of the card. Start-up is in the build's
seconds and not in the card's: the build is run once up to its last stage, once more with nothing to
do, and once for the last stage alone. CPU seconds are the operating system's, of whole processes.

Counts that masks and rules need anyway are not the card's; those of personal data, pronouns and
identity terms (`ingest.count_people`) are shown apart, as a recipe asks for them apart.
"""

import json
import os
import random
import tempfile
from pathlib import Path

from end_to_end import build, text_bytes, timings
from peers import ROOT

LIMIT = 0.05
"""Of the build's CPU time."""
MADE_BYTES = 40_000_000


def made_recipe(folder: Path) -> Path:
    """Prose of random words, documents of some kilobytes, with URLs of 500 domains."""
    rng = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(20_000)]
    words[:8] = ["the", "be", "to", "of", "and", "that", "have", "with"]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    made, number = 0, 0
    with (folder / "web.jsonl").open("w") as file:
        while made < MADE_BYTES:
            chosen = rng.choices(words, weights, k=int(rng.lognormvariate(6, 1)) + 60)
            lines = (" ".join(chosen[at : at + 15]) + "." for at in range(0, len(chosen), 15))
            url = f"https://site-{rng.randrange(500)}.example/{number}"
            line = json.dumps({"text": "\n".join(lines), "url": url})
            file.write(line + "\n")
            made, number = made + len(line), number + 1
    recipe = folder / "made.toml"
    recipe.write_text(
        'name = "made"\n[[subsets]]\nname = "web"\npaths = ["web.jsonl"]\nquality = "gopher"\n'
        "[dedup]\n[tokenizer]\ntrain = { vocabulary_size = 32000 }\n"
    )
    return recipe


def report(folder: Path) -> float:
    """Print where the seconds went; returns the card's share of them."""
    given = os.environ.get("HAYBALE_DATA")
    recipe = "real_text" if given else made_recipe(folder)
    output = folder / "corpus"
    to_shards = build(recipe, output, "--stage", "tokenize")
    ingest, tokens = (
        timings(output, "ingest/**/*.json"),
        timings(output, "tokenize/tokens/**/*.json"),
    )
    training = timings(output, "tokenizer/*.json")["cpu_seconds"]
    start_up = build(recipe, output, "--stage", "tokenize")
    documenting = max(build(recipe, output) - start_up, 0.0)
    seconds = {
        "statistics of documents read": ingest["cpu_seconds_statistics"],
        "statistics of the corpus": tokens["cpu_seconds_statistics"],
        "the stage that documents": documenting,
    }
    total, card = to_shards + documenting, sum(seconds.values())
    rows = {
        "the build": total,
        "  without learning the vocabulary": total - training,
        "  of it, starting up": start_up,
        **seconds,
        "the card": card,
        "  personal data, pronouns, terms": ingest["cpu_seconds_people"],
    }
    megabytes = text_bytes(output) / 1e6
    print(f"{megabytes:.1f} MB of {'real' if given else 'made'} text, one worker\n")
    print(f"{'':36}{'CPU s':>8}{'of the build':>14}{'without learning':>18}")
    for name, value in rows.items():
        shares = f"{value / total:>14.2%}{value / (total - training):>18.2%}"
        print(f"{name:36}{value:8.2f}{shares}")
    return card / total


def main() -> None:
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name:
        share = report(Path(name))
    print(
        json.dumps(
            {
                "name": "card_cost",
                "ours": round(share, 4),
                "limit": LIMIT,
                "unit": "CPU seconds of collecting all facts and writing the card, of the build's",
                "ratio": round(share / LIMIT, 2),
            }
        )
    )


if __name__ == "__main__":
    main()

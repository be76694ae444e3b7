"""What the tortured build reads: a few hundred made-up pages that give every stage work."""

import json
import random
from pathlib import Path

from planted_crashes import JUDGED_KILLS, JUDGED_RAISES, TOKENIZED_KILLS, TOKENIZED_RAISES

_TEXT = """
the be to of and that have with hay bale field farm winter summer corn barn wagon horse river stone
meadow wind rain cloud early late green yellow bright heavy light carry gather stack dry store feed
cattle sheep morning evening harvest labour village market road bridge water garden
"""
_WORDS = _TEXT.split()
_NOTICE = "Subscribe to the letter of our farm, daily or weekly, and read it by the fire."
_ITEM = "how many bales of hay does a horse eat in a winter of ninety days and nights"

RECIPE = """
name = "tortured"

[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
quality = "c4"

[[subsets]]
name = "books"
paths = ["books/*.jsonl"]

[ingest]
part_bytes = 40_000
identify_language = false
max_unreadable_fraction = 0.05

[dedup]

[repeats.lines]
min_words = 8
[repeats.paragraphs]
[repeats.spans]

[decontaminate]
[[decontaminate.sets]]
name = "quiz"
paths = ["quiz.jsonl"]

[tokenizer]
train = { vocabulary_size = 340 }

[shards]
target_tokens = 8000
validation_fraction = 0.1
best_fit = [64]
chunk_tokens = 64
"""


def write_input(folder: Path) -> Path:
    """Write recipe and input; returns the recipe's path."""
    rng = random.Random(7)
    pages = [_page(rng) for _ in range(240)]
    pages += [page.replace("hay", "straw", 1) for page in pages[:20]]  # near-duplicates
    pages += pages[20:30]
    for number in range(0, 60, 3):
        pages[number] += f"\n{_NOTICE}"
    for number, word in enumerate((JUDGED_RAISES, JUDGED_KILLS, TOKENIZED_RAISES, TOKENIZED_KILLS)):
        pages[100 + 25 * number] += f"\nHere stands {word} in a line of its own."
    pages[50] += f"\nThe question is {_ITEM}."
    rng.shuffle(pages)
    (folder / "web").mkdir(parents=True)
    (folder / "books").mkdir()
    for number in range(3):
        _write(folder / "web" / f"{number}.jsonl", pages[number * 60 : number * 60 + 60])
    _write(folder / "books" / "all.jsonl", pages[180:])
    with (folder / "web" / "2.jsonl").open("a") as file:
        file.write('{"text": cut off\n')
    _write(folder / "quiz.jsonl", [_ITEM])
    (folder / "recipe.toml").write_text(RECIPE)
    return folder / "recipe.toml"


def _page(rng: random.Random) -> str:
    lines = (" ".join(rng.choices(_WORDS, k=12)) + "." for _ in range(10))
    return "\n".join(lines)


def _write(path: Path, texts: list[str]) -> None:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))

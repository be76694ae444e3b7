"""Whether deduplication and quality rules make better models: `haybale ablate` on real text.

    python benchmarks/ablation.py [QUESTION ...] [--seeds 5] [--tokens 6e5] [--folder DIR]

Questions, each of two corpora that are built from the same text but for one stage:

copies      web pages and news into which copies were planted: of each document as many as a power
            law has it (exponent 2, at most 300), exact ones. Without deduplication, and with it.
rules       the pages of HAYBALE_DATA/html, their main content extracted. Without quality rules, and
            with those of Gopher.
rules-wet   likewise of all visible text of these pages, as the WET files of a crawl have it.

Text to measure on is set aside before anything is built, one document in eight by keyed digest;
neither side's stages have seen it. Of `copies` these are the documents as they are. Of the rules it
is what people marked as the main content of the pages set aside ("marked"), and once more the same
pages in the form that both sides train on ("as found"). Both sides drop documents that hold half of
the 13-grams of a document set aside. All corpora of a question have the vocabulary of the first, so
that equally many tokens are about equally much text.

About 20 minutes of a core that does nothing else. With a folder what was built and trained is kept,
and the same command goes on where it was stopped.
"""

import argparse
import hashlib
import json
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pages import Page, read_pages
from real_documents import texts
from resiliparse.extract.html2text import extract_plain_text
from small_corpus import build, data_folder, has_real_text, haybale

from haybale.quality.extraction import extract_text

Rows = dict[str, str]
"""Texts by id."""
PARAMETERS = 30_000
MOST_COPIES = 300
EIGHTHS = 8
DEDUP = '[dedup]\npreset = "gopher"\n'
LEARNED = '[tokenizer]\ntrain = { kind = "unigram", vocabulary_size = 1000 }\n'


def eighth(name: str) -> int:
    """Which one a document is in; the first is set aside."""
    return hashlib.blake2b(name.encode(), key=b"ablation").digest()[0] % EIGHTHS


def copied(rows: Rows) -> Rows:
    """Each document as often as the power law draws, under ids of their own."""
    sizes = np.arange(1, MOST_COPIES + 1)
    shares = sizes**-2.0 / (sizes**-2.0).sum()
    drawn = np.random.default_rng(0).choice(sizes, len(rows), p=shares)
    return {
        f"{name}-{copy}": text
        for (name, text), size in zip(rows.items(), drawn, strict=True)
        for copy in range(size)
    }


def visible(page: Page) -> str:
    """All text of a page, navigation and all."""
    return str(extract_plain_text(page.html.decode("utf-8", "replace"), main_content=False))


def main_content(page: Page) -> str:
    """As a build extracts it."""
    return extract_text(page.html, page.content_type)


@dataclass(frozen=True)
class Question:
    """Texts to train on, texts to measure on by what they are, and what the second corpus has."""

    rows: Rows
    held_out: dict[str, Rows]
    quality: bool = False
    dedup: bool = False


def copies() -> Question:
    rows = {
        f"{name}/{number}": text.decode()
        for name in ("massiveweb", "news")
        for number, (_, text) in enumerate(texts(data_folder() / name))
    }
    # Two eighths are enough: their copies are many times as many tokens as are trained on.
    train = {name: text for name, text in rows.items() if eighth(name) in (1, 2)}
    aside = {name: text for name, text in rows.items() if eighth(name) == 0}
    return Question(copied(train), {"as-found": aside}, dedup=True)


def rules(to_text: Callable[[Page], str] = main_content) -> Question:
    pages = {str(page.truth["url"]): page for page in read_pages()}
    found = {url: to_text(page) for url, page in pages.items()}
    aside = [url for url in pages if eighth(url) == 0 and pages[url].truth["text"]]
    return Question(
        {url: text for url, text in found.items() if eighth(url) and text},
        {
            "marked": {url: pages[url].truth["text"] for url in aside},
            "as-found": {url: found[url] for url in aside if found[url]},
        },
        quality=True,
    )


QUESTIONS: dict[str, Callable[[], Question]] = {
    "copies": copies,
    "rules": rules,
    "rules-wet": lambda: rules(visible),
}


def write_rows(path: Path, rows: Rows) -> None:
    """JSON lines in the order of the ids' digests, so that copies are scattered."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = sorted(rows, key=lambda name: hashlib.blake2b(name.encode()).digest())
    lines = "".join(json.dumps({"id": one, "text": rows[one]}) + "\n" for one in names)
    if not path.exists() or path.read_text() != lines:  # a build knows its input by its date
        path.write_text(lines)


def recipe(rows: Path, *tables: str, quality: bool = False, validation: float = 0.0) -> str:
    """Of one subset."""
    profile = 'quality = "gopher"' if quality else ""
    subset = f'[[subsets]]\nname = "text"\npaths = ["{rows}"]\n{profile}\n'
    shards = f"[shards]\ntarget_tokens = 4_000_000\nvalidation_fraction = {validation}\n"
    return "\n".join((f'name = "{rows.stem}"\n', subset, *tables, shards))


def answer(name: str, folder: Path, num_seeds: int, num_tokens: float) -> None:
    """Build, train, and print a line for each text to measure on."""
    question = QUESTIONS[name]()
    train = folder / "train.jsonl"
    write_rows(train, question.rows)
    sets = []
    for kind, rows in question.held_out.items():
        write_rows(folder / f"{kind}.jsonl", rows)
        sets.append(f'[[decontaminate.sets]]\nname = "{kind}"\npaths = ["{folder}/{kind}.jsonl"]\n')
    first = build(recipe(train, LEARNED, *sets), folder / "without")
    vocabulary = f'[tokenizer]\nmodel = "{first}/tokenizer/tokenizer.model"\n'
    dedup = [DEDUP] if question.dedup else []
    tables = (vocabulary, *dedup, *sets)
    second = build(recipe(train, *tables, quality=question.quality), folder / "with")
    for kind in question.held_out:
        aside = recipe(folder / f"{kind}.jsonl", vocabulary, validation=0.99)
        held_out = build(aside, folder / f"measured-{kind}")
        shown = haybale(
            *("ablate", first, second, "--params", PARAMETERS, "--tokens", num_tokens),
            *("--seeds", num_seeds, "--held-out", held_out, "--json"),
        )
        print_row(name, kind, (first, second), json.loads(shown))


def print_row(name: str, kind: str, corpora: tuple[Path, Path], found: dict[str, Any]) -> None:
    (kept, _), (read, _) = (train_totals(corpus) for corpus in reversed(corpora))
    means = [statistics.fmean(found[side]["bits_per_byte"]) for side in ("first", "second")]
    between = found["difference"]
    cells = (
        name,
        kind,
        f"{found['held_out']['text_bytes']:,}",
        f"{1 - kept / read:.0%}",
        *(f"{found['tokens'] / train_totals(corpus)[1]:.2f}" for corpus in corpora),
        *(f"{mean:.4f}" for mean in means),
        f"{between['mean']:+.4f} ({between['mean'] / means[0]:+.2%})",
        f"{between['low']:+.4f} to {between['high']:+.4f}",
    )
    print(f"| {' | '.join(cells)} |", flush=True)


def train_totals(corpus: Path) -> tuple[int, int]:
    """Bytes of text and tokens."""
    counts = json.loads((corpus / "corpus.json").read_text())["totals"]["train"].values()
    return sum(one["text_bytes"] for one in counts), sum(one["tokens"] for one in counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=", ".join(QUESTIONS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tokens", type=float, default=6e5)
    parser.add_argument("--folder", type=Path, help="by default one that is removed")
    args = parser.parse_args()
    if not has_real_text():
        return
    print(
        "| | measured on | bytes | removed | epochs without | with | without | with | difference",
        end="",
    )
    print(" | 95 % interval |\n|---|---|" + "--:|" * 8)
    with tempfile.TemporaryDirectory() as temporary:
        for name in args.questions or QUESTIONS:
            answer(name, (args.folder or Path(temporary)).resolve() / name, args.seeds, args.tokens)


if __name__ == "__main__":
    main()

"""A corpus with everything beside its shards, in which every text has a word of its own."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder

RECIPE = """
name = "asked"
[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
mask = ["email"]
deny_domains = "denied.txt"
[[subsets]]
name = "books"
paths = ["books/*.jsonl"]
license = "MIT"
[ingest]
part_bytes = 12000
identify_language = false
[dedup]
keep = ["longest"]
[tokenizer]
train = { vocabulary_size = 300 }
[shards]
target_tokens = 3000
validation_fraction = 0.2
best_fit = [256]
document_start = [128]
chunk_tokens = 64
[card]
samples = "everywhere"
"""
_WORDS = "hay bale field farm barn wagon river stone meadow corn wind rain cloud horse sheep"
WORDS = _WORDS.split()


def text(seed: int, num_words: int = 60) -> str:
    """Prose that ends with a word that no other text has."""
    rng = random.Random(seed)
    words = [rng.choice(WORDS) for _ in range(num_words)]
    return " ".join([*words, f"zq{seed:04d}qz"])


def records() -> dict[str, list[dict[str, str]]]:
    """Two files of web pages, one of books, and duplicates of pages 3 and 5 in the second.

    With them comes page 60, of a domain that is denied.

    Page 3 stands for a near copy of it, which is shorter, and for an equal text; page 5 for an
    equal text. Every fourth page has a domain of its own.
    """
    pages = [
        {
            "text": f"{text(n)} mail me{n}@example.org" if n % 7 == 0 else text(n),
            "url": f"https://own{n}.example/p" if n % 4 == 0 else f"https://shared.example/{n}",
            "timestamp": "2024-01-01T00:00:00Z",
            "author": f"author{n}",
        }
        for n in range(50)
    ]
    near = {"text": text(3).replace("zq0003qz", ""), "url": "https://near.example/"}
    twins = [{"text": pages[n]["text"], "url": f"https://twin{n}.example/"} for n in (3, 5)]
    denied = {"text": text(60), "url": "https://denied.example/"}
    books = [{"text": text(100 + n, 90)} for n in range(20)]
    return {
        "web/a": pages[:25],
        "web/b": [*pages[25:], near, *twins, denied],
        "books/c": books,
    }


def write_input(folder: Path, recipe: str = RECIPE) -> Path:
    """The recipe's path, its input beside it."""
    for name, rows in records().items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "denied.txt").write_text("denied.example\n")
    (folder / "recipe.toml").write_text(recipe)
    return folder / "recipe.toml"


@dataclass(frozen=True)
class Stored:
    """Documents of the shards of a corpus, in their order: id, shard, tokens."""

    ids: list[bytes]
    shards: list[str]
    tokens: list[list[int]]

    def without(self, gone: set[bytes]) -> list[tuple[bytes, list[int]]]:
        """Id and tokens of those that stay."""
        return [
            (doc_id, ids)
            for doc_id, ids in zip(self.ids, self.tokens, strict=True)
            if doc_id not in gone
        ]


def stored(corpus: Path) -> Stored:
    """Read all shards that the manifest names, in the order of the index."""
    index = pa.ipc.open_file(str(corpus / "shards/index.arrow")).read_all()
    ids, shards, tokens = [], [], []
    for path in dict.fromkeys(index.column("shard").to_pylist()):
        table = pa.ipc.open_file(str(corpus / path)).read_all()
        ids += table.column("doc_id").to_pylist()
        tokens += table.column("tokens").to_pylist()
        shards += [path] * table.num_rows
    return Stored(ids, shards, tokens)


def id_of(corpus: Path, word: str) -> bytes:
    """The id of the first kept document whose text has this word."""
    for path in sorted((corpus / "documents").rglob("*.arrow")):
        for row in pa.ipc.open_file(str(path)).read_all().to_pylist():
            if word in row["text"]:
                return bytes(row["doc_id"])
    raise AssertionError(word)


def ids_array(ids) -> np.ndarray:
    """Ids as `read_ids` gives them."""
    return np.unique(np.array(list(ids), "S16"))


def kept_list(corpus: Path) -> list[bytes]:
    """Ids of `card/ids/kept.parquet`."""
    return pq.read_table(corpus / "card/ids/kept.parquet").column("doc_id").to_pylist()


def contents(corpus: Path) -> dict[str, bytes]:
    """All files outside run/."""
    folder = Folder(str(corpus))
    return {name: folder.read(name) for name in folder.list() if not name.startswith("run/")}


def names_exactly(corpus: Path) -> bool:
    """Whether the folder holds the manifest's files and no others."""
    manifest = read_manifest(Folder(str(corpus)))
    named = {record.path for record in manifest.files} | {"corpus.json"}
    return named == contents(corpus).keys()

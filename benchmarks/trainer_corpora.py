"""Corpora of the real text to train small models on, built by `haybale build`."""

import json
from pathlib import Path

import orjson
import pyarrow as pa
import zstandard
from small_corpus import build, data_folder

from haybale.corpus.digests import document_ids
from haybale.training.ablation_encoding import encode_held_out
from haybale.training.ablation_text import HeldOut

ENGLISH = {
    "novels": "books/eltec-english-novels-*.jsonl.zst",
    "news": "news/*.jsonl.zst",
    "web": "massiveweb/*.jsonl.zst",
}
SORTED = {
    "English novels": "books/eltec-english-novels-00000",
    "other novels": "books/eltec-french-german-portuguese-novels-00000",
    "Italian Wikipedia": "wikipedia/itwiki-sample-00000",
    "code": "github/permissive-code-00000",
    "English news": "news/us-government-news-00000",
}
"""Sources, in the order in which they stand in the sorted corpus."""

VOCABULARY_SIZE = 2048
TOKENS_PER_BYTE = 0.4
"""About, with so small a vocabulary."""
MOST_CHARACTERS = 2_000
"""Of a document of the sorted corpus: whole novels would be a document each."""
HELD_OUT_BYTES = 50_000
"""Of each source of the sorted corpus, beside what is trained on."""
NUM_SHARDS = 64
"""Of the sorted corpus, about. A block shuffle keeps record batches whole, and a shard has one."""


def english_corpus(folder: Path) -> Path:
    """English novels, news and web text, near duplicates removed, 2 % of it for validation."""
    subsets = "".join(
        f'[[subsets]]\nname = "{name}"\npaths = ["${{HAYBALE_DATA}}/{pattern}"]\n'
        'languages = ["en"]\n'
        for name, pattern in ENGLISH.items()
    )
    recipe = f'name = "english"\n{subsets}[dedup]\npreset = "gopher"\n' + _tail(0.02, 100_000_000)
    return _built(folder, recipe)


def sorted_corpus(folder: Path, source_bytes: int) -> tuple[Path, dict[str, Path]]:
    """A corpus of one subset whose documents stand source by source, as many bytes of each.

    Returns:
        The corpus, and for each source a corpus of documents held out of it.
    """
    if source_bytes < HELD_OUT_BYTES:
        raise SystemExit(f"source bytes: expected at least {HELD_OUT_BYTES}, found {source_bytes}")
    text, held_out = folder / "text", {}
    text.mkdir(parents=True)
    for number, (source, name) in enumerate(SORTED.items()):
        documents = _documents(name, source_bytes + HELD_OUT_BYTES)
        every = round(source_bytes / HELD_OUT_BYTES) + 1
        held_out[source] = documents[::every]
        kept = [one for at, one in enumerate(documents) if at % every]
        lines = [orjson.dumps({"id": str(at), "text": one}) for at, one in enumerate(kept)]
        (text / f"{number}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    recipe = f'name = "sorted"\n[[subsets]]\nname = "all"\npaths = ["{text}/*.jsonl"]\n'
    shard_tokens = round(source_bytes * len(SORTED) * TOKENS_PER_BYTE / NUM_SHARDS)
    corpus = _built(folder, recipe + _tail(0, shard_tokens))
    encoded = {}
    for number, (source, documents) in enumerate(held_out.items()):
        encoded[source] = folder / f"held-out-{number}"
        ids = document_ids("held-out", str(number), range(len(documents)))
        rows = HeldOut(ids, pa.array(documents, pa.large_string()), 0)
        encode_held_out(rows, corpus, encoded[source])
    return corpus, encoded


def _documents(name: str, num_bytes: int) -> list[str]:
    """Pieces of a file's documents, drawn from all over it, until they make so many bytes."""
    path = data_folder() / f"{name}.jsonl.zst"
    with path.open("rb") as file:
        lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
    texts = [orjson.loads(line)["text"] for line in lines]
    starts = [(text, at) for text in texts for at in range(0, len(text), MOST_CHARACTERS)]
    pieces = [text[at : at + MOST_CHARACTERS] for text, at in starts]
    num_found = sum(len(piece.encode()) for piece in pieces)
    if num_found < num_bytes:
        raise SystemExit(f"{path}: expected {num_bytes} bytes, found {num_found}; ask for less")
    stride = num_found / num_bytes
    return [pieces[int(at * stride)] for at in range(int(len(pieces) / stride))]


def _tail(validation_fraction: float, shard_tokens: int) -> str:
    learned = f'{{ kind = "unigram", vocabulary_size = {VOCABULARY_SIZE}, sample_bytes = 3000000 }}'
    return (
        f"[tokenizer]\ntrain = {learned}\n[shards]\n"
        f"target_tokens = {shard_tokens}\nvalidation_fraction = {validation_fraction}\n"
    )


def _built(folder: Path, recipe: str) -> Path:
    corpus = build(recipe, folder / "corpus")
    totals = json.loads((corpus / "corpus.json").read_text())["totals"]
    counts = {
        split: sum(one["tokens"] for one in subsets.values()) for split, subsets in totals.items()
    }
    print(f"built {folder.name}: {counts} tokens", flush=True)
    return corpus

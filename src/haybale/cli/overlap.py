"""`haybale inspect --overlap`: how much of a text stands in the corpus."""

import json
import sys
from pathlib import Path
from typing import Any

_EIGHTHS = 8
_EXCERPT = 300


def print_overlap(folder: Any, manifest: Any, path: str, limit: int, *, as_json: bool) -> int:
    """Print the longest run that each chunk of a text file shares with some document.

    Raises:
        RecipeError: If there is no such file, or no UTF-8 text in it.
    """
    import pyarrow as pa

    from haybale.corpus.chunks import RETRO_CHUNK_TOKENS
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.indexed_shards import indexed_shards
    from haybale.corpus.shards import read_index
    from haybale.corpus.token_places import token_at
    from haybale.tokenization.retrieval.overlap import find_overlaps
    from haybale.tokenization.tokenizer import read_tokenizer

    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"--overlap {path}: expected a file of UTF-8 text: {error}") from None
    tokenizer = read_tokenizer(folder)
    # EOS is the end of a document, not of a text that may stand anywhere in one.
    tokens = tokenizer.encode(pa.array([text], pa.large_string())).ids[:-1]
    if not len(tokens):
        raise RecipeError(f"--overlap {path}: expected text, found an empty file")
    shards = manifest.recipe.get("shards", {})
    chunk_tokens = shards.get("chunk_tokens", RETRO_CHUNK_TOKENS)
    found = find_overlaps(
        folder, indexed_shards(read_index(folder)), tokens, chunk_tokens, manifest.tokens
    )
    rows = []
    for each in found:
        run = tokens[each.run_first_token : each.run_first_token + each.run_tokens]
        row = {**vars(each), "overlap": each.fraction, "doc_id": None, "run": ""}
        if each.shard is not None and each.shard_token is not None:
            row["doc_id"] = token_at(folder, each.shard, each.shard_token).doc_id.hex()
            row["run"] = tokenizer.decode(run)
        rows.append(row)
    if as_json:
        json.dump({"chunk_tokens": chunk_tokens, "chunks": rows}, sys.stdout, indent=2)
        print()
        return 0
    _print_table(rows, chunk_tokens)
    worst = sorted(rows, key=lambda row: (-row["overlap"], row["first_token"]))
    for row in (row for row in worst[:limit] if row["run_tokens"]):
        run = row["run"][:_EXCERPT]
        print(
            f"tokens {row['first_token']:,} to {row['first_token'] + row['num_tokens']:,}: "
            f"{row['run_tokens']} of {row['num_tokens']} stand at {row['shard']}:"
            f"{row['shard_token']}, document {row['doc_id']}"
        )
        print(f"  {''.join(char if char.isprintable() else repr(char)[1:-1] for char in run)}")
    return 0


def _print_table(rows: list[dict[str, Any]], chunk_tokens: int) -> None:
    """Chunks by the eighths of them that stand in some document."""
    from rich.console import Console
    from rich.table import Table

    counts = [0] * (_EIGHTHS + 1)
    for row in rows:
        counts[row["run_tokens"] * _EIGHTHS // row["num_tokens"]] += 1
    table = Table(title=f"{len(rows):,} chunks of {chunk_tokens} tokens")
    table.add_column("longest run of a document", no_wrap=True)
    table.add_column("chunks", justify="right")
    for eighth, count in enumerate(counts):
        low, high = eighth / _EIGHTHS, (eighth + 1) / _EIGHTHS
        table.add_row("all" if eighth == _EIGHTHS else f"{low:.3f} to {high:.3f}", f"{count:,}")
    Console(highlight=False).print(table)

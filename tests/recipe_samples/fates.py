"""Builds a shipped recipe on its sample, and says of every document what became of it."""

from pathlib import Path
from typing import Any

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.removals import removed_later
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from recipe_samples.planted import KEPT

RECIPES = Path(__file__).parents[2] / "recipes"
SMALL = (
    "ingest.keep_dropped=all",
    "tokenizer.train.vocabulary_size=400",
    "shards.target_tokens=4000",
    "shards.validation_fraction=0.0",
)
"""What a sample of a few dozen documents needs; nothing of it decides on a document."""


def built(name: str, output: Path, *, last_stage: str = "deduplicate") -> Folder:
    """What a recipe makes of its sample; up to the last stage that decides, if not said."""
    build(
        RECIPES / f"{name}.toml",
        str(output),
        overrides=SMALL,
        progress=Progress(quiet=True),
        last_stage=last_stage,
    )
    return Folder(str(output))


def fates(folder: Folder) -> dict[str, str]:
    """URL to the rule that took the document out, or KEPT.

    A URL that occurs twice has both fates, KEPT first, and `+` between.
    """
    found = [(row["url"], row["rule"]) for row in _rows(folder, "dropped/samples/")]
    for path in folder.list():
        if path.startswith("documents/"):
            part = path.removeprefix("documents/").removesuffix(".arrow")
            later = removed_later(folder, part).to_pylist()
            removed = {row["doc_id"]: row["rule"] for row in later}
            rows = _rows(folder, path)
            found += [(row["url"], removed.get(row["doc_id"], KEPT)) for row in rows]
    told: dict[str, str] = {}
    for url, fate in sorted(found, key=lambda one: (one[1] != KEPT, *one)):
        told[url] = f"{told[url]}+{fate}" if url in told else fate
    return told


def edited_by(folder: Folder) -> set[str]:
    """The rules that took something out of documents: line edits, repeats and masks."""
    cuts = [*_rows(folder, "edits/"), *_rows(folder, "repeats/", but=".removed.arrow")]
    texts = [row["text"] for row in _rows(folder, "documents/")]
    masks = {kind for kind in ("email", "ip") if any(f"<{kind.upper()}>" in t for t in texts)}
    return {row["rule"] for row in cuts} | {f"mask/{kind}@1" for kind in masks}


def _rows(folder: Folder, prefix: str, *, but: str = "\0") -> list[dict[str, Any]]:
    """The rows of all files whose paths begin so, and do not end so."""
    rows = []
    for path in folder.list():
        if path.startswith(prefix) and not path.endswith(but):
            with open_arrow(folder, path) as reader:
                rows += reader.read_all().to_pylist()
    return rows

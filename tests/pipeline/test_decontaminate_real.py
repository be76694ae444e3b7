"""Real evaluation sets against real books and news: every hit was read, and is listed here."""

import json
import os

import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text"),
]

SILAS_MARNER = {f"agieval:sat-en:{number}" for number in range(71, 76)}
"""Five questions about one passage of George Eliot's novel, which comes with each of them. The
novel is among the books: no false hit, but contamination that nobody planted."""


def test_books_and_news_hold_no_item_but_a_novel_that_is_asked_about(tmp_path):
    sets = "".join(
        f'[[decontaminate.sets]]\nname = "{name}"\n'
        f'paths = ["${{HAYBALE_DATA}}/evalsets/{name}*.jsonl.zst"]\n'
        for name in ("gsm8k", "agieval", "humaneval")
    )
    subsets = "".join(
        f'[[subsets]]\nname = "{name}"\npaths = ["${{HAYBALE_DATA}}/{name}/*.jsonl.zst"]\n'
        for name in ("books", "news")
    )
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'name = "clean"\n{subsets}[ingest]\nidentify_language = false\ncount_people = false\n'
        f"{sets}[tokenizer]\ntrain = {{}}\n"
    )
    output = tmp_path / "out"
    build(recipe, str(output), last_stage="deduplicate", progress=Progress(quiet=True))
    folder = Folder(str(output))
    paths = [path for path in folder.list("decontaminate") if path.endswith(".overlaps.arrow")]
    rows = [row for path in paths for row in read_table(folder, path).to_pylist()]
    hits = [row for row in rows if row["contaminated"]]
    assert {row["item"] for row in hits} == SILAS_MARNER
    (document,) = {row["doc_id"] for row in hits}
    found = [
        row
        for path in folder.list("documents/books")
        for row in read_table(folder, path, ["doc_id", "text", "metadata"]).to_pylist()
        if row["doc_id"] == document
    ]
    assert "Silas" in found[0]["text"]
    assert json.loads(found[0]["metadata"])["id"]

"""What a finished corpus says of its decisions: its ledger, and a sample of what rules dropped."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.recipe import nearest
from haybale.corpus.storage import Folder, read_parsed


def read_ledger(folder: Folder) -> list[dict[str, Any]]:
    """Rows of the corpus's ledger: an account and its amount each, as the card was made from."""
    rows: list[dict[str, Any]] = read_parsed(folder, "card/inputs.json")["ledger"]
    return rows


def dropped_by(
    folder: Folder, manifest: Manifest, rule: str, limit: int
) -> Iterator[dict[str, Any]]:
    """Documents of the sample that a rule dropped, in the order of the draw.

    Raises:
        RecipeError: If the sample holds no document dropped by such a rule.
    """
    tables = [
        open_arrow(folder, record.path).read_all()
        for record in manifest.files
        if record.path.startswith("dropped/samples/")
    ]
    table = pa.concat_tables(tables)
    rules = table.column("rule").unique().to_pylist()
    if rule not in rules:
        raise RecipeError(f"--dropped {rule}: dropped nothing here; {nearest(rule, rules)}")
    chosen = table.filter(pc.equal(table.column("rule"), rule)).sort_by("order")
    yield from chosen.slice(0, limit).to_pylist()

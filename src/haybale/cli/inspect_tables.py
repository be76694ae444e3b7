"""`haybale inspect`: tables of what a corpus holds, what rules did, and of evaluation items."""

import json
import sys
from typing import Any

from haybale.cli.rows import plain, print_rows

_WIDE = 160


def print_rules(rows: list[dict[str, Any]], *, as_json: bool) -> int:
    """The ledger's rows that name a rule: of each subset, rule and language what came of it."""
    if as_json:
        json.dump(rows, sys.stdout, indent=2)
        print()
        return 0
    from rich.console import Console
    from rich.table import Table

    outcomes = ("dropped", "hit", "barely_hit", "nearly_hit", "skipped", "edited", "removed")
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows:
        if row["rule"] and row["outcome"] in outcomes:
            cell = counts.setdefault((row["subset"], row["rule"], row["language"]), {})
            cell[row["outcome"]] = cell.get(row["outcome"], 0) + row["documents"]
    table = Table(title="documents")
    for name in ("subset", "rule", "language"):
        table.add_column(name, no_wrap=True)
    for outcome in outcomes:
        table.add_column(outcome.replace("_", " "), justify="right")
    for (subset, rule, language), cell in sorted(counts.items()):
        numbers = (f"{cell[outcome]:,}" if outcome in cell else "" for outcome in outcomes)
        table.add_row(subset, rule, language or "unknown", *numbers)
    console = Console(highlight=False)
    if not console.is_terminal:  # nobody's window is too narrow
        console.width = _WIDE
    console.print(table)
    return 0


def print_contamination(folder: Any, manifest: Any, limit: int, *, as_json: bool) -> int:
    """Counts of each evaluation set, and the documents that hold most of an item."""
    from rich.console import Console
    from rich.table import Table

    from haybale.corpus.contamination import contaminations, evaluation_items

    items = evaluation_items(folder, manifest)
    worst = contaminations(folder, manifest, limit)
    if as_json:
        json.dump({"items": items, "documents": worst}, sys.stdout, indent=2, default=plain)
        print()
        return 0
    table = Table(title="evaluation items")
    table.add_column("set", no_wrap=True)
    for name in ("items", "not searched", "found", "contaminated"):
        table.add_column(name, justify="right")
    for name in dict.fromkeys(item["set"] for item in items):
        mine = [item for item in items if item["set"] == name]
        columns = ("not_searched", "documents", "contaminated_documents")
        counts = (sum(bool(item[column]) for item in mine) for column in columns)
        table.add_row(name, f"{len(mine):,}", *(f"{count:,}" for count in counts))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)
    return print_rows(worst, as_json=False)


def print_overview(manifest: Any, *, as_json: bool) -> int:
    """Documents, text and tokens of every split and subset."""
    if as_json:
        json.dump({"name": manifest.name, "totals": manifest.totals}, sys.stdout, indent=2)
        print()
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("split", "subset", "weight", title=manifest.name)
    for name in ("documents", "text bytes", "tokens", "shards"):
        table.add_column(name, justify="right")
    for split, subsets in manifest.totals.items():
        for subset, counts in subsets.items():
            weight = manifest.weights.get(subset)
            numbers = [counts[name] for name in ("documents", "text_bytes", "tokens", "shards")]
            shown = "" if weight is None or split != "train" else f"{weight:.3f}"
            table.add_row(split, subset, shown, *(f"{number:,}" for number in numbers))
    Console(highlight=False).print(table)
    return 0

"""From a measured build to MassiveText and to 1.4 and 15 trillion tokens: the tables of
docs/scale.md.

    python benchmarks/scale_table.py figures.json [--dollars-per-core-hour X] [--dollars-per-tb Y]

`figures.json` is what `big_build.py` leaves. What is printed says of each number whether it was
measured (on that build), computed (from measured numbers, in proportion to bytes, documents or
tokens) or assumed (given by a paper, or by an option). Prices are the reader's: without them no
money is printed.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TERA = 1e12
MASSIVETEXT_BYTES, MASSIVETEXT_TOKENS, MASSIVETEXT_DOCUMENTS = 10.5e12, 2.35e12, 2.22e9
"""Rae et al. 2021, table 2; the sum of the documents of its rows."""
SLIMPAJAMA_TOKENS, SLIMPAJAMA_CORES, SLIMPAJAMA_DAYS = 1.21e12, 64, 2.5
"""Of the SlimPajama report: cleaning and deduplicating, without rules of quality, languages or
tokenization."""
PUBLISHED = (
    ("SlimPajama, deduplication", SLIMPAJAMA_TOKENS / (SLIMPAJAMA_CORES * SLIMPAJAMA_DAYS * 24)),
    ("datatrove, MinHash signatures alone (issue 298)", 0.78e6 * 3600),
    ("data-juicer, whole MinHash deduplication (issue 546)", 0.39e6 * 3600),
    ("TFDS C4, whole Beam job (issue 1931)", 0.24e6 * 3600),
)
"""Tokens or bytes of text per core-hour; the first is in tokens."""


@dataclass(frozen=True)
class Target:
    """An amount of text to be read.

    Attributes:
        name: For people.
        num_bytes: UTF-8.
        documents: In it.
        tokens: In it.
        is_paper: Whether bytes and documents come from a paper, not from the measured build.
    """

    name: str
    num_bytes: float
    documents: float
    tokens: float
    is_paper: bool


def main() -> None:
    parser = argparse.ArgumentParser(description="tables of docs/scale.md from a measured build")
    parser.add_argument("figures", type=Path)
    parser.add_argument("--dollars-per-core-hour", type=float)
    parser.add_argument("--dollars-per-tb", type=float, help="of shuffled data")
    args = parser.parse_args()
    found = json.loads(args.figures.read_text())
    measured(found)
    stages(found)
    beyond(found, args.dollars_per_core_hour, args.dollars_per_tb)
    published(found)


def row(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def header(title: str, *columns: str) -> None:
    print(f"\n### {title}\n")
    row(*columns)
    row("---", *["---:"] * (len(columns) - 1))


def bytes_per_token(found: dict[str, Any]) -> float:
    return float(found["kept_bytes"] / found["tokens"])


def bytes_per_core_second(found: dict[str, Any]) -> float:
    """Of text read, all stages but the learning of the vocabulary, which does not grow."""
    return float(found["text_bytes"] / (found["cpu_seconds"] - found["vocabulary_cpu_seconds"]))


def tokens_per_core_hour(found: dict[str, Any]) -> float:
    return 3600 * bytes_per_core_second(found) / bytes_per_token(found)


def measured(found: dict[str, Any]) -> None:
    header("The build", "what", "figure", "")
    row("text read", f"{found['text_bytes'] / 1e9:.2f} GB", "measured")
    row("documents read", f"{found['documents']:,}", "measured")
    row("input files", f"{found['input_bytes'] / 1e9:.2f} GB", "measured")
    row("text kept", f"{found['kept_bytes'] / 1e9:.2f} GB", "measured")
    row("tokens", f"{found['tokens']:,}", "measured")
    row("bytes per token", f"{bytes_per_token(found):.2f}", "measured")
    row("wall time", f"{found['wall_seconds']:,.0f} s, {found['workers']} workers", "measured")
    row("CPU time", f"{found['cpu_seconds']:,.0f} s", "measured")
    row("of it learning the vocabulary", f"{found['vocabulary_cpu_seconds']:,.0f} s", "measured")
    row("peak memory of a process", f"{found['peak_memory_bytes'] / 1e9:.2f} GB", "measured")
    shuffled = found["shuffled_bytes"] or 0
    row("shuffled", f"{shuffled / 1e9:.3f} GB", "measured")
    row("written", f"{sum(found['output_bytes'].values()) / 1e9:.2f} GB", "measured")
    row("planted: documents in clusters", f"{found['planted_in_clusters_fraction']:.1%}", "assumed")
    row("copies among them", f"{found['expected_removed_fraction']:.1%}", "computed")
    row("removed as copies", f"{found['removed_fraction']:.1%}", "measured")
    rate = bytes_per_core_second(found)
    row("text per core-second", f"{rate / 1e6:.2f} MB", "computed")
    row("tokens per core-hour", f"{tokens_per_core_hour(found) / 1e9:.2f} G", "computed")


def stages(found: dict[str, Any]) -> None:
    header("Stage by stage, measured", "stage", "CPU s", "wall s", "MB/s", "read GB", "written GB")
    for stage in found["stages"]:
        cpu = stage["process_cpu_seconds"]
        row(
            stage["name"],
            f"{cpu:,.1f}",
            f"{stage['wall_seconds']:,.1f}",
            f"{found['text_bytes'] / cpu / 1e6:,.1f}",
            f"{(stage['read_bytes'] or 0) / 1e9:,.2f}",
            f"{(stage['written_bytes'] or 0) / 1e9:,.2f}",
        )


def targets(found: dict[str, Any]) -> list[Target]:
    size, documents = bytes_per_token(found), found["documents"] / found["text_bytes"]
    return [
        Target(
            "MassiveText, 10.5 TB",
            MASSIVETEXT_BYTES,
            MASSIVETEXT_DOCUMENTS,
            MASSIVETEXT_TOKENS,
            is_paper=True,
        ),
        *(
            Target(
                f"{tokens / TERA:g} T tokens",
                tokens * size,
                tokens * size * documents,
                tokens,
                False,
            )
            for tokens in (1.4e12, 15e12)
        ),
    ]


def beyond(found: dict[str, Any], per_hour: float | None, per_tb: float | None) -> None:
    """What more text would take, in proportion; documents count for what is per document."""
    columns = ["text read", "TB", "documents", "core-hours", "on 1,000 cores", "shuffle TB"]
    columns += ["documents/ TB", "signatures/ TB", "shards/ TB"]
    if per_hour is not None:
        columns.append("compute $")
    if per_tb is not None:
        columns.append("shuffle $")
    header("More text, computed", *columns)
    sizes, read = found["output_bytes"], found["text_bytes"]
    for target in targets(found):
        times, per_document = target.num_bytes / read, target.documents / found["documents"]
        hours = target.num_bytes / bytes_per_core_second(found) / 3600
        shuffled = (found["shuffled_bytes"] or 0) * per_document / TERA
        cells = [
            target.name,
            f"{target.num_bytes / TERA:.1f}" + (" (assumed)" if target.is_paper else ""),
            f"{target.documents / 1e9:.2f} G" + (" (assumed)" if target.is_paper else ""),
            f"{hours:,.0f}",
            f"{hours / 1000:.2f} h",
            f"{shuffled:.2f}",
            f"{sizes['documents'] * times / TERA:.2f}",
            f"{sizes['signatures'] * per_document / TERA:.2f}",
            f"{sizes['shards'] * times / TERA:.2f}",
        ]
        if per_hour is not None:
            cells.append(f"{hours * per_hour:,.0f}")
        if per_tb is not None:
            cells.append(f"{shuffled * per_tb:,.0f}")
        row(*cells)


def published(found: dict[str, Any]) -> None:
    """Beside what others have published, each for the steps that it names."""
    header("Beside published rates", "who", "M tokens per core-hour", "Haybale, all stages", "")
    ours = tokens_per_core_hour(found)
    for at, (name, rate) in enumerate(PUBLISHED):
        tokens = rate if at == 0 else rate / bytes_per_token(found)
        row(name, f"{tokens / 1e6:,.0f}", f"{ours / tokens:.1f} times", "assumed, computed")
    row("Haybale, all stages", f"{ours / 1e6:,.0f}", "1", "computed")


if __name__ == "__main__":
    main()
